"""Rules about elements that were deleted, replaced, or are gone for good."""

from collections.abc import Iterable, Sequence

import pandas as pd

from imodels_nb._format import format_count
from imodels_nb.insights.push_contents import ClassCount
from imodels_nb.insights.rule import Finding, Rule, join_words, summarize
from imodels_nb.insights.timeline import DAY_SECONDS, TimelineData

MIN_DELETED = 20  # elements of a class
MIN_DELETED_SHARE = 0.5  # share of the elements of a class
MAX_COUNT_RATIO = 1.25  # ratio of deleted and inserted elements
MAX_SEPARATE = 2  # findings
RETURN_DAYS = 30
MIN_RETURN_SHARE = 0.25  # share of the deleted elements
_DELETION_THRESHOLD = (
    f"a push or run deletes at least {MIN_DELETED} elements of a class, {MIN_DELETED_SHARE:.0%} or more of all, and "
    "does not insert as many"
)
_DELETION_ADVICE = "Ask whether it was meant. If not, the elements can be found at the changeset before."
_REBUILT_THRESHOLD = (
    f"a push or run deletes at least {MIN_DELETED} elements of a class, {MIN_DELETED_SHARE:.0%} or more of all, and "
    f"inserts as many again, within a factor of {MAX_COUNT_RATIO:g}"
)
_REBUILT_ADVICE = (
    "Check why the job no longer knew its elements: its records may be lost, or the names in the source changed. Let "
    "it update them instead."
)
_VANISHED_THRESHOLD = f"the class had at least {MIN_DELETED} elements at once, and has none after the last changeset"
_VANISHED_ADVICE = "Ask whether the class was replaced by another one. Check views, reports and exports that use it."


def _find_mass_deletions(timeline: TimelineData) -> Iterable[Finding]:
    contents = timeline.push_contents
    counts = contents.counts
    is_mass = _is_mass_deletion(counts) & (counts["inserted"] < counts["deleted"] / MAX_COUNT_RATIO)
    found = [_build_mass_deletion(timeline, row, counts) for row in contents.list_counts(is_mass)]
    return _limit_findings(found, "mass deletions")


def _is_mass_deletion(counts: pd.DataFrame) -> pd.Series:
    return (counts["deleted"] >= MIN_DELETED) & (counts["deleted"] >= MIN_DELETED_SHARE * counts["before"])


def _build_mass_deletion(timeline: TimelineData, row: ClassCount, counts: pd.DataFrame) -> Finding:
    share = row.deleted / row.before
    who = timeline.format_account(timeline.creator[row.first])
    part = f"all {row.deleted:,}" if row.deleted == row.before else f"{row.deleted:,} of {row.before:,}"
    return Finding(
        severity="warning",
        sentence=(
            f"On {timeline.format_day(row.first)} {who} deleted {part} elements of {row.class_name} "
            f"({_format_place(timeline, row)}). {_describe_return(timeline, row, counts)}"
        ),
        first_index=int(timeline.index[row.first]),
        last_index=int(timeline.index[row.last]),
        changesets=row.last - row.first + 1,
        statistic=f"{row.deleted:,} deleted, {share:.0%} of {row.before:,}; {row.inserted:,} inserted",
        stake=min(1.0, 0.5 + share / 2),
    )


def _describe_return(timeline: TimelineData, row: ClassCount, counts: pd.DataFrame) -> str:
    """Return a sentence about the elements of the same class that came afterwards."""
    end = int(timeline.second[row.last])
    later = counts[(counts["class_name"] == row.class_name) & (counts["push"] > row.last) & (counts["inserted"] > 0)]
    near = later[timeline.second[later["first"]] <= end + RETURN_DAYS * DAY_SECONDS]
    inserted = int(near["inserted"].sum())
    if inserted < MIN_RETURN_SHARE * row.deleted:
        return f"Hardly any came back within {RETURN_DAYS} days."
    days = (timeline.second[near["first"].iloc[0]] - end) / DAY_SECONDS
    return f"From {format_count(round(float(days)), 'day')} later on, {inserted:,} new ones were inserted."


def _format_place(timeline: TimelineData, row: ClassCount) -> str:
    first = int(timeline.index[row.first])
    last = int(timeline.index[row.last])
    return f"changeset {first:,}" if first == last else f"changesets {first:,} to {last:,}"


