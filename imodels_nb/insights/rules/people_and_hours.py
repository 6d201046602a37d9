"""Rules about people and their working hours. People are never ranked."""

from collections.abc import Iterable

import numpy as np

from imodels_nb._format import format_count
from imodels_nb.insights.rule import Finding, Rule, summarize
from imodels_nb.insights.statistics import Bools, Floats, Ints, find_true_runs
from imodels_nb.insights.timeline import DAY_SECONDS, TimelineData

MAX_CHANCE = 0.001
MIN_PUSHES = 5
MAX_PUSHES_BETWEEN = 8
MAX_SHARE_RATIO = 4.0

MIN_SHARE = 0.8
DAYS = 90
MIN_RECENT_PUSHES = 20

MORNING_HOUR = 6
EVENING_HOUR = 20
MIN_OFF_HOUR_PUSHES = 10
MIN_DEVIATIONS = 5.0
MIN_RATIO = 3.0
_MONDAY = 4  # days from 1970-01-01 to the first Monday
_SATURDAY = 5  # days after Monday
_MAX_WEEKS = 20_000


def _find_hand_overs(timeline: TimelineData) -> Iterable[Finding]:
    positions = timeline.manual_pushes
    creator = timeline.creator[positions]
    positions = positions[creator >= 0]
    creator = creator[creator >= 0].astype(np.int64)
    if len(positions) < 2 * MIN_PUSHES:
        return ()
    count = np.bincount(creator)
    first = np.zeros(len(count), dtype=np.int64)
    last = np.zeros(len(count), dtype=np.int64)
    first[creator[::-1]] = np.arange(len(positions))[::-1]
    last[creator] = np.arange(len(positions))
    share = count / (last - first + 1)
    leavers = np.flatnonzero((count >= MIN_PUSHES) & _is_silent(share, len(positions) - 1 - last))
    starters = np.flatnonzero((count >= MIN_PUSHES) & _is_silent(share, first))
    hand_overs = [
        _build_hand_over(timeline, positions, (int(leaver), int(last[leaver])), (first, share), starters)
        for leaver in leavers
    ]
    return summarize(
        [finding for finding in hand_overs if finding],
        lambda findings: f"{format_count(len(findings), 'person', 'people')} handed over their work.",
    )


def _is_silent(share: Floats, pushes: Ints) -> Bools:
    """Return whether it is more than chance that people made none of the pushes."""
    return np.asarray((1 - np.minimum(share, 0.99)) ** pushes < MAX_CHANCE)


def _build_hand_over(
    timeline: TimelineData,
    positions: Ints,
    leaver: tuple[int, int],
    others: tuple[Ints, Floats],
    starters: Ints,
) -> Finding | None:
    person, last = leaver
    first, share = others
    max_distance = MAX_PUSHES_BETWEEN / np.minimum(share[person], share[starters])
    ratio = np.maximum(share[person] / share[starters], share[starters] / share[person])
    is_near = np.abs(first[starters] - last) <= max_distance
    successors = starters[is_near & (ratio <= MAX_SHARE_RATIO) & (starters != person)]
    if not len(successors):
        return None
    successor = int(successors[np.argmin(np.abs(first[successors] - last))])
    last_push = int(positions[last])
    first_push = int(positions[first[successor]])
    ends = sorted((int(timeline.index[last_push]), int(timeline.index[first_push])))
    return Finding(
        severity="notice",
        sentence=(
            f"{timeline.format_author(person)} pushed for the last time on {timeline.format_date(last_push)}, and "
            f"{timeline.format_author(successor)} for the first time on {timeline.format_date(first_push)}. This looks "
            "like a hand-over."
        ),
        first_index=ends[0],
        last_index=ends[1],
        changesets=timeline.count_in_range(*ends),
        threshold=(
            f"one person stops and another starts within {MAX_PUSHES_BETWEEN} of their usual pushes; both are silent "
            f"otherwise for so long that the chance is less than {MAX_CHANCE:.1%}"
        ),
        advice="Check that the briefcases and locks of the first person are released, and that their part is known.",
    )


