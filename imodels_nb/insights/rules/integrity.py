"""Rules about the chain of parents, ids, states and dates of a timeline."""

from collections.abc import Iterable

import numpy as np

from imodels_nb._format import format_count
from imodels_nb.insights.rule import Finding, Rule, summarize
from imodels_nb.insights.statistics import Bools, find_true_runs
from imodels_nb.insights.timeline import TimelineData

MAX_WAIT_SECONDS = 3600
MAX_CLOCK_SKEW_SECONDS = 300
_BREAK_THRESHOLD = "the parent is known, and is not the changeset before"
_BREAK_ADVICE = "Fetch the timeline again. If the break stays, contact the iModel's administrator."
_REPEATED_THRESHOLD = "an id that occurs twice"
_REPEATED_ADVICE = "Fetch the timeline again. Ids are checksums, so two changesets cannot share one."
_MISSING_THRESHOLD = (
    "waitingForFile, and either a later changeset is uploaded or the push is more than "
    f"{MAX_WAIT_SECONDS // 60} minutes old"
)
_MISSING_ADVICE = "Ask the person who pushed it to push again. Until the file is there, pulls stop before it."
_STATE_THRESHOLD = "a state other than waitingForFile and fileUploaded"
_STATE_ADVICE = "Look up the state in the documentation of the API. These changesets do not count as uploaded."
_BACKWARDS_THRESHOLD = (
    f"a date before that of its parent; a warning if it is more than {MAX_CLOCK_SKEW_SECONDS // 60} minutes before"
)
_BACKWARDS_ADVICE = (
    "Do not sort by date here. If the difference is more than a few minutes, contact the vendor's support."
)
_UNITS = {"day": 86_400, "hour": 3600, "minute": 60}


def _find_chain_breaks(timeline: TimelineData) -> Iterable[Finding]:
    breaks = 1 + np.flatnonzero(_is_broken(timeline))
    return summarize(
        [_build_chain_break(timeline, int(position)) for position in breaks],
        lambda findings: f"The chain of parents is broken at {format_count(len(findings), 'place')}.",
    )


def _is_broken(timeline: TimelineData) -> Bools:
    """Return whether the parent of each changeset is not the one before it."""
    parents = timeline.changesets["parent_id"].array[1:]
    ids = timeline.changesets["id"].array[:-1]
    is_linked = np.asarray(parents == ids, dtype=np.bool_)
    if is_linked.all():
        return ~is_linked
    return ~is_linked & ~np.asarray(parents.isna(), dtype=np.bool_)


def _build_chain_break(timeline: TimelineData, position: int) -> Finding:
    index = int(timeline.index[position])
    before = int(timeline.index[position - 1])
    skipped = index - before - 1
    gap = f" {format_count(skipped, 'index number is', 'index numbers are')} missing in between." if skipped else ""
    return Finding(
        severity="critical",
        sentence=f"The parent of changeset {index:,} is not changeset {before:,}.{gap}",
        first_index=before,
        last_index=index,
        changesets=1,
        stake=1.0,
    )


def _find_repeated_ids(timeline: TimelineData) -> Iterable[Finding]:
    if not _is_broken(timeline).any():  # a repeated id cannot have the parent before it
        return ()
    ids = timeline.changesets["id"]
    repeated = np.flatnonzero(ids.duplicated().to_numpy() & ids.notna().to_numpy())
    return summarize(
        [_build_repeated_id(int(timeline.index[position])) for position in repeated],
        lambda findings: f"{format_count(len(findings), 'changeset')} have the id of an earlier one.",
    )


def _build_repeated_id(index: int) -> Finding:
    return Finding(
        severity="critical",
        sentence=f"Changeset {index:,} has the id of an earlier changeset.",
        first_index=index,
        last_index=index,
        changesets=1,
        stake=1.0,
    )


def _find_missing_files(timeline: TimelineData) -> Iterable[Finding]:
    is_waiting = timeline.is_waiting
    if not is_waiting.any():
        return ()
    uploaded = np.flatnonzero(timeline.is_uploaded)
    last_uploaded = int(uploaded[-1]) if len(uploaded) else -1
    is_old = int(timeline.now.timestamp()) - timeline.second > MAX_WAIT_SECONDS
    is_missing = is_waiting & (is_old | (np.arange(len(timeline)) < last_uploaded))
    count = int(is_missing.sum())
    return summarize(
        [_build_missing_files(timeline, first, end - 1) for first, end in find_true_runs(is_missing).tolist()],
        lambda _: f"The files of {format_count(count, 'changeset')} in several places are not uploaded.",
    )


