"""Rules about schema changes in a row, and about competing pushes."""

from collections.abc import Iterable

import numpy as np

from imodels_nb._format import format_count, format_number
from imodels_nb.insights.rule import Finding, Rule, summarize
from imodels_nb.insights.statistics import Bools, Ints, find_true_runs
from imodels_nb.insights.timeline import DAY_SECONDS, TimelineData

MIN_SCHEMA_CHANGES = 5  # schema changes in a row
MAX_CHANGE_DISTANCE = 3  # runs or pushes from one schema change to the next
MAX_SCHEMA_CHANCE = 0.01
MAX_SCHEMA_DAYS = 30
MAX_SCHEMA_SHARE = 0.5  # share of schema changes among all other pushes or runs
HALF_WINDOW_DAYS = 183  # days before and after the repeated changes
_SCHEMA_THRESHOLD = (
    f"at least {MIN_SCHEMA_CHANGES} schema changes within {MAX_SCHEMA_DAYS} days, with at most "
    f"{MAX_CHANGE_DISTANCE - 1} other runs or pushes between one and the next"
)
_SCHEMA_ADVICE = (
    "Let the connector add its schemas in one run, outside of working hours, and publish a named version after it. A "
    "schema change takes the exclusive lock, and everyone has to pull it before they push."
)

TURN_SECONDS = 300
BIN_SECONDS = 600
BINS = 3  # bins in half an hour
MIN_CONTENTION_TURNS = 8  # turns in half an hour
MIN_CONTENTION_RATIO = 3  # ratio of the turns to those of a usual day
MIN_TURNS_EACH = 2  # turns for each briefcase
MAX_SEPARATE = 2  # findings
_MAX_BINS = 10_000_000
_CONTENTION_THRESHOLD = (
    f"at least {MIN_CONTENTION_TURNS} changes from one briefcase to another within half an hour, and "
    f"{MIN_CONTENTION_RATIO} times as many as on a usual day"
)
_CONTENTION_ADVICE = (
    "Agree on who pushes when, or push larger changesets less often. Only one briefcase can push at a time; the others "
    "have to pull and try again."
)


def _find_repeated_schema_changes(timeline: TimelineData) -> Iterable[Finding]:
    manual = timeline.manual_pushes
    found = list(_select_clusters(timeline, "push", manual, manual, timeline.has_schema[manual]))
    runs = timeline.runs
    if runs is not None:
        has_schema = np.logical_or.reduceat(timeline.has_schema[runs.positions], runs.starts)
        found += _select_clusters(timeline, "run", runs.first, runs.last, has_schema)
    found.sort(key=lambda finding: -finding.changesets)
    return summarize(
        found,
        lambda all_: f"{len(all_)} times the schema changed repeatedly. The longest: {all_[0].sentence}",
        MAX_SEPARATE,
    )


def _select_clusters(
    timeline: TimelineData, unit: str, first: Ints, last: Ints, has_schema: Bools
) -> Iterable[Finding]:
    changes = np.flatnonzero(has_schema)
    if len(changes) < MIN_SCHEMA_CHANGES:
        return
    day = timeline.day[first]
    for cluster in np.split(changes, 1 + np.flatnonzero(np.diff(changes) > MAX_CHANGE_DISTANCE)):
        if len(cluster) < MIN_SCHEMA_CHANGES or day[cluster[-1]] - day[cluster[0]] > MAX_SCHEMA_DAYS:
            continue
        around = slice(*np.searchsorted(day, day[cluster[[0, -1]]] + [-HALF_WINDOW_DAYS, HALF_WINDOW_DAYS + 1]))
        rate = max(_compute_rate(has_schema, cluster), _compute_rate(has_schema[around], cluster))
        if rate <= MAX_SCHEMA_SHARE and len(cluster) >= _compute_chance_length(len(has_schema), rate):
            yield _build_cluster(timeline, unit, len(cluster), (int(first[cluster[0]]), int(last[cluster[-1]])))