def _find_concentration(timeline: TimelineData) -> Iterable[Finding]:
    positions = timeline.manual_pushes
    if not len(positions):
        return
    positions = positions[timeline.second[positions] >= timeline.second[positions].max() - DAYS * DAY_SECONDS]
    creator = timeline.creator[positions]
    known = creator[creator >= 0]
    if len(known) < MIN_RECENT_PUSHES:
        return
    count = np.bincount(known)
    most = int(np.argmax(count))
    if count[most] < MIN_SHARE * len(positions):
        return
    yield Finding(
        severity="info",
        sentence=(
            f"One account, {timeline.format_author(most)}, made {count[most]:,} of the "
            f"{format_count(len(positions), 'push', 'pushes')} by hand in the last {DAYS} days."
        ),
        first_index=int(timeline.index[positions.min()]),
        last_index=int(timeline.index[positions.max()]),
        changesets=int(count[most]),
        threshold=f"{MIN_SHARE:.0%} of at least {MIN_RECENT_PUSHES} pushes that belong to no group, in {DAYS} days",
        advice="Check that a second person knows this part and has the permission to continue it.",
    )


def _find_off_hours(timeline: TimelineData) -> Iterable[Finding]:
    positions = timeline.manual_pushes
    if not len(positions):
        return ()
    week = (timeline.day[positions] - _MONDAY) // 7
    is_off = _is_off_hour(timeline, positions)
    usual = float(is_off.mean())
    start = int(week.min())
    weeks = int(week.max() - start + 1)
    if not 0 < usual < 1 / 2 or weeks > _MAX_WEEKS:
        return ()
    pushes = np.bincount(week - start, minlength=weeks)
    late = np.bincount(week - start, weights=is_off, minlength=weeks)
    is_above = late - usual * pushes > MIN_DEVIATIONS * np.sqrt(pushes * usual * (1 - usual))
    is_many = (late >= MIN_OFF_HOUR_PUSHES) & (late > MIN_RATIO * usual * np.maximum(pushes, np.median(pushes)))
    return summarize(
        [
            _build_off_hours(
                timeline, positions[(week >= start + first) & (week < start + end) & is_off], usual, end - first
            )
            for first, end in find_true_runs(is_above & is_many).tolist()
        ],
        lambda findings: f"In {format_count(len(findings), 'period')} people pushed at night and on weekends.",
    )


def _is_off_hour(timeline: TimelineData, positions: Ints) -> Bools:
    hour = timeline.local_second[positions] % DAY_SECONDS // 3600
    weekday = (timeline.day[positions] - _MONDAY) % 7
    return np.asarray((hour < MORNING_HOUR) | (hour >= EVENING_HOUR) | (weekday >= _SATURDAY))


def _build_off_hours(timeline: TimelineData, positions: Ints, usual: float, weeks: int) -> Finding:
    first = int(positions.min())
    last = int(positions.max())
    return Finding(
        severity="info",
        sentence=(
            f"In {format_count(weeks, 'week')} from {timeline.format_date(first)} on, people pushed "
            f"{format_count(len(positions), 'time')} at night or on weekends ({timeline.zone.key}). Usually these are "
            f"{usual:.1%} of the pushes."
        ),
        first_index=int(timeline.index[first]),
        last_index=int(timeline.index[last]),
        changesets=len(positions),
        threshold=(
            f"before {MORNING_HOUR}:00, from {EVENING_HOUR}:00 or on Saturday and Sunday: at least "
            f"{MIN_OFF_HOUR_PUSHES} pushes by hand a week, {MIN_RATIO:g} times the usual share, and {MIN_DEVIATIONS:g} "
            "standard deviations above it"
        ),
        advice="Check which milestone was near, and whether the plan left time for it.",
    )


RULES = (
    Rule(
        "hand-over",
        _find_hand_overs,
        looks_for="A person who stops at about the time when another starts.",
        method=(
            "Time is counted in pushes by hand, so holidays do not matter. A person who makes a share a of "
            "them is silent for the next n with a chance of (1 - a) to the power of n. The same holds before "
            "a person's first push."
        ),
    ),
    Rule(
        "concentration",
        _find_concentration,
        looks_for="An iModel whose pushes by hand depend on one account.",
        method="Four fifths of at least 20 pushes by hand in the last 90 days are from one account.",
    ),
    Rule(
        "off hours",
        _find_off_hours,
        looks_for="Weeks with far more pushes by hand at night and on weekends than usual.",
        method=(
            "The usual share is that of all weeks. A week counts if it has five standard deviations of the "
            "binomial distribution more, and three times the share, of its own pushes and of those of a usual "
            "week. If most pushes are at such hours, people work in another time zone, and there is no "
            "finding."
        ),
    ),
)