def _build_missing_files(timeline: TimelineData, first: int, last: int) -> Finding:
    count = last - first + 1
    index = int(timeline.index[first])
    last_index = int(timeline.index[last])
    pushed = f"{timeline.format_account(timeline.creator[first])} pushed {{}} on {timeline.format_day(first)}."
    if count == 1:
        sentence = f"The file of changeset {index:,} is not uploaded. {pushed.format('it')}"
    else:
        files = f"The files of {count:,} changesets from {index:,} to {last_index:,} are not uploaded."
        sentence = f"{files} {pushed.format('the first')}"
    return Finding(
        severity="warning",
        sentence=sentence,
        first_index=index,
        last_index=last_index,
        changesets=count,
        stake=0.6,
    )


def _find_unknown_states(timeline: TimelineData) -> Iterable[Finding]:
    positions = np.flatnonzero(~timeline.is_uploaded & ~timeline.is_waiting)
    if not len(positions):
        return
    states = timeline.changesets["state"].iloc[positions]
    names = [f"“{state}”" for state in sorted(set(states.dropna().astype("str")))]
    names += ["missing"] * bool(states.isna().any())
    have = format_count(len(positions), "changeset has", "changesets have")
    yield Finding(
        severity="notice",
        sentence=f"{have} an unknown state: {', '.join(names)}.",
        first_index=int(timeline.index[positions[0]]),
        last_index=int(timeline.index[positions[-1]]),
        changesets=len(positions),
        stake=0.4,
    )


def _find_dates_backwards(timeline: TimelineData) -> Iterable[Finding]:
    steps = np.diff(timeline.second)
    positions = 1 + np.flatnonzero(steps < 0)
    return summarize(
        [_build_date_backwards(timeline, int(position)) for position in positions],
        lambda findings: (
            f"The dates run backwards at {format_count(len(findings), 'place')}, by up to "
            f"{_format_duration(int(-steps.min()))}."
        ),
    )


def _build_date_backwards(timeline: TimelineData, position: int) -> Finding:
    index = int(timeline.index[position])
    before = int(timeline.index[position - 1])
    seconds = int(timeline.second[position - 1] - timeline.second[position])
    return Finding(
        severity="warning" if seconds > MAX_CLOCK_SKEW_SECONDS else "notice",
        sentence=f"Changeset {index:,} is dated {_format_duration(seconds)} before changeset {before:,}, its parent.",
        first_index=before,
        last_index=index,
        changesets=1,
        stake=0.4,
    )


def _format_duration(seconds: int) -> str:
    unit, length = next(((unit, length) for unit, length in _UNITS.items() if seconds >= length), ("second", 1))
    return format_count(seconds // length, unit)


RULES = (
    Rule(
        "chain break",
        _find_chain_breaks,
        looks_for="Changesets whose parent is not the changeset before them.",
        method=(
            "The id of a changeset is a checksum of its contents and its parent (itwinjs-core pull request 1866). So "
            "a break means that changesets are missing here, or were replaced. An unknown parent is not a break. The "
            "index may have gaps as long as the chain is unbroken."
        ),
        threshold=_BREAK_THRESHOLD,
        why="Changesets are missing here or were replaced, so nothing after the break can be trusted.",
        advice=_BREAK_ADVICE,
    ),
    Rule(
        "repeated id",
        _find_repeated_ids,
        looks_for="Ids that occur twice.",
        method=(
            "A changeset with a repeated id cannot have the changeset before it as parent. So only timelines "
            "with a broken chain are searched."
        ),
        threshold=_REPEATED_THRESHOLD,
        why="An id is a checksum of its contents, so one of the two rows is wrong.",
        advice=_REPEATED_ADVICE,
    ),
    Rule(
        "waiting for file",
        _find_missing_files,
        looks_for="Changesets whose file was never uploaded.",
        method=(
            "The state of a push is first waitingForFile and then fileUploaded. A file is missing if a later "
            "changeset is uploaded, or if the push is more than an hour old. The iModel cannot be opened "
            "beyond it."
        ),
        threshold=_MISSING_THRESHOLD,
        why="The iModel cannot be opened beyond this changeset, and work on top of it waits.",
        advice=_MISSING_ADVICE,
    ),
    Rule(
        "unknown state",
        _find_unknown_states,
        looks_for="Changesets with a state other than waitingForFile and fileUploaded, or without one.",
        threshold=_STATE_THRESHOLD,
        why="These changesets do not count as uploaded, so sums and charts may lack them.",
        advice=_STATE_ADVICE,
    ),
    Rule(
        "dates backwards",
        _find_dates_backwards,
        looks_for="Pushes that are dated before their parent.",
        method=(
            "The service dates a push when it receives it, so dates ascend with the index. Clocks may differ "
            "by a few minutes."
        ),
        threshold=_BACKWARDS_THRESHOLD,
        why="Lists that are sorted by date show another order than the one in which the changes apply.",
        advice=_BACKWARDS_ADVICE,
    ),
)