def _compute_rate(has_schema: Bools, cluster: Ints) -> float:
    """Compute the share of schema changes outside of a cluster."""
    outside = max(len(has_schema) - int(cluster[-1] - cluster[0] + 1), 1)
    return min((int(has_schema.sum()) - len(cluster) + 1) / outside, 1.0)


def _compute_chance_length(units: int, rate: float) -> float:
    """Compute the largest cluster that chance explains at a rate."""
    continues = 1 - (1 - rate) ** MAX_CHANGE_DISTANCE
    return float(1 + np.log(MAX_SCHEMA_CHANCE / (units * rate)) / np.log(continues)) if continues < 1 else np.inf


def _build_cluster(timeline: TimelineData, unit: str, count: int, ends: tuple[int, int]) -> Finding:
    schema = np.flatnonzero(timeline.has_schema[ends[0] : ends[1] + 1]) + ends[0]
    first = int(schema[0])
    last = int(schema[-1])
    briefcases = timeline.briefcase[first : last + 1]
    is_other = ~np.isin(briefcases, np.unique(timeline.briefcase[schema]))
    others = len(np.unique(briefcases[is_other]))
    kind = ("synchronization run", "synchronization runs") if unit == "run" else ("push by hand", "pushes by hand")
    pushes = format_count(int(is_other.sum()), "push", "pushes")
    between = f" In between came {pushes} from {format_count(others, 'other briefcase')}." if others else ""
    return Finding(
        severity="warning",
        sentence=(
            f"{format_count(count, *kind)} in close succession changed the schema, from {timeline.format_day(first)} "
            f"to {timeline.format_day(last)}.{between}"
        ),
        first_index=int(timeline.index[first]),
        last_index=int(timeline.index[last]),
        changesets=last - first + 1,
        statistic=f"{format_count(count, *kind)} with a schema change",
        stake=min(1.0, 0.35 + (last - first + 1) / len(timeline)),
    )


def _find_contention(timeline: TimelineData) -> Iterable[Finding]:
    is_turn = _is_turn(timeline)
    if not is_turn.any():
        return ()
    bins = timeline.second[is_turn] // BIN_SECONDS
    start = int(bins.min()) - BINS + 1
    span = int(bins.max() - bins.min()) + BINS
    if span > _MAX_BINS:
        return ()
    counts = np.bincount(bins - start, minlength=span)
    half_hours = np.convolve(counts, np.ones(BINS, dtype=np.int64))[BINS - 1 :]
    usual = _compute_usual_turns(timeline, half_hours, start)
    is_busy = half_hours >= max(MIN_CONTENTION_TURNS, MIN_CONTENTION_RATIO * usual)
    is_covered = np.convolve(is_busy, np.ones(BINS, dtype=np.int64)) > 0
    found = [
        finding
        for first, end in find_true_runs(is_covered).tolist()
        for finding in _build_contention(timeline, is_turn, (start + first, start + end), usual)
    ]
    found.sort(key=lambda finding: -finding.changesets)
    return summarize(found, lambda all_: f"{all_[0].sentence} This happened {len(all_)} times.", MAX_SEPARATE)


def _is_turn(timeline: TimelineData) -> Bools:
    """Return whether each push came soon after one from another briefcase."""
    is_turn = np.zeros(len(timeline), dtype=np.bool_)
    seconds = np.diff(timeline.second)
    is_turn[1:] = (np.diff(timeline.briefcase) != 0) & (seconds > 0) & (seconds <= TURN_SECONDS)
    return is_turn


