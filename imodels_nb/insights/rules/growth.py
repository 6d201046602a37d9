"""Rules about the growth of an iModel: its pace, and when it reaches a limit."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from imodels_nb._format import format_bytes, format_count, format_ratio
from imodels_nb.insights.rule import Finding, Rule
from imodels_nb.insights.statistics import Bools, Floats, Ints, slide_quantiles
from imodels_nb.insights.timeline import DAY_SECONDS, YEAR_DAYS, TimelineData, format_day

WINDOWS = {26: 8, 8: 20}
"""Weeks before and after a change of pace, and the pushes that a median week of both needs."""

MIN_CHANGE = 4.0  # ratio of bytes a week
MIN_SEEN_CHANGE = 2.5  # the same ratio if large files count with all their bytes
CAP_PERCENTILE = 90  # percentile of the sizes; a larger file counts with this size
SAME_PUSHES = 1.5  # largest ratio of pushes a week that is no change
MIN_ACTIVE_SHARE = 0.9  # share of the weeks
_MAX_WEEKS = 20_000
_PACE_THRESHOLD = (
    f"from one week on, a usual week has {MIN_CHANGE:g} times as many bytes as before, or a quarter as many"
)
_FASTER_ADVICE = (
    "Find the job or the pushes that started then. Check that storage and the time to open are planned for it."
)
_SLOWER_ADVICE = "Check whether there is less work, or a job no longer runs."

LIMIT_WEEKS = 26
MAX_SPREAD = 4.0  # ratio of the quartiles of the weeks
_MAX_YEARS = 20
_LIMIT_THRESHOLD = (
    f"steady growth for {LIMIT_WEEKS} weeks that reaches the limit within {_MAX_YEARS} years. Or the limit is reached "
    "already"
)
_LIMIT_ADVICE = "Plan more storage, or a new iModel with the current state as its baseline, before that date."


class PaceChange(NamedTuple):
    """A week from which on the pace is different, with medians of a week."""

    week: int
    weeks: int
    size: tuple[float, float]
    pushes: tuple[float, float]
    change: float


def _find_storage_pace(timeline: TimelineData) -> Iterable[Finding]:
    positions = np.flatnonzero(timeline.is_uploaded)
    if not len(positions):
        return
    week = timeline.week[positions]
    start = int(week.min())
    if int(week.max()) - start >= _MAX_WEEKS:
        return
    weekly = _sum_weeks(week - start, timeline.size[positions])
    pace_changes = [found for weeks in WINDOWS for found in _find_pace_changes(*weekly, weeks)]
    for direction in (1, -1):
        pace_change = next((found for found in pace_changes if np.sign(found.change) == direction), None)
        if pace_change:
            since = positions[
                (week - start >= pace_change.week) & (week - start < pace_change.week + pace_change.weeks)
            ]
            yield _build_storage_pace(timeline, since, pace_change)


def _sum_weeks(week: Ints, size: Ints) -> tuple[Floats, Floats, Floats]:
    """Return the bytes of each week with large files cut, the bytes, and the pushes."""
    cap = np.percentile(size, CAP_PERCENTILE)
    capped = np.bincount(week, weights=np.minimum(size, cap))
    whole = np.bincount(week, weights=size)
    return capped.astype(np.float64), whole.astype(np.float64), np.bincount(week).astype(np.float64)


def _find_pace_changes(capped: Floats, whole: Floats, pushes: Floats, weeks: int) -> Iterable[PaceChange]:
    """Yield the strongest change to a faster pace and that to a slower one."""
    if len(pushes) < 2 * weeks:
        return
    before, after = _pair_weeks(slide_quantiles(capped, weeks, (0.5,))[0], weeks)
    seen = _pair_weeks(slide_quantiles(whole, weeks, (0.5,))[0], weeks)
    usual_pushes = _pair_weeks(slide_quantiles(pushes, weeks, (0.5,))[0], weeks)
    is_known = np.minimum(*usual_pushes) >= WINDOWS[weeks]
    active = _pair_weeks(np.convolve(pushes > 0, np.ones(weeks) / weeks, "valid"), weeks)
    is_known &= np.minimum(*active) >= MIN_ACTIVE_SHARE
    change = np.where(is_known & _is_apart(capped, weeks), _compute_log_change(before, after), 0.0)
    change[np.abs(_compute_log_change(*seen)) < np.log(MIN_SEEN_CHANGE)] = 0
    for direction in (1, -1):
        strength = float(np.max(direction * change))
        if strength < np.log(MIN_CHANGE):
            continue
        strongest = np.flatnonzero(direction * change >= strength - 1e-9)
        position = int(strongest[len(strongest) // 2])
        sizes = (float(seen[0][position]), float(seen[1][position]))
        yield PaceChange(
            position + weeks,
            weeks,
            sizes,
            (float(usual_pushes[0][position]), float(usual_pushes[1][position])),
            float(change[position]),
        )


def _pair_weeks(medians: Floats, weeks: int) -> tuple[Floats, Floats]:
    """Return the values before and after each possible change of pace."""
    return medians[:-weeks], medians[weeks:]


def _is_apart(weekly: Floats, weeks: int) -> Bools:
    """Return the weeks where most weeks before are smaller, or larger, than after."""
    low, high = slide_quantiles(weekly, weeks, (0.25, 0.75))
    low_before, low_after = _pair_weeks(low, weeks)
    high_before, high_after = _pair_weeks(high, weeks)
    return np.asarray((low_after > high_before) | (high_after < low_before))


def _compute_log_change(before: Floats, after: Floats) -> Floats:
    """Compute the logarithm of the change, 0 where one of both is empty."""
    is_known = (before > 0) & (after > 0)
    return np.log(np.where(is_known, after, 1.0) / np.where(is_known, before, 1.0))


def _build_storage_pace(timeline: TimelineData, since: Ints, pace_change: PaceChange) -> Finding:
    before, after = pace_change.size
    is_faster = after > before
    change = format_ratio(after / before if is_faster else before / after)
    return Finding(
        severity="notice" if is_faster else "info",
        sentence=(
            f"From {timeline.format_day(int(since[0]))} on, the iModel grew {change} "
            f"{'faster' if is_faster else 'more slowly'}: {format_bytes(round(after))} in a usual week, after "
            f"{format_bytes(round(before))}. {_describe_pushes(pace_change)}"
        ),
        first_index=int(timeline.index[since.min()]),
        last_index=int(timeline.index[since.max()]),
        changesets=len(since),
        advice=_FASTER_ADVICE if is_faster else _SLOWER_ADVICE,
        statistic=(
            f"median of {pace_change.weeks} weeks against the {pace_change.weeks} before; with large files cut, a "
            f"ratio of {np.exp(pace_change.change):.2g}"
        ),
        stake=0.7 if is_faster else 0.3,
    )


def _describe_pushes(pace_change: PaceChange) -> str:
    before, after = pace_change.pushes
    if max(before, after) <= SAME_PUSHES * min(before, after):
        return f"The pushes stayed alike, {after:,.0f} a week after {before:,.0f}: the files changed."
    return f"The pushes changed, too: {after:,.0f} a week after {before:,.0f}."


def _find_storage_limit(timeline: TimelineData) -> Iterable[Finding]:
    limit = timeline.storage_limit
    uploaded = np.flatnonzero(timeline.is_uploaded)
    if limit is None or not len(uploaded):
        return
    total = int(timeline.size[uploaded].sum())
    if total >= limit:
        position = int(uploaded[np.argmax(np.cumsum(timeline.size[uploaded]) >= limit)])
        reached = f"The files reached {format_bytes(limit)} on {timeline.format_day(position)}. Now they have"
        yield _build_limit(timeline, position, f"{reached} {format_bytes(total)}.", 1.0)
        return
    latest = int(timeline.second[uploaded].max())
    week = (latest - timeline.second[uploaded]) // (7 * DAY_SECONDS)
    recent = uploaded[week < LIMIT_WEEKS]
    weekly = np.bincount(week[week < LIMIT_WEEKS], weights=timeline.size[recent], minlength=LIMIT_WEEKS)
    low, high = np.quantile(weekly, (0.25, 0.75))
    weeks_left = (limit - total) / max(float(weekly.mean()), 1e-9)
    if int(week.max()) < LIMIT_WEEKS or high > MAX_SPREAD * low or weeks_left * 7 > _MAX_YEARS * YEAR_DAYS:
        return
    date = format_day((latest + int(weeks_left * 7 * DAY_SECONDS)) // DAY_SECONDS)
    pace = (
        f"The files grow steadily by {format_bytes(round(float(weekly.mean())))} a week and have {format_bytes(total)}."
    )
    sentence = f"{pace} At this pace they reach {format_bytes(limit)} about {date}."
    yield _build_limit(timeline, int(recent[0]), sentence, min(1.0, 26 / max(weeks_left, 1)))


def _build_limit(timeline: TimelineData, first: int, sentence: str, stake: float) -> Finding:
    count = format_count(len(timeline) - first, "changeset")
    return Finding(
        severity="warning" if stake > 1 / 2 else "notice",
        sentence=sentence,
        first_index=int(timeline.index[first]),
        last_index=int(timeline.index[-1]),
        changesets=len(timeline) - first,
        statistic=f"mean of {LIMIT_WEEKS} weeks, {count}",
        stake=stake,
    )


RULES = (
    Rule(
        "storage pace",
        _find_storage_pace,
        looks_for="The week from which on the iModel grows at another pace.",
        threshold=_PACE_THRESHOLD,
        why="Storage, downloads and the time to open an older copy grow with it.",
        advice=f"{_FASTER_ADVICE} If it is slower: {_SLOWER_ADVICE[0].lower()}{_SLOWER_ADVICE[1:]}",
        method=(
            "A usual week is the median of half a year, or of eight weeks, and is compared with as many weeks before. "
            f"So holidays do not matter. A file counts with no more bytes than the {CAP_PERCENTILE}th percentile of "
            "all files, so that single large files do not decide. With whole files, the pace changes by a factor of "
            f"{MIN_SEEN_CHANGE:g} or more. The sentence has these bytes. Three quarters of the weeks after are above "
            f"three quarters of the weeks before, or below. A usual week has at least {WINDOWS[26]} pushes "
            f"({WINDOWS[8]} where eight weeks are compared), and {MIN_ACTIVE_SHARE:.0%} of the weeks have some. At "
            "least sixteen weeks are needed."
        ),
    ),
    Rule(
        "storage limit",
        _find_storage_limit,
        looks_for="Steady growth that reaches the limit in storage_limit.",
        threshold=_LIMIT_THRESHOLD,
        why="Without a plan, the limit is reached in the middle of the work.",
        advice=_LIMIT_ADVICE,
        method=(
            f"The mean of the last {LIMIT_WEEKS} weeks is continued. Growth is steady if the upper quartile of the "
            f"weeks is at most {MAX_SPREAD:g} times the lower one. For other growth, no date can be computed."
        ),
        requires=("storage_limit",),
        is_optional=True,
    ),
)
