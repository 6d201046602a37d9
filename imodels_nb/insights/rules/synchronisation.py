"""Synchronisation: runs that failed, and times when none ran though work went on."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from imodels_nb._format import format_count
from imodels_nb.insights.evidence import DAY_S, Bools, Evidence, Ints, Runs
from imodels_nb.insights.finding import Finding, told
from imodels_nb.insights.robust import rows_in_a_row

CHANCE = 0.01
SHORTEST = 3
AROUND = 60
CADENCE = 5
LONGEST_HOLIDAY = 15
QUIET = 0.25
_ENOUGH_BY_HAND = 3
_LONGEST = 40_000  # days
_FAILED = {"timedOut": "timed out", "forciblyClosed": "was closed by force"}
_STALL_THRESHOLD = (
    f"{SHORTEST} working days in a row without a run, and so long that the cadence of the {AROUND} working days around "
    f"it gives less than a {CHANCE:.0%} chance of it anywhere, a warning from a twentieth of that; weekdays with under "
    f"{QUIET:.0%} of the usual pushes are days off, and so are days on which people hardly push either"
)
_STALL_ADVICE = "See the connector's log of the first day without a run; designs changed in the meantime came late."
_FAILED_ADVICE = "Open the run's report, and run the job again: what it pushed before it ended may be half of a change."


def stalled(evidence: Evidence) -> Iterable[Finding]:
    """Find times when no synchronisation ran, though it usually does.

    A day counts as a working day by its weekday's share of the runs. With the share `p` of working days that had a run,
    `n` idle ones in a row have the chance (1 - p) to the power of n, at each of the working days there are. The share
    is that of the days around, by Laplace's rule of succession. Before runs on five days there is no cadence to break.
    Where people push by hand, days without are holidays; silence up to now is not, after three weeks.
    """
    runs = evidence.runs
    if runs is None:
        return ()
    start, end = int(evidence.day.min()), max(int(evidence.day.max()), int(evidence.now.timestamp()) // DAY_S)
    if end - start > _LONGEST:
        return ()
    pushes = np.bincount(evidence.day[runs.positions] - start, minlength=end - start + 1)
    working = np.flatnonzero(_working(start, pushes))
    ran = pushes[working] > 0
    by_hand = np.bincount(evidence.day[evidence.by_hand] - start, minlength=len(pushes))[working]
    found = [
        _stall(evidence, runs, (start + working[first], start + working[end - 1]), end - first, sure=sure)
        for first, end, sure in _idle(ran, by_hand)
    ]
    return told(
        [one for one in found if one],
        lambda all_: f"{format_count(len(all_), 'time')} no synchronisation ran for longer than its cadence explains.",
    )


def _working(start: int, pushes: Ints) -> Bools:
    weekday = (start + np.arange(len(pushes))) % 7
    share = np.bincount(weekday, weights=pushes, minlength=7)
    return np.asarray(share >= QUIET * np.median(share))[weekday]


def _idle(ran: Bools, by_hand: Ints) -> Iterable[tuple[int, int, bool]]:
    """Give stretches of idle working days that are no chance and no holiday, and whether that is beyond doubt."""
    known = np.flatnonzero(ran)[CADENCE:]
    for first, end in rows_in_a_row(~ran).tolist():
        if not len(known) or first < known[0] or end - first < SHORTEST:
            continue
        near = np.r_[max(first - AROUND // 2, 0) : first, end : min(end + AROUND // 2, len(ran))]
        days, sure = _worked(by_hand[near], by_hand[first:end])
        if end == len(ran) and end - first > LONGEST_HOLIDAY:
            days, sure = float(end - first), False
        idle = float(np.sum(~ran[near]) + 1) / (len(near) + 2)
        chance = len(ran) * idle**days
        if days >= SHORTEST and chance < CHANCE:
            yield first, end, sure and chance < CHANCE / 20


def _worked(near: Ints, idle: Ints) -> tuple[float, bool]:
    """Tell how many of the idle days people worked on, and whether they push often enough to tell."""
    if near.mean() * len(idle) < _ENOUGH_BY_HAND:
        return float(len(idle)), False
    least = max(1.0, QUIET * float(near.mean()))
    return min(float(np.sum(idle >= least) / np.mean(near >= least)), float(len(idle))), True


def _stall(evidence: Evidence, runs: Runs, days: tuple[int, int], idle: int, *, sure: bool) -> Finding | None:
    day = evidence.day[runs.positions]
    before, after = runs.positions[day < days[0]], runs.positions[day > days[1]]
    last = int(before.max())
    first = int(after.min()) if len(after) else len(evidence) - 1
    if first < last:
        return None  # dates run backwards here, which is a finding of its own
    until = f" until {evidence.date(first)}" if len(after) else ""
    return Finding(
        severity="warning" if sure else "notice",
        sentence=(
            f"No synchronisation ran for {format_count(idle, 'working day')} after {evidence.date(last)}{until}; "
            f"{format_count(first - last - bool(len(after)), 'changeset')} came by hand meanwhile."
        ),
        first_index=int(evidence.index[last]),
        last_index=int(evidence.index[first]),
        changesets=first - last + 1,
        threshold=_STALL_THRESHOLD,
        advice=_STALL_ADVICE,
    )


def failed_runs(evidence: Evidence) -> Iterable[Finding]:
    """Find runs that ended before they were done, or that never ended.

    The states are the API's: a group is ``inProgress`` until it is ``completed``; ``timedOut`` and ``forciblyClosed``
    ones nobody finished. A run should take less than a day.
    """
    groups = evidence.groups
    if groups is None:
        return ()
    state = groups["state"].astype("str")
    forgotten = (state == "inProgress") & (evidence.now - groups["created_date_time"] > pd.Timedelta(days=1))
    ends = groups["first_index"].ge(evidence.index[0]) & groups["last_index"].le(evidence.index[-1])
    here = ends.fillna(value=True).astype("bool")  # a run that pushed nothing is everywhere
    found = [_failure(evidence, group) for group in groups[here & (state.isin(_FAILED) | forgotten)].itertuples()]
    return told(found, lambda all_: f"{format_count(len(all_), 'synchronisation run')} did not come to their end.")


def _failure(evidence: Evidence, group: Any) -> Finding:
    whole = pd.notna(group.first_index) and pd.notna(group.last_index)
    first, last = (int(group.first_index), int(group.last_index)) if whole else (None, None)
    pushed = 0 if first is None or last is None else min(int(group.changesets), evidence.between(first, last))
    failed = group.state in _FAILED
    name = "" if pd.isna(group.description) else f" “{group.description}”"
    what = _FAILED[group.state] if failed else "is still in progress after more than a day"
    return Finding(
        severity="warning" if failed else "notice",
        sentence=f"The synchronisation run{name} {what}, after it had pushed {format_count(pushed, 'changeset')}.",
        first_index=first,
        last_index=last,
        changesets=pushed,
        threshold="a group that is timedOut or forciblyClosed, or inProgress for more than a day",
        advice=_FAILED_ADVICE,
    )