def _compute_usual_turns(timeline: TimelineData, half_hours: Ints, start: int) -> float:
    """Compute the turns in the busiest half hour of the median day with pushes."""
    day = (start + np.arange(len(half_hours))) * BIN_SECONDS // DAY_SECONDS
    day_starts = np.flatnonzero(np.diff(day, prepend=day[0] - 1))
    busiest = np.maximum.reduceat(half_hours, day_starts)
    busiest = busiest[busiest > 0]
    days = timeline.second // DAY_SECONDS
    days_with_pushes = int(np.count_nonzero(np.bincount(days - days.min())))
    return float(np.median(np.append(busiest, np.zeros(max(days_with_pushes - len(busiest), 0)))))


def _build_contention(timeline: TimelineData, is_turn: Bools, bins: tuple[int, int], usual: float) -> Iterable[Finding]:
    bin_ = timeline.second // BIN_SECONDS
    turns = np.flatnonzero(is_turn & (bin_ >= bins[0]) & (bin_ < bins[1]))
    first = int(turns[0]) - 1
    last = int(turns[-1])
    briefcases = len(np.unique(timeline.briefcase[first : last + 1]))
    if len(turns) < MIN_TURNS_EACH * briefcases:
        return
    people = len(np.unique(timeline.creator[first : last + 1]))
    who = f"{format_number(people)} users" if people > 1 else f"{format_number(briefcases)} briefcases of one user"
    minutes = max(1, round((timeline.second[last] - timeline.second[first]) / 60))
    often = f"they alternate up to {usual:g} times in half an hour" if usual else "this never happens"
    yield Finding(
        severity="warning",
        sentence=(
            f"On {timeline.format_day(first)} {who} got in each other's way: "
            f"{format_count(last - first + 1, 'push', 'pushes')} in {format_count(minutes, 'minute')}, alternating "
            f"{format_count(len(turns), 'time')}. On a usual day {often}."
        ),
        first_index=int(timeline.index[first]),
        last_index=int(timeline.index[last]),
        changesets=last - first + 1,
        statistic=(
            f"{format_count(briefcases, 'briefcase')} alternated {format_count(len(turns), 'time')}; in the busiest "
            f"half hour of the median day: {usual:g}"
        ),
        stake=min(1.0, 0.3 + len(turns) / 50),
    )


RULES = (
    Rule(
        "schema storm",
        _find_repeated_schema_changes,
        looks_for="Schema changes that follow each other closely.",
        method=(
            "A schema change needs a changeset of its own, under a lock that excludes everyone else (itwinjs-core, "
            "ConcurrencyControl and SchemaSync: “this lock is disruptive”). One change is ordinary; many in a row are "
            "not. Synchronization runs are compared with runs, pushes by hand with pushes by hand. At the usual rate "
            f"of schema changes, so many in a row have a chance below {MAX_SCHEMA_CHANCE:.0%}. The usual rate is that "
            f"of all other pushes, or that within half a year if it is higher. If more than {MAX_SCHEMA_SHARE:.0%} "
            "of the others change the schema, it is a habit, and there is no finding."
        ),
        threshold=_SCHEMA_THRESHOLD,
        why="Each schema change locks out everyone else, and everyone has to pull it before they push.",
        advice=_SCHEMA_ADVICE,
        is_event=True,
    ),
    Rule(
        "contention",
        _find_contention,
        looks_for="Short times in which briefcases take turns to push.",
        method=(
            "“Only a single briefcase is allowed to push at a time” (itwinjs-core). So pushes from changing "
            "briefcases within minutes are people, or jobs, that wait for each other. A push counts if it comes "
            f"within {TURN_SECONDS // 60} minutes after one from another briefcase. The usual number is that of the "
            f"busiest half hour of a day: the median of all days with pushes. There are at least {MIN_TURNS_EACH} such "
            "pushes for each briefcase. Many briefcases that push once each do not wait for each other. Pushes within "
            "the same second were replayed and do not count."
        ),
        threshold=_CONTENTION_THRESHOLD,
        why="Users or jobs lost time: a push fails while another one is under way, and has to be tried again.",
        advice=_CONTENTION_ADVICE,
        is_event=True,
    ),
)
