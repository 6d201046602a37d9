"""Synchronization jobs: the runs of each automation account, and its pauses."""

from typing import NamedTuple

import numpy as np

from imodels_nb._format import format_count
from imodels_nb.insights.pauses import GAPS_BEFORE, PAUSE_THRESHOLD, Pause, find_pauses
from imodels_nb.insights.rule import Finding
from imodels_nb.insights.statistics import Ints
from imodels_nb.insights.timeline import DAY_SECONDS, YEAR_DAYS, TimelineData

MIN_RUNS = 20
DAYS_AROUND = 60
MAX_PAUSE_CHANCE = 0.01
MIN_OTHER_PUSHES = 10


class Job(NamedTuple):
    """The runs of one account, or of several that run rarely (`account` is ``None``).

    `first` and `last` are positions of the first and the last push of each run.
    """

    account: int | None
    first: Ints
    last: Ints


def list_jobs(timeline: TimelineData, *, by_account: bool = False) -> list[Job]:
    """Return the jobs of a timeline.

    Parameters
    ----------
    timeline
        The timeline.
    by_account
        Whether each account is a job. Otherwise accounts that run rarely are one job together.
    """
    runs = timeline.runs
    if runs is None:
        return []
    owner = timeline.creator[runs.first]
    by_owner = np.argsort(owner, kind="stable")
    parts = np.split(by_owner, 1 + np.flatnonzero(np.diff(owner[by_owner])))
    is_job = [by_account or _is_frequent(timeline.second[runs.first[own]]) for own in parts]
    frequent = [own for own, is_own in zip(parts, is_job, strict=True) if is_own]
    rare = [own for own, is_own in zip(parts, is_job, strict=True) if not is_own]
    jobs = [Job(int(owner[own[0]]), runs.first[own], runs.last[own]) for own in frequent]
    if rare:
        together = np.sort(np.concatenate(rare))
        account = int(owner[together[0]]) if len(rare) == 1 else None
        jobs.append(Job(account, runs.first[together], runs.last[together]))
    return jobs


def _is_frequent(seconds: Ints) -> bool:
    """Return whether a job has as many runs within some days as a stall needs."""
    ascending = np.sort(seconds)
    if len(ascending) < MIN_RUNS:
        return False
    lengths = ascending[MIN_RUNS - 1 :] - ascending[: len(ascending) - MIN_RUNS + 1]
    return bool(np.any(lengths <= DAYS_AROUND * DAY_SECONDS))


def find_pause_finding(timeline: TimelineData, job: Job) -> Finding | None:
    """Return a finding about pauses of a job that are far longer than those before.

    Parameters
    ----------
    timeline
        The timeline.
    job
        Runs of one account.
    """
    order = np.argsort(timeline.second[job.first], kind="stable")
    seconds = timeline.second[job.first][order]
    pauses = [
        pause for pause in find_pauses(seconds) if _compute_pause_chance(timeline, job, order, pause) < MAX_PAUSE_CHANCE
    ]
    if not pauses:
        return None
    pauses.sort(key=lambda pause: -pause.days)
    ends = [(int(job.last[order[pause.last]]), int(job.first[order[pause.last + 1]])) for pause in pauses]
    ranges = tuple((int(timeline.index[min(pair)]), int(timeline.index[max(pair)])) for pair in ends)
    last, first = ends[0]
    longest = pauses[0]
    before = format_count(max(round(longest.before), 1), "day")
    ratio = longest.days / max(longest.before, 1)
    more = f" It had {format_count(len(pauses) - 1, 'more such pause')}." if len(pauses) > 1 else ""
    return Finding(
        severity="notice",
        sentence=(
            f"{format_job(timeline, job)} stood still for {longest.days:.0f} days, from {timeline.format_day(last)} "
            f"to {timeline.format_day(first)}. Its longest pause until then was {before}. "
            f"{describe_manual_pushes(timeline, last, first)}{more}"
        ),
        first_index=ranges[0][0],
        last_index=ranges[0][1],
        changesets=timeline.count_in_range(*ranges[0]),
        threshold=PAUSE_THRESHOLD,
        statistic=f"{longest.days:.0f} days, {ratio:.1f} times the longest gap before",
        evidence=ranges,
        stake=min(1.0, 0.4 + longest.days / YEAR_DAYS),
    )


def _compute_pause_chance(timeline: TimelineData, job: Job, order: Ints, pause: Pause) -> float:
    """Compute the chance that a job rests while others push.

    The chance comes from the job's share of the pushes before. In a quiet season the others push rarely, too.
    """
    last = int(job.last[order[pause.last]])
    first = int(job.first[order[pause.last + 1]])
    others = int(np.sum(timeline.is_manual[last:first]))
    start = int(job.first[order[max(pause.last - GAPS_BEFORE, 0)]])
    runs = min(pause.last, GAPS_BEFORE) + 1
    share = runs / (runs + int(np.sum(timeline.is_manual[start:last])))
    return float((1 - min(share, 0.99)) ** others)


def find_final_pause(timeline: TimelineData, job: Job) -> Pause | None:
    """Return the time since the last run, if the job ended while others pushed on."""
    order = np.argsort(timeline.second[job.first], kind="stable")
    pauses = find_pauses(np.append(timeline.second[job.first][order], timeline.sorted_second[-1]))
    others = count_pushes_after(timeline, int(job.last[order[-1]]))
    is_ended = others >= MIN_OTHER_PUSHES and pauses and pauses[-1].last == len(order) - 1
    return pauses[-1] if is_ended else None


def count_pushes_after(timeline: TimelineData, position: int) -> int:
    """Return the number of pushes after a push, by time."""
    return len(timeline) - int(np.searchsorted(timeline.sorted_second, timeline.second[position], side="right"))


def format_job(timeline: TimelineData, job: Job) -> str:
    """Return the name of a job: that of its account."""
    return "The synchronization" if job.account is None else f"The job of {timeline.format_account(job.account)}"


def describe_manual_pushes(timeline: TimelineData, last: int, first: int) -> str:
    """Return a sentence about the pushes by hand between two positions."""
    manual = int(np.sum(timeline.is_manual[last : first + 1]))
    return f"Meanwhile {format_count(manual, 'changeset was', 'changesets were')} pushed by hand."
