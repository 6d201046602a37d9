"""Rules about what pushes changed: elements, schemas, flags, or nothing."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from imodels_nb._format import format_count
from imodels_nb.frames import ContainingChanges
from imodels_nb.insights.push_contents import PushContents
from imodels_nb.insights.rule import Finding, Rule, join_words
from imodels_nb.insights.timeline import DAY_SECONDS, TimelineData

MIN_INVISIBLE = 10  # pushes of an account
MIN_INVISIBLE_SHARE = 0.2  # share of the pushes of an account
_INVISIBLE_THRESHOLD = (
    f"at least {MIN_INVISIBLE} pushes of an account, and {MIN_INVISIBLE_SHARE:.0%} of its pushes, change neither an "
    "element nor a schema directly"
)
_INVISIBLE_ADVICE = "Let the job push only when its source changed, or ask what the pushes are for."

MIN_ACCOUNTS = 3  # accounts that updated one element
MIN_CONTESTED_TURNS = 5  # updates by another account than the one before
MAX_NAMED = 3  # elements in a sentence
_CONTESTED_THRESHOLD = (
    f"at least {MIN_ACCOUNTS} accounts updated the element, and {MIN_CONTESTED_TURNS} updates or more came from "
    "another account than the one before"
)
_CONTESTED_ADVICE = "Agree on who owns the element, and bring the people together who change it."

UNUSED_DAYS = 90  # days after the change of a schema
_SCHEMA_THRESHOLD = (
    f"a change of a schema after the first one; a notice if none of it is used within {UNUSED_DAYS} days"
)
_SCHEMA_ADVICE = "Check that apps and reports know the new classes and properties. Ask for those that are not used."

_FLAGS_THRESHOLD = (
    "the flag of a schema change without such a change, or such a change without the flag. Or the flag of spatial "
    "data, although no data changed"
)
_FLAGS_ADVICE = "Do not select changesets by their flags here. Report it to the author of the tool that pushed."


def _find_invisible_pushes(timeline: TimelineData) -> Iterable[Finding]:
    contents = timeline.push_contents
    is_visible = np.zeros(len(timeline), dtype=np.bool_)
    schema = contents.rows["entity"] == "schema"
    is_visible[contents.elements["position"]] = True
    is_visible[contents.rows.loc[schema, "position"]] = True
    positions = np.unique(contents.rows["position"])  # the changes of other changesets may not have been read
    frame = pd.DataFrame({"creator": timeline.creator[positions], "position": positions})
    frame["is_invisible"] = ~is_visible[positions]
    counts = frame.groupby("creator")["is_invisible"].agg(["sum", "mean", "size"]).sort_values("sum", ascending=False)
    counts = counts[(counts["sum"] >= MIN_INVISIBLE) & (counts["mean"] >= MIN_INVISIBLE_SHARE)]
    for creator, row in counts.head(1).iterrows():
        own = frame.loc[frame["is_invisible"] & (frame["creator"] == creator), "position"].to_numpy()
        yield Finding(
            severity="notice",
            sentence=(
                f"{int(row['sum']):,} of {int(row['size']):,} pushes by {timeline.format_account(int(str(creator)))} "
                f"changed nothing that a person would see, from {timeline.format_day(own[0])} to "
                f"{timeline.format_day(own[-1])}."
            ),
            first_index=int(timeline.index[own[0]]),
            last_index=int(timeline.index[own[-1]]),
            changesets=int(row["sum"]),
            statistic=f"{row['mean']:.0%} of the pushes of the account; {format_count(len(counts), 'such account')}",
            stake=min(1.0, 0.3 + float(row["mean"]) / 2),
        )


def _find_contested_elements(timeline: TimelineData) -> Iterable[Finding]:
    contents = timeline.push_contents
    updates = contents.elements[contents.elements["operation"] == "updated"]
    updates = updates.assign(creator=timeline.creator[updates["position"]]).sort_values(["instance_id", "position"])
    is_turn = (updates["instance_id"] == updates["instance_id"].shift()) & (
        updates["creator"] != updates["creator"].shift()
    )
    table = (
        updates.assign(turns=is_turn)
        .groupby("instance_id")
        .agg(
            turns=("turns", "sum"),
            accounts=("creator", "nunique"),
            changesets=("position", "nunique"),
            first=("position", "min"),
            last=("position", "max"),
            label=("label", "first"),
            class_name=("class_name", "first"),
        )
    )
    table = table[(table["accounts"] >= MIN_ACCOUNTS) & (table["turns"] >= MIN_CONTESTED_TURNS)]
    table = table.sort_values(["turns", "changesets"], ascending=False)
    if not table.empty:
        yield _build_contested(timeline, table)


def _build_contested(timeline: TimelineData, table: pd.DataFrame) -> Finding:
    top = table.iloc[0]
    name = f" “{top['label']}”" if isinstance(top["label"], str) else ""
    others = [str(element) for element in table.index[1:MAX_NAMED]]
    more = (
        f" {format_count(len(table) - 1, 'more element')} were changed in turn, too, such as {join_words(others)}."
        if others
        else ""
    )
    return Finding(
        severity="notice",
        sentence=(
            f"{top['accounts']} users changed the same element{name} ({top['class_name']}, {table.index[0]}) in "
            f"{format_count(int(top['changesets']), 'changeset')} from {timeline.format_day(int(top['first']))} to "
            f"{timeline.format_day(int(top['last']))}, alternating {format_count(int(top['turns']), 'time')}.{more}"
        ),
        first_index=int(timeline.index[int(top["first"])]),
        last_index=int(timeline.index[int(top["last"])]),
        changesets=int(top["changesets"]),
        statistic=(
            f"{format_count(int(top['accounts']), 'account')} alternated {format_count(int(top['turns']), 'time')}; "
            f"{format_count(len(table), 'such element')}"
        ),
        stake=min(1.0, 0.3 + float(top["turns"]) / 50),
    )


def _find_schema_upgrades(timeline: TimelineData) -> Iterable[Finding]:
    contents = timeline.push_contents
    is_schema = (contents.rows["entity"] == "schema") & (contents.rows["operation"] == "inserted")
    schema = contents.rows[is_schema]
    upgrades = sorted(schema["position"].unique().tolist())[1:]
    if not upgrades:
        return
    last = int(upgrades[-1])
    added = schema.loc[schema["position"] == last, "label"].dropna().astype("str").tolist()
    used = _find_first_use(contents, last, added)
    waited = timeline.second[int(contents.rows["position"].max()) if used is None else used] - timeline.second[last]
    is_unused = waited > UNUSED_DAYS * DAY_SECONDS
    after = (
        "None of it has been used since."
        if used is None
        else f"It was first used on {timeline.format_day(used)} (changeset {timeline.index[used]:,})."
    )
    until = "without a use" if used is None else "until the first use"
    rest = f" and {len(added) - MAX_NAMED} more" if len(added) > MAX_NAMED else ""
    times = "once" if len(upgrades) == 1 else format_count(len(upgrades), "time")
    yield Finding(
        severity="notice" if is_unused else "info",
        sentence=(
            f"The schema was extended {times} after its first import, the last time on {timeline.format_day(last)} "
            f"(changeset {timeline.index[last]:,}) with {join_words(added[:MAX_NAMED]) or 'other parts'}{rest}. {after}"
        ),
        first_index=int(timeline.index[last]),
        last_index=int(timeline.index[last if used is None else used]),
        changesets=(last if used is None else used) - last + 1,
        statistic=f"{len(added)} classes and properties added; {waited / DAY_SECONDS:.0f} days {until}",
        evidence=tuple((int(timeline.index[position]), int(timeline.index[position])) for position in upgrades),
        stake=0.4 if is_unused else 0.2,
    )


def _find_first_use(contents: PushContents, upgrade: int, added: list[str]) -> int | None:
    """Return the position of the first use of added classes or properties."""
    later = contents.elements[contents.elements["position"] > upgrade]
    names = {name.rpartition(".")[2] for name in added if "." in name}
    is_used = later["class_name"].isin(added)
    if names and "properties" in later:
        is_used |= later["properties"].map(lambda own: own is not None and bool(names.intersection(own)))
    return int(later.loc[is_used, "position"].iloc[0]) if is_used.any() else None


def _find_wrong_flags(timeline: TimelineData) -> Iterable[Finding]:
    contents = timeline.push_contents
    flags = timeline.changesets["containing_changes"].to_numpy(np.int64)
    positions = np.unique(contents.rows["position"])
    has_schema = np.isin(positions, contents.rows.loc[contents.rows["entity"] == "schema", "position"])
    is_data = contents.rows["entity"].isin(["element", "model", "aspect", "relationship"])
    has_data = np.isin(positions, contents.rows.loc[is_data, "position"])
    states_schema = flags[positions] & int(ContainingChanges.SCHEMA) != 0
    states_spatial = flags[positions] & int(ContainingChanges.SPATIAL_DATA) != 0
    kinds = {
        "state a change of a schema and have none": states_schema & ~has_schema,
        "change a schema and do not state it": has_schema & ~states_schema,
        "state a change of spatial data and have none": states_spatial & ~has_data,
    }
    wrong = positions[np.logical_or.reduce(list(kinds.values()))]
    if not len(wrong):
        return
    summary = join_words([f"{int(is_wrong.sum()):,} {name}" for name, is_wrong in kinds.items() if is_wrong.any()])
    yield Finding(
        severity="notice",
        sentence=f"The flags of {format_count(len(wrong), 'changeset')} do not fit the changes: {summary}.",
        first_index=int(timeline.index[wrong[0]]),
        last_index=int(timeline.index[wrong[-1]]),
        changesets=len(wrong),
        statistic=f"{len(wrong) / len(positions):.1%} of the changesets read",
        stake=min(1.0, 0.2 + len(wrong) / len(positions)),
    )


RULES = (
    Rule(
        "invisible pushes",
        _find_invisible_pushes,
        looks_for="Accounts that often push without a change that a person would see.",
        threshold=_INVISIBLE_THRESHOLD,
        why="Everyone has to pull these changesets before they push, and gains nothing.",
        advice=_INVISIBLE_ADVICE,
        method="Indirect changes, such as times of change, and aspects alone do not count.",
        requires=("changes",),
        is_optional=True,
    ),
    Rule(
        "contested element",
        _find_contested_elements,
        looks_for="Elements that several people change in turn.",
        threshold=_CONTESTED_THRESHOLD,
        why="People who change the same element in turn may undo each other's work without knowing it.",
        advice=_CONTESTED_ADVICE,
        method="A turn is an update by another account than the one before.",
        requires=("changes",),
        is_optional=True,
    ),
    Rule(
        "schema upgrade",
        _find_schema_upgrades,
        looks_for="Schemas that were extended, and the first use of what is new.",
        threshold=_SCHEMA_THRESHOLD,
        why="A schema change locks out everyone else, which is lost time if nothing new is used.",
        advice=_SCHEMA_ADVICE,
        method="The first changeset with a schema is its import. A use is an element of a new class or a new property.",
        requires=("changes",),
        explains=("schema storm",),
        is_optional=True,
    ),
    Rule(
        "flags and contents",
        _find_wrong_flags,
        looks_for="Changesets whose flags do not fit their changes.",
        threshold=_FLAGS_THRESHOLD,
        why="Services and charts select changesets by these flags, and miss or load the wrong ones.",
        advice=_FLAGS_ADVICE,
        method="Flags of kinds that the changes do not show are not checked.",
        requires=("changes",),
        is_optional=True,
    ),
)
