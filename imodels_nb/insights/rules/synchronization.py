"""Rules about synchronization runs: runs that failed, and times without a run."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from imodels_nb._format import format_count
from imodels_nb.insights.rule import Finding, Rule, summarize
from imodels_nb.insights.statistics import Bools, Ints, find_true_runs
from imodels_nb.insights.timeline import DAY_SECONDS, Runs, TimelineData

MAX_CHANCE = 0.01
MIN_IDLE_DAYS = 3
DAYS_AROUND = 60
MIN_DAYS_WITH_RUNS = 5
MAX_HOLIDAY_DAYS = 15
QUIET_SHARE = 0.25
_MIN_MANUAL_PUSHES = 3
_MAX_DAYS = 40_000
_FAILED_STATES = {"timedOut": "timed out", "forciblyClosed": "was closed by force"}
_STALL_THRESHOLD = (
    f"{MIN_IDLE_DAYS} working days in a row without a run, and so many that the frequency in the {DAYS_AROUND} working "
    f"days around them gives less than a {MAX_CHANCE:.0%} chance of it anywhere; a warning from a twentieth of that; "
    f"weekdays with under {QUIET_SHARE:.0%} of the usual pushes are days off, and so are days on which people hardly "
    "push either"
)
_STALL_ADVICE = "Read the connector's log of the first day without a run. Changes to the design of that time came late."
_FAILED_ADVICE = "Open the run's report and run the job again. The changesets it pushed may be half of a change."


def _find_stalls(timeline: TimelineData) -> Iterable[Finding]:
    runs = timeline.runs
    if runs is None:
        return ()
    start = int(timeline.day.min())
    end = max(int(timeline.day.max()), int(timeline.now.timestamp()) // DAY_SECONDS)
    if end - start > _MAX_DAYS:
        return ()
    pushes = np.bincount(timeline.day[runs.positions] - start, minlength=end - start + 1)
    working_days = np.flatnonzero(_is_working_day(start, pushes))
    has_run = pushes[working_days] > 0
    manual = np.bincount(timeline.day[timeline.manual_pushes] - start, minlength=len(pushes))[working_days]
    stalls = [
        _build_stall(
            timeline, runs, (start + working_days[first], start + working_days[end - 1]), end - first, sure=sure
        )
        for first, end, sure in _select_idle_stretches(has_run, manual)
    ]
    return summarize(
        [stall for stall in stalls if stall],
        lambda findings: f"{format_count(len(findings), 'time')} no synchronization ran for unusually long.",
    )


def _is_working_day(start: int, pushes: Ints) -> Bools:
    """Return whether each day's weekday has its share of the runs."""
    weekday = (start + np.arange(len(pushes))) % 7
    share = np.bincount(weekday, weights=pushes, minlength=7)
    return np.asarray(share >= QUIET_SHARE * np.median(share))[weekday]


