"""Rules about synchronization runs: runs that failed, and times without a run."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from imodels_nb._format import format_count
from imodels_nb.insights.jobs import (
    DAYS_AROUND,
    MIN_RUNS,
    Job,
    describe_manual_pushes,
    find_final_pause,
    find_pause_finding,
    format_job,
    list_jobs,
)
from imodels_nb.insights.pauses import PAUSE_METHOD, PAUSE_THRESHOLD
from imodels_nb.insights.rule import Finding, Rule, summarize
from imodels_nb.insights.statistics import Bools, Ints, find_true_runs
from imodels_nb.insights.timeline import DAY_SECONDS, TimelineData

MAX_CHANCE = 0.01  # chance of such a pause in a whole timeline
MAX_SEPARATE = 2  # findings
MIN_IDLE_DAYS = 3
MIN_DAYS_WITH_RUNS = 5
MAX_HOLIDAY_DAYS = 15
QUIET_SHARE = 0.25  # share of the runs or pushes of a usual day
_MIN_MANUAL_PUSHES = 3
_MAX_DAYS = 40_000
_FAILED_STATES = {"timedOut": "timed out", "forciblyClosed": "was closed by force"}
_STALL_THRESHOLD = (
    f"at least {MIN_IDLE_DAYS} working days in a row without a run, which chance gives in less than {MAX_CHANCE:.0%} "
    f"of such timelines. For a job that runs rarely: a pause of {PAUSE_THRESHOLD}"
)
_STALL_ADVICE = (
    "Read the connector's log of the first day without a run. Design changes of that time reached the iModel late."
)
_FAILED_ADVICE = "Open the run's report and run the job again. The changesets that it pushed may be incomplete."


def _find_stalls(timeline: TimelineData) -> Iterable[Finding]:
    start = int(timeline.day.min())
    end = max(int(timeline.day.max()), int(timeline.now.timestamp()) // DAY_SECONDS)
    if end - start > _MAX_DAYS:
        return ()
    found = [stall for job in list_jobs(timeline) for stall in _list_stalls(timeline, job, (start, end))]
    pauses = [find_pause_finding(timeline, job) for job in list_jobs(timeline, by_account=True)]
    found += filter(None, pauses)
    found = _drop_repeated(found)
    return summarize(found, _describe_stalls, MAX_SEPARATE)


def _list_stalls(timeline: TimelineData, job: Job, days: tuple[int, int]) -> Iterable[Finding]:
    """Yield the times in which a job that runs nearly every day did not run."""
    start, end = days
    runs = np.bincount(timeline.day[job.first] - start, minlength=end - start + 1)
    working_days = np.flatnonzero(_is_working_day(start, runs))
    has_run = runs[working_days] > 0
    manual = np.bincount(timeline.day[timeline.manual_pushes] - start, minlength=len(runs))[working_days]
    before = np.append(0, np.cumsum(runs))
    for stretch in _select_idle_stretches(has_run, manual):
        day = int(working_days[stretch.first])
        is_open = stretch.end == len(has_run)
        if not (is_open or stretch.knows_holidays) or (is_open and find_final_pause(timeline, job) is not None):
            continue  # other rules report silences and jobs that ended
        if before[day] - before[max(day - DAYS_AROUND, 0)] >= MIN_RUNS:
            last_day = int(working_days[stretch.end - 1])
            yield from _build_stall(timeline, job, (start + day, start + last_day), stretch)


def _drop_repeated(found: list[Finding]) -> list[Finding]:
    """Return the findings without those in the range of another one."""
    found = sorted(found, key=lambda finding: (-finding.changesets, finding.first_index or 0))
    return [
        finding
        for position, finding in enumerate(found)
        if not any(
            (other.first_index or 0) <= (finding.first_index or 0)
            and (finding.last_index or 0) <= (other.last_index or 0)
            for other in found[:position]
        )
    ]


def _describe_stalls(found: Sequence[Finding]) -> str:
    longest = max(found, key=lambda finding: finding.stake)
    return f"{len(found)} times a synchronization job stood still for unusually long. The longest: {longest.sentence}"


def _is_working_day(start: int, pushes: Ints) -> Bools:
    """Return whether each day's weekday has its share of the runs."""
    weekday = (start + np.arange(len(pushes))) % 7
    share = np.bincount(weekday, weights=pushes, minlength=7)
    return np.asarray(share >= QUIET_SHARE * np.median(share))[weekday]


class Stretch(NamedTuple):
    """Working days without a run, from the first to the exclusive end.

    `knows_holidays` is whether people push by hand often enough to know holidays.
    """

    first: int
    end: int
    knows_holidays: bool
    is_certain: bool
    chance: float


