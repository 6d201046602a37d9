"""Ranking of findings: one for each event, the most at stake first, few at once."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from imodels_nb.insights.rule import SEVERITIES, Finding, Rule, Severity
from imodels_nb.insights.timeline import DAY_SECONDS, YEAR_DAYS, TimelineData

MAX_FINDINGS = 7
"""Number of findings that are returned by default; critical ones are always returned."""

MIN_COVERED_SHARE = 0.5  # share of the time of a finding; if another finding covers it, both are one event
_WEIGHTS: dict[Severity, float] = {"info": 0.5, "notice": 1.0, "warning": 1.5, "critical": 2.0}
_YEAR_SECONDS = YEAR_DAYS * DAY_SECONDS


class RankedFinding(NamedTuple):
    """A finding with its rule, and the names of the rules that found the same event."""

    rule: Rule
    finding: Finding
    also: tuple[str, ...] = ()


def rank_findings(timeline: TimelineData, found: Iterable[tuple[Rule, Finding]]) -> list[RankedFinding]:
    """Return one finding for each event, the highest severity first.

    Findings of one severity are sorted by what is at stake. An event of last year counts three quarters of an event
    of today, and an old event counts half.
    """
    current = [RankedFinding(rule, _lower_old_warning(timeline, rule, finding)) for rule, finding in found]
    ranked = _join_events(timeline, current)
    return sorted(ranked, key=lambda candidate: _get_rank(timeline, candidate.finding))


def _lower_old_warning(timeline: TimelineData, rule: Rule, finding: Finding) -> Finding:
    """Return a finding; a warning about an event of over a year ago becomes a notice."""
    is_old = rule.is_event and finding.severity == "warning" and _get_age(timeline, finding) > 1
    return finding._replace(severity="notice") if is_old else finding


def select_first(timeline: TimelineData, ranked: list[RankedFinding]) -> list[RankedFinding]:
    """Return the findings that a reader should see first, in the same order.

    They are those with the most at stake, weighted by severity. A finding of severity ``info`` about something older
    than a year is left out.
    """
    current = [
        candidate
        for candidate in ranked
        if candidate.finding.severity != SEVERITIES[0] or _get_age(timeline, candidate.finding) <= 1
    ]
    by_weight = sorted(
        current, key=lambda candidate: -_WEIGHTS[candidate.finding.severity] * _get_stake(timeline, candidate.finding)
    )
    selected = by_weight[:MAX_FINDINGS] + [
        candidate for candidate in by_weight[MAX_FINDINGS:] if candidate.finding.severity == "critical"
    ]
    return [candidate for candidate in current if candidate in selected]


def _join_events(timeline: TimelineData, found: list[RankedFinding]) -> list[RankedFinding]:
    """Remove the findings that another one explains, and add their rules to it."""
    also: dict[int, list[str]] = {}
    explained = set()
    for number, candidate in enumerate(found):
        for other_number, other in enumerate(found):
            is_explained = other.rule.name in candidate.rule.explains and _is_covered(
                timeline, other.finding, candidate.finding
            )
            if is_explained and other_number not in explained:
                explained.add(other_number)
                also.setdefault(number, []).append(other.rule.name)
    return [
        candidate._replace(also=tuple(also.get(number, ())))
        for number, candidate in enumerate(found)
        if number not in explained
    ]


def _is_covered(timeline: TimelineData, finding: Finding, by: Finding) -> bool:
    """Return whether a finding shares half of its time or rows with another one."""
    if finding.first_index is None or finding.last_index is None or by.first_index is None or by.last_index is None:
        return False
    others = by.ranges
    rows = (finding.first_index, finding.last_index)
    return _is_half_covered(rows, others, 1) or _is_half_covered(
        _get_times(timeline, *rows), [_get_times(timeline, first, last) for first, last in others], 0
    )


def _is_half_covered(covered: tuple[int, int], others: Iterable[tuple[int, int]], width: int) -> bool:
    """Return whether other ranges cover half of a range.

    `width` is that of the last value: 1 for rows, 0 for times.
    """
    start, end = covered
    common = sum(max(0, min(end, last) - max(start, first) + width) for first, last in others)
    return common > 0 and common >= MIN_COVERED_SHARE * (end - start + width)


def _get_times(timeline: TimelineData, first: int, last: int) -> tuple[int, int]:
    positions = np.clip(np.searchsorted(timeline.index, [first, last]), 0, len(timeline) - 1)
    start, end = sorted(timeline.second[positions].tolist())
    return start, end


def _get_rank(timeline: TimelineData, finding: Finding) -> tuple[int, float, int, int]:
    first = -1 if finding.first_index is None else finding.first_index
    last = -1 if finding.last_index is None else finding.last_index
    return -SEVERITIES.index(finding.severity), -_get_stake(timeline, finding), first, last


def _get_stake(timeline: TimelineData, finding: Finding) -> float:
    """Return what is at stake; an old event counts half."""
    return round(finding.stake * (1 + 1 / (1 + _get_age(timeline, finding))) / 2, 9)


def _get_age(timeline: TimelineData, finding: Finding) -> float:
    """Return the years since the last changeset of a finding."""
    if finding.first_index is None or finding.last_index is None:
        return 0.0
    _, end = _get_times(timeline, finding.first_index, finding.last_index)
    return max(0.0, (timeline.now.timestamp() - end) / _YEAR_SECONDS)