def _select_idle_stretches(has_run: Bools, manual: Ints) -> Iterable[tuple[int, int, bool]]:
    """Yield idle stretches beyond chance and holidays, and whether each is certain."""
    known = np.flatnonzero(has_run)[MIN_DAYS_WITH_RUNS:]
    for first, end in find_true_runs(~has_run).tolist():
        if not len(known) or first < known[0] or end - first < MIN_IDLE_DAYS:
            continue
        around = np.r_[max(first - DAYS_AROUND // 2, 0) : first, end : min(end + DAYS_AROUND // 2, len(has_run))]
        days, is_sure = _count_worked_days(manual[around], manual[first:end])
        if end == len(has_run) and end - first > MAX_HOLIDAY_DAYS:
            days, is_sure = float(end - first), False
        idle_share = float(np.sum(~has_run[around]) + 1) / (len(around) + 2)
        chance = len(has_run) * idle_share**days
        if days >= MIN_IDLE_DAYS and chance < MAX_CHANCE:
            yield first, end, is_sure and chance < MAX_CHANCE / 20


def _count_worked_days(around: Ints, idle: Ints) -> tuple[float, bool]:
    """Return how many idle days were working days, and whether that is certain."""
    if around.mean() * len(idle) < _MIN_MANUAL_PUSHES:
        return float(len(idle)), False
    least = max(1.0, QUIET_SHARE * float(around.mean()))
    return min(float(np.sum(idle >= least) / np.mean(around >= least)), float(len(idle))), True


def _build_stall(timeline: TimelineData, runs: Runs, days: tuple[int, int], idle: int, *, sure: bool) -> Finding | None:
    day = timeline.day[runs.positions]
    before = runs.positions[day < days[0]]
    after = runs.positions[day > days[1]]
    last = int(before.max())
    first = int(after.min()) if len(after) else len(timeline) - 1
    if first < last:
        return None  # dates run backwards here, which another rule reports
    until = f" until {timeline.format_date(first)}" if len(after) else ""
    pushed = format_count(first - last - bool(len(after)), "changeset was", "changesets were")
    return Finding(
        severity="warning" if sure else "notice",
        sentence=(
            f"No synchronization ran for {format_count(idle, 'working day')} after {timeline.format_date(last)}"
            f"{until}. Meanwhile {pushed} pushed by hand."
        ),
        first_index=int(timeline.index[last]),
        last_index=int(timeline.index[first]),
        changesets=first - last + 1,
        threshold=_STALL_THRESHOLD,
        advice=_STALL_ADVICE,
    )


def _find_failed_runs(timeline: TimelineData) -> Iterable[Finding]:
    groups = timeline.groups
    if groups is None:
        return ()
    state = groups["state"].astype("str")
    is_old = timeline.now - groups["created_date_time"] > pd.Timedelta(days=1)
    is_failed = state.isin(_FAILED_STATES) | ((state == "inProgress") & is_old)
    is_here = groups["first_index"].ge(timeline.index[0]) & groups["last_index"].le(timeline.index[-1])
    is_here = is_here.fillna(value=True).astype("bool")  # a run that pushed nothing has no place
    return summarize(
        [_build_failed_run(timeline, group) for group in groups[is_here & is_failed].itertuples()],
        lambda findings: f"{format_count(len(findings), 'synchronization run')} did not finish.",
    )


def _build_failed_run(timeline: TimelineData, group: Any) -> Finding:
    has_range = pd.notna(group.first_index) and pd.notna(group.last_index)
    first, last = (int(group.first_index), int(group.last_index)) if has_range else (None, None)
    pushed = 0 if first is None or last is None else min(int(group.changesets), timeline.count_in_range(first, last))
    is_failed = group.state in _FAILED_STATES
    name = "" if pd.isna(group.description) else f" “{group.description}”"
    what = _FAILED_STATES[group.state] if is_failed else "is still in progress after more than a day"
    pushes = format_count(pushed, "changeset")
    return Finding(
        severity="warning" if is_failed else "notice",
        sentence=f"The synchronization run{name} {what}. It had pushed {pushes}.",
        first_index=first,
        last_index=last,
        changesets=pushed,
        threshold="a group that is timedOut or forciblyClosed, or inProgress for more than a day",
        advice=_FAILED_ADVICE,
    )


RULES = (
    Rule(
        "stalled synchronisation",
        _find_stalls,
        looks_for="Times without a synchronization run, although runs are usual.",
        method=(
            "A day is a working day if its weekday has its share of the runs. If the share p of working days "
            "had a run, n idle days in a row have the chance (1 - p) to the power of n, at each working day. "
            "The share is that of the days around, by Laplace's rule of succession. At least five days with "
            "runs must come before. If people push by hand, days without such pushes are holidays. Silence up "
            "to now is no holiday after three weeks."
        ),
        requires=("runs",),
    ),
    Rule(
        "failed run",
        _find_failed_runs,
        looks_for="Synchronization runs that ended early, or never ended.",
        method=(
            "The states are those of the API: a group is inProgress until it is completed. Groups that are "
            "timedOut or forciblyClosed were not completed. A run should take less than a day."
        ),
        requires=("groups",),
    ),
)