def _select_idle_stretches(has_run: Bools, manual: Ints) -> Iterable[Stretch]:
    """Yield idle stretches beyond chance and holidays."""
    known = np.flatnonzero(has_run)[MIN_DAYS_WITH_RUNS:]
    for first, end in find_true_runs(~has_run).tolist():
        if not len(known) or first < known[0] or end - first < MIN_IDLE_DAYS:
            continue
        around = np.r_[max(first - DAYS_AROUND // 2, 0) : first, end : min(end + DAYS_AROUND // 2, len(has_run))]
        days, knows_holidays = _count_worked_days(manual[around], manual[first:end])
        if end == len(has_run) and end - first > MAX_HOLIDAY_DAYS:
            days, knows_holidays = float(end - first), False
        idle_share = float(np.sum(~has_run[around]) + 1) / (len(around) + 2)
        chance = len(has_run) * idle_share**days
        if days >= MIN_IDLE_DAYS and chance < MAX_CHANCE:
            yield Stretch(first, end, knows_holidays, knows_holidays and chance < MAX_CHANCE / 20, chance)


def _count_worked_days(around: Ints, idle: Ints) -> tuple[float, bool]:
    """Return how many idle days were working days, and whether pushes by hand show it."""
    if around.mean() * len(idle) < _MIN_MANUAL_PUSHES:
        return float(len(idle)), False
    least = max(1.0, QUIET_SHARE * float(around.mean()))
    return min(float(np.sum(idle >= least) / np.mean(around >= least)), float(len(idle))), True


def _build_stall(timeline: TimelineData, job: Job, days: tuple[int, int], stretch: Stretch) -> Iterable[Finding]:
    idle = stretch.end - stretch.first
    day = timeline.day[job.first]
    before = job.last[timeline.day[job.last] < days[0]]
    after = job.first[day > days[1]]
    last = int(before.max())
    first = int(after.min()) if len(after) else len(timeline) - 1
    if first < last:
        return  # dates run backwards here, which another rule reports
    until = f" until {timeline.format_day(first)}" if len(after) else ""
    yield Finding(
        severity="warning" if stretch.is_certain else "notice",
        sentence=(
            f"{format_job(timeline, job)} did not run for {format_count(idle, 'working day')} after "
            f"{timeline.format_day(last)}{until}. {describe_manual_pushes(timeline, last, first)}"
        ),
        first_index=int(timeline.index[last]),
        last_index=int(timeline.index[first]),
        changesets=first - last + 1,
        statistic=f"{format_count(idle, 'working day')} without a run",
        chance=stretch.chance,
        stake=min(1.0, 0.4 + idle / 60),
    )


def _find_failed_runs(timeline: TimelineData) -> Iterable[Finding]:
    groups = timeline.groups
    if groups is None:
        return ()
    state = groups["state"].astype("str")
    is_old = timeline.now - groups["created_date_time"] > pd.Timedelta(days=1)
    is_failed = state.isin(_FAILED_STATES) | ((state == "inProgress") & is_old)
    is_here = groups["first_index"].ge(timeline.index[0]) & groups["last_index"].le(timeline.index[-1])
    is_here = is_here.fillna(value=True).astype("bool")  # a run that pushed nothing has no index
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
    )


RULES = (
    Rule(
        "stalled synchronization",
        _find_stalls,
        looks_for="Times without a synchronization run, although runs are usual.",
        method=(
            f"A working day is a weekday with at least {QUIET_SHARE:.0%} of the runs of a usual weekday. If people "
            f"push by hand, a day with under {QUIET_SHARE:.0%} of their usual pushes is a holiday. After "
            f"{MAX_HOLIDAY_DAYS} working days without a run up to now, holidays are no longer assumed. The chance "
            f"comes from the {DAYS_AROUND} working days around. If the job runs on nine of ten days, it misses three "
            "days in a row once in a thousand times. In general: if it runs on a share p of the days, it misses n "
            "days in a row with a chance of (1 - p) to the power of n, at each day. One day with a run and one "
            "without are added to the count (Laplace). If people push by hand, a chance of a twentieth of the limit "
            f"is a warning. Each job is judged by itself. It needs {MIN_RUNS} runs in the {DAYS_AROUND} days before, "
            f"and {MIN_DAYS_WITH_RUNS} days with runs. A job that runs rarely is compared with its own pauses. "
            f"{PAUSE_METHOD}"
        ),
        requires=("runs",),
        threshold=_STALL_THRESHOLD,
        why="The iModel fell behind the design files, and users who opened it could not see that.",
        advice=_STALL_ADVICE,
        is_event=True,
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
        threshold="a group that is timedOut or forciblyClosed, or inProgress for more than a day",
        why="What the run left out is missing in the iModel until the next one.",
        advice=_FAILED_ADVICE,
    ),
)
