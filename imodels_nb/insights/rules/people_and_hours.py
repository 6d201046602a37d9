"""Rules about people and their working hours. People are never ranked."""

from collections.abc import Iterable

import numpy as np

from imodels_nb._format import format_count
from imodels_nb.insights.rule import Finding, Rule, summarize
from imodels_nb.insights.statistics import Bools, Ints, find_true_runs
from imodels_nb.insights.timeline import DAY_SECONDS, TimelineData

MIN_CONCENTRATION_SHARE = 0.8  # share of the pushes by hand
RECENT_DAYS = 90
MIN_RECENT_PUSHES = 20
_CONCENTRATION_THRESHOLD = (
    f"one account made at least {MIN_CONCENTRATION_SHARE:.0%} of the pushes by hand of the last {RECENT_DAYS} days, "
    f"which are at least {MIN_RECENT_PUSHES}"
)

MORNING_HOUR = 6
EVENING_HOUR = 20
MIN_OFF_HOUR_PUSHES = 10  # pushes in a week
MIN_OFF_HOUR_DEVIATIONS = 5.0  # standard deviations above the usual share
MIN_OFF_HOUR_RATIO = 3.0  # ratio to the usual share
_OFF_HOURS_THRESHOLD = (
    f"at least {MIN_OFF_HOUR_PUSHES} pushes by hand in a week before {MORNING_HOUR}:00, from {EVENING_HOUR}:00 or on a "
    f"weekend, and {MIN_OFF_HOUR_RATIO:g} times the usual share"
)
_SATURDAY = 5  # days after Monday
_MAX_WEEKS = 20_000


def _find_concentration(timeline: TimelineData) -> Iterable[Finding]:
    positions = timeline.manual_pushes
    if not len(positions):
        return
    positions = positions[timeline.second[positions] >= timeline.second[positions].max() - RECENT_DAYS * DAY_SECONDS]
    creator = timeline.creator[positions]
    known = creator[creator >= 0]
    if len(known) < MIN_RECENT_PUSHES:
        return
    count = np.bincount(known)
    most = int(np.argmax(count))
    if count[most] < MIN_CONCENTRATION_SHARE * len(positions):
        return
    yield Finding(
        severity="info",
        sentence=(
            f"One account, {timeline.format_account(most)}, made {count[most]:,} of the "
            f"{format_count(len(positions), 'push', 'pushes')} by hand in the last {RECENT_DAYS} days."
        ),
        first_index=int(timeline.index[positions.min()]),
        last_index=int(timeline.index[positions.max()]),
        changesets=int(count[most]),
    )


def _find_off_hours(timeline: TimelineData) -> Iterable[Finding]:
    positions = timeline.manual_pushes
    if not len(positions):
        return ()
    week = timeline.week[positions]
    is_off = _is_off_hour(timeline, positions)
    usual = float(is_off.mean())
    start = int(week.min())
    weeks = int(week.max() - start + 1)
    if not 0 < usual < 1 / 2 or weeks > _MAX_WEEKS:
        return ()
    pushes = np.bincount(week - start, minlength=weeks)
    late = np.bincount(week - start, weights=is_off, minlength=weeks)
    is_above = late - usual * pushes > MIN_OFF_HOUR_DEVIATIONS * np.sqrt(pushes * usual * (1 - usual))
    is_many = (late >= MIN_OFF_HOUR_PUSHES) & (
        late > MIN_OFF_HOUR_RATIO * usual * np.maximum(pushes, np.median(pushes))
    )
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
    weekday = timeline.weekday[positions]
    return np.asarray((hour < MORNING_HOUR) | (hour >= EVENING_HOUR) | (weekday >= _SATURDAY))


def _build_off_hours(timeline: TimelineData, positions: Ints, usual: float, weeks: int) -> Finding:
    first = int(positions.min())
    last = int(positions.max())
    return Finding(
        severity="info",
        sentence=(
            f"In {format_count(weeks, 'week')} from {timeline.format_day(first)} on, people pushed "
            f"{format_count(len(positions), 'time')} at night or on weekends ({timeline.zone.key}). Usually these are "
            f"{usual:.1%} of the pushes."
        ),
        first_index=int(timeline.index[first]),
        last_index=int(timeline.index[last]),
        changesets=len(positions),
    )


RULES = (
    Rule(
        "concentration",
        _find_concentration,
        looks_for="An iModel whose pushes by hand depend on one account.",
        method="A push by hand belongs to no group. The 90 days end at the last such push.",
        threshold=_CONCENTRATION_THRESHOLD,
        why="While this account is away, the work stands still.",
        advice="Check that a second person knows this part and has the permission to continue it.",
    ),
    Rule(
        "off hours",
        _find_off_hours,
        looks_for="Weeks with far more pushes by hand at night and on weekends than usual.",
        method=(
            "The usual share is that of all weeks. A week is so far above it that chance hardly explains it: by "
            f"{MIN_OFF_HOUR_DEVIATIONS:g} standard deviations of the binomial distribution. If a week has fewer pushes "
            "than usual, the share is that of a usual week. If most pushes are at such hours, people work in another "
            "time zone, and there is no finding."
        ),
        threshold=_OFF_HOURS_THRESHOLD,
        why="Such hours show that the plan has no time left. Tired people also make more mistakes.",
        advice="Check which milestone was near, and whether the plan left time for it.",
    ),
)
