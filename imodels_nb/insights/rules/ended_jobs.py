"""Rule about jobs that ended or moved to another account."""

from collections.abc import Iterable

import numpy as np

from imodels_nb._format import format_count
from imodels_nb.insights.jobs import MIN_OTHER_PUSHES, Job, count_pushes_after, find_final_pause, format_job, list_jobs
from imodels_nb.insights.pauses import PAUSE_METHOD, PAUSE_THRESHOLD
from imodels_nb.insights.rule import Finding, Rule
from imodels_nb.insights.statistics import Ints
from imodels_nb.insights.timeline import DAY_SECONDS, YEAR_DAYS, TimelineData

MAX_SEPARATE = 2  # findings
MAX_MOVE_DAYS = 90
_ENDED_THRESHOLD = (
    f"no run for {PAUSE_THRESHOLD}, up to the last push. Others have made at least {MIN_OTHER_PUSHES} pushes since"
)
_ENDED_ADVICE = (
    "Ask whether the job was switched off on purpose. If not, start it again, and compare the model with its source."
)


def _find_ended_jobs(timeline: TimelineData) -> Iterable[Finding]:
    jobs = list_jobs(timeline, by_account=True)
    begins = np.array([int(timeline.second[job.first].min()) for job in jobs], dtype=np.int64)
    found = [finding for job in jobs for finding in _build_ended_job(timeline, job, (jobs, begins))]
    found.sort(key=lambda finding: -(finding.last_index or 0))
    return found[:MAX_SEPARATE]


def _build_ended_job(timeline: TimelineData, job: Job, all_: tuple[list[Job], Ints]) -> Iterable[Finding]:
    """Yield a finding if a job no longer runs while others push on."""
    pause = find_final_pause(timeline, job)
    if pause is None:
        return
    order = np.argsort(timeline.second[job.first], kind="stable")
    last = int(job.last[order[-1]])
    others = count_pushes_after(timeline, last)
    jobs, begins = all_
    near_jobs = np.flatnonzero(np.abs(begins - timeline.second[last]) < MAX_MOVE_DAYS * DAY_SECONDS)
    heirs = [jobs[number] for number in near_jobs.tolist() if jobs[number] is not job]
    moved = (
        f"{format_job(timeline, heirs[0])} began on {timeline.format_day(int(heirs[0].first.min()))}, so it may have "
        "moved."
        if heirs
        else "No other job began near that day."
    )
    near = int(heirs[0].first.min()) if heirs else int(job.first[order[-2]])
    ends = int(timeline.index[min(last, near)]), int(timeline.index[max(last, near)])
    yield Finding(
        severity="warning" if pause.days < YEAR_DAYS and not heirs else "notice",
        sentence=(
            f"{format_job(timeline, job)} ended: its last of {format_count(len(order), 'run')} was on "
            f"{timeline.format_day(last)}, and {format_count(others, 'changeset')} followed from others. {moved}"
        ),
        first_index=ends[0],
        last_index=ends[1],
        changesets=timeline.count_in_range(*ends),
        statistic=f"{pause.days:.0f} days without a run; the longest of the gaps before was {pause.before:.0f} days",
        stake=0.5 if heirs else 0.7,
    )


RULES = (
    Rule(
        "ended job",
        _find_ended_jobs,
        looks_for="Jobs that no longer run while others push on.",
        threshold=_ENDED_THRESHOLD,
        why="What the job brought no longer comes in, and the iModel shows an old state of it.",
        advice=_ENDED_ADVICE,
        method=(f"The time since the last run is compared with the pauses of the same job before. {PAUSE_METHOD}"),
        explains=("stalled synchronization",),
    ),
)