def _find_rebuilt_elements(timeline: TimelineData) -> Iterable[Finding]:
    contents = timeline.push_contents
    counts = contents.counts
    ratio = counts["inserted"] / counts["deleted"].clip(lower=1)
    is_rebuilt = _is_mass_deletion(counts) & ratio.between(1 / MAX_COUNT_RATIO, MAX_COUNT_RATIO)
    found = [_build_rebuilt(timeline, row) for row in contents.list_counts(is_rebuilt)]
    return _limit_findings(found, "rebuilds")


def _build_rebuilt(timeline: TimelineData, row: ClassCount) -> Finding:
    who = timeline.format_account(timeline.creator[row.first])
    share = row.deleted / row.before
    how = "A push" if timeline.is_manual[row.first] else "A synchronization run"
    return Finding(
        severity="warning",
        sentence=(
            f"{how} by {who} on {timeline.format_day(row.first)} deleted {row.deleted:,} of {row.before:,} elements of "
            f"{row.class_name} and inserted {row.inserted:,} new ones ({_format_place(timeline, row)})."
        ),
        first_index=int(timeline.index[row.first]),
        last_index=int(timeline.index[row.last]),
        changesets=row.last - row.first + 1,
        statistic=f"{row.deleted:,} deleted, {share:.0%} of {row.before:,}; {row.inserted:,} inserted",
        stake=min(1.0, 0.5 + share / 2),
    )


def _find_vanished_classes(timeline: TimelineData) -> Iterable[Finding]:
    counts = timeline.push_contents.counts
    ends = counts.groupby("class_name").tail(1).set_index("class_name")
    most = counts.assign(most=counts[["before", "after"]].max(axis=1)).groupby("class_name")["most"].max()
    ends = ends.assign(most=most)
    gone = ends[(ends["after"] == 0) & (ends["most"] >= MIN_DELETED)].sort_values("most", ascending=False)
    for name, row in gone.head(MAX_SEPARATE).iterrows():
        last = int(row["last"])
        index = int(timeline.index[last])
        yield Finding(
            severity="notice",
            sentence=(
                f"{name} has had no elements since {timeline.format_day(last)} (changeset {index:,}). It had up to "
                f"{int(row['most']):,}."
            ),
            first_index=int(timeline.index[int(row["first"])]),
            last_index=index,
            changesets=last - int(row["first"]) + 1,
            statistic=f"{int(row['most']):,} elements at most; {len(gone):,} of {len(ends):,} classes are gone",
            stake=0.5,
        )


def _limit_findings(found: list[Finding], name: str) -> Sequence[Finding]:
    """Return the findings, those with the most at stake first, and many as one."""
    found.sort(key=lambda finding: -finding.stake)
    return summarize(found, lambda all_: _describe_more(all_, name), MAX_SEPARATE)


def _describe_more(found: Sequence[Finding], name: str) -> str:
    places = join_words([f"changeset {finding.first_index:,}" for finding in found[1:3]])
    return f"{found[0].sentence} There were {len(found) - 1} more {name}, such as {places}."


RULES = (
    Rule(
        "mass deletion",
        _find_mass_deletions,
        looks_for="Pushes that deleted most elements of a class.",
        threshold=_DELETION_THRESHOLD,
        why="What others built on these elements is lost with them, and a deletion by mistake is found late.",
        advice=_DELETION_ADVICE,
        method=(
            "The elements of a class are counted from the changes: those inserted, without those deleted, and those "
            "that were there from the start because no change inserts them. A run of several changesets counts as one "
            "push."
        ),
        requires=("changes",),
        explains=("vanished class", "invisible pushes"),
        is_optional=True,
    ),
    Rule(
        "rebuilt elements",
        _find_rebuilt_elements,
        looks_for="Pushes that deleted the elements of a class and inserted as many again.",
        threshold=_REBUILT_THRESHOLD,
        why="The new elements have new ids, so saved views, links, comments and issues of the old ones lead nowhere.",
        advice=_REBUILT_ADVICE,
        method="Counts are compared, since rebuilt elements may get new labels.",
        requires=("changes",),
        explains=("vanished class",),
        is_optional=True,
    ),
    Rule(
        "vanished class",
        _find_vanished_classes,
        looks_for="Classes that had many elements and have none any more.",
        threshold=_VANISHED_THRESHOLD,
        why="Views, reports and exports that use the class are empty now, without a message.",
        advice=_VANISHED_ADVICE,
        method="Elements are counted from the changes, up to the last changeset that was read.",
        requires=("changes",),
        is_optional=True,
    ),
)
