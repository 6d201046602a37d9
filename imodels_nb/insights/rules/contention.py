"""Contention: several briefcases that push against each other."""

from collections.abc import Iterable

import numpy as np

from imodels_nb._format import format_count
from imodels_nb.insights.evidence import DAY_S, Bools, Evidence, Ints
from imodels_nb.insights.finding import Finding, told
from imodels_nb.insights.robust import rows_in_a_row

TURN_S = 300
BIN_S, BINS = 600, 3
FEWEST = 8
BUSY = 3
_MOST_BINS = 10_000_000
_THRESHOLD = (
    f"at least {FEWEST} turns between briefcases in half an hour, each within {TURN_S // 60} minutes, and {BUSY} times "
    "as many as in the busiest half hour of the median day with pushes"
)
_ADVICE = (
    "Only one briefcase can push at a time; the others have to pull, and try again. Agree on who pushes when, or push "
    "less often with more in it."
)


def contention(evidence: Evidence) -> Iterable[Finding]:
    """Find bursts in which briefcases take turns.

    "Only a single briefcase is allowed to push at a time" (itwinjs-core), so pushes from changing briefcases within
    minutes are people, or jobs, who wait for each other. What is usual here is the median of the days' busiest half
    hours.
    """
    turns = _turns(evidence)
    if not turns.any():
        return ()
    bins = evidence.second[turns] // BIN_S
    start, span = int(bins.min()) - BINS + 1, int(bins.max() - bins.min()) + BINS
    if span > _MOST_BINS:
        return ()
    counts = np.bincount(bins - start, minlength=span)
    half_hours = np.convolve(counts, np.ones(BINS, dtype=np.int64))[BINS - 1 :]
    usual = _usual(evidence, half_hours, start)
    busy = half_hours >= max(FEWEST, BUSY * usual)
    covered = np.convolve(busy, np.ones(BINS, dtype=np.int64)) > 0
    rows = rows_in_a_row(covered).tolist()
    found = [_burst(evidence, turns, (start + first, start + end), usual) for first, end in rows]
    return told(found, lambda all_: f"In {format_count(len(all_), 'burst')} briefcases pushed against each other.")


def _turns(evidence: Evidence) -> Bools:
    """Mark pushes that came soon after one from another briefcase."""
    turns = np.zeros(len(evidence), dtype=np.bool_)
    soon = np.diff(evidence.second)
    turns[1:] = (np.diff(evidence.briefcase) != 0) & (soon >= 0) & (soon <= TURN_S)
    return turns


def _usual(evidence: Evidence, half_hours: Ints, start: int) -> float:
    """Give how many turns the busiest half hour of a day has, as the median of all days with pushes."""
    day = (start + np.arange(len(half_hours))) * BIN_S // DAY_S
    begins = np.flatnonzero(np.diff(day, prepend=day[0] - 1))
    busiest = np.maximum.reduceat(half_hours, begins)
    busiest = busiest[busiest > 0]
    days = evidence.second // DAY_S
    with_pushes = int(np.count_nonzero(np.bincount(days - days.min())))
    return float(np.median(np.append(busiest, np.zeros(max(with_pushes - len(busiest), 0)))))


def _burst(evidence: Evidence, turns: Bools, bins: tuple[int, int], usual: float) -> Finding:
    bin_ = evidence.second // BIN_S
    positions = np.flatnonzero(turns & (bin_ >= bins[0]) & (bin_ < bins[1]))
    first, last = int(positions[0]) - 1, int(positions[-1])
    pushes = slice(first, last + 1)
    briefcases = len(np.unique(evidence.briefcase[pushes]))
    minutes = max(1, round((evidence.second[last] - evidence.second[first]) / 60))
    return Finding(
        severity="warning",
        sentence=(
            f"On {evidence.date(first)} {format_count(briefcases, 'briefcase')} pushed against each other: "
            f"{format_count(last - first + 1, 'push', 'pushes')} within {format_count(minutes, 'minute')}, with "
            f"{format_count(len(positions), 'turn')}; the busiest half hour of a usual day has {usual:g}."
        ),
        first_index=int(evidence.index[first]),
        last_index=int(evidence.index[last]),
        changesets=last - first + 1,
        threshold=_THRESHOLD,
        advice=_ADVICE,
    )
