"""Rules about the rhythm of all pushes: silences, fading, and days with very many."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from imodels_nb._format import format_count
from imodels_nb.insights.pauses import PAUSE_METHOD, PAUSE_THRESHOLD, Pause, find_pauses
from imodels_nb.insights.rule import Finding, Rule, join_words
from imodels_nb.insights.statistics import Floats, Ints, find_true_runs, slide_quantiles
from imodels_nb.insights.timeline import DAY_SECONDS, YEAR_DAYS, TimelineData

MAX_NAMED = 3  # events in a sentence

RECENT_WEEKS = 13
EARLIER_WEEKS = 26
MAX_FADE_SHARE = 0.25  # share of the pushes of a usual week before
MIN_PUSHES_A_WEEK = 8  # pushes in a usual week before
MIN_ACTIVE_FADE_SHARE = 0.5  # share of the weeks of a drop; a drop without pushes is a silence
QUIET_WEEKS = 52  # weeks of a drop; after them, no week needs pushes
MIN_PUSHES_A_YEAR = 100
MAX_FADE_YEAR_SHARE = 0.12  # share of the pushes of the busiest year
_MAX_WEEKS = 20_000
_FADE_THRESHOLD = (
    f"a usual week has at most {MAX_FADE_SHARE:.0%} of the pushes of a usual week of the half year before. Or the last "
    f"year has at most {MAX_FADE_YEAR_SHARE:.0%} of the pushes of the busiest year"
)
_FADE_ADVICE = (
    "Ask whether the project ends, moved to another iModel, or lost a job or people. Then close it, or plan its work."
)

MIN_BULK_PUSHES = 40  # pushes on a day
MIN_BULK_RATIO = 4  # ratio to a busy day of that time
MIN_NEIGHBOR_RATIO = 2  # ratio of the day before or after to a busy day
MIN_ACTIVE_DAYS = 20  # days with pushes within half a year before and after
HALF_YEAR = 183  # days
REPLAYED_SHARE = 0.8  # share of the pushes that have the second of the push before
_WEEK = 7  # days
_MAX_DAYS = 150_000
_MAX_CANDIDATES = 200  # days
_BULK_THRESHOLD = (
    f"at least {MIN_BULK_PUSHES} pushes on a day, and {MIN_BULK_RATIO} times as many as on a busy day of that time"
)
_BULK_ADVICE = "Find out what came in, and publish a named version after it, so that there is a point to return to."

_SILENCE_ADVICE = (
    "Find out whether the work rested or went on elsewhere. Check that copies from before the pause are up to date."
)


def _find_silence(timeline: TimelineData) -> Iterable[Finding]:
    order = timeline.time_order
    pauses = find_pauses(timeline.sorted_second)
    if not pauses:
        return
    pauses.sort(key=lambda pause: -pause.days)
    ranges = [_get_range(timeline, order, pause) for pause in pauses]
    longest = pauses[0]
    yield Finding(
        severity="notice",
        sentence=_describe_silence(timeline, order, longest) + _describe_others(timeline, order, pauses[1:]),
        first_index=ranges[0][0],
        last_index=ranges[0][1],
        changesets=timeline.count_in_range(*ranges[0]),
        statistic=(
            f"{longest.days:.0f} days, {longest.days / max(longest.before, 1):.1f} times the longest of the gaps "
            f"before; {format_count(len(pauses), 'unusual pause')} in all"
        ),
        evidence=tuple(ranges),
        stake=min(1.0, 0.5 + sum(pause.days for pause in pauses) / (2 * YEAR_DAYS)),
    )


def _get_range(timeline: TimelineData, order: Ints, pause: Pause) -> tuple[int, int]:
    around = timeline.index[order[pause.last : pause.last + 2]]
    return int(around.min()), int(around.max())


def _describe_silence(timeline: TimelineData, order: Ints, pause: Pause) -> str:
    since = timeline.format_day(int(order[pause.last]))
    before = f"The longest pause until then was {format_count(max(round(pause.before), 1), 'day')}."
    first = int(order[pause.last + 1])
    how = "by hand" if timeline.is_manual[first] else "of a synchronization run"
    return (
        f"From {since} to {timeline.format_day(first)} there was no push for {pause.days:.0f} days. {before} A push "
        f"{how} by {timeline.format_account(timeline.creator[first])} ended this one."
    )


def _describe_others(timeline: TimelineData, order: Ints, pauses: list[Pause]) -> str:
    if not pauses:
        return ""
    named = [f"{pause.days:.0f} days after {timeline.format_day(int(order[pause.last]))}" for pause in pauses]
    there_were = "There was 1 more unusual pause" if len(named) == 1 else f"There were {len(named)} more unusual pauses"
    return f" {there_were}{': ' if len(named) < MAX_NAMED else ', the longest '}{join_words(named[: MAX_NAMED - 1])}."


class Fade(NamedTuple):
    """A lasting drop of the pushes; weeks are counted from the first."""

    week: int
    before: float
    after: float
    end: int
    is_over: bool


def _find_fade_out(timeline: TimelineData) -> Iterable[Finding]:
    week = timeline.week
    start = int(week.min())
    if not RECENT_WEEKS + EARLIER_WEEKS < int(week.max()) - start <= _MAX_WEEKS:
        return
    weekly = np.bincount(week - start)[:-1].astype(np.float64)  # the last week is not over
    fades = _list_fades(weekly)
    if fades:
        yield _build_fade_out(timeline, week - start, fades[-1])  # the latest is most at stake
    if not fades or fades[-1].is_over:
        yield from _find_decline(timeline)


def _list_fades(weekly: Floats) -> list[Fade]:
    shares = (0.25, 0.5, 0.75)
    before = slide_quantiles(weekly, EARLIER_WEEKS, shares)[:, :-RECENT_WEEKS]
    after = slide_quantiles(weekly, RECENT_WEEKS, shares)[:, EARLIER_WEEKS:]
    is_faded = (before[1] >= MIN_PUSHES_A_WEEK) & (after[1] <= MAX_FADE_SHARE * before[1]) & (after[2] < before[0])
    quarters = np.convolve(weekly, np.ones(RECENT_WEEKS) / RECENT_WEEKS, "valid")
    halves = np.convolve(weekly, np.ones(EARLIER_WEEKS) / EARLIER_WEEKS, "valid")
    drop = halves[:-RECENT_WEEKS] - quarters[EARLIER_WEEKS:]
    fades = []
    for first, last in find_true_runs(is_faded).tolist():
        turn = first + int(np.argmax(drop[first:last]))
        week = turn + EARLIER_WEEKS
        back = np.flatnonzero(quarters[week:] >= before[1][turn] / 2)
        end = week + int(back[0]) if len(back) else len(weekly) + 1
        if end == week:  # a burst lifts the mean, so nothing faded
            continue
        active = float(np.mean(weekly[week:end] > 0))  # without pushes it is a silence
        is_lasting = end - week > EARLIER_WEEKS or not len(back)
        is_quiet = not len(back) and end - week >= QUIET_WEEKS
        if is_quiet or (is_lasting and active >= MIN_ACTIVE_FADE_SHARE):
            fades.append(Fade(week, float(before[1][turn]), float(after[1][turn]), end, bool(len(back))))
    return fades


def _build_fade_out(timeline: TimelineData, week: Ints, fade: Fade) -> Finding:
    order = timeline.time_order
    rows = order[(week[order] >= fade.week) & (week[order] < fade.end)]
    last = int(order[week[order] < fade.week][-1])
    index = timeline.index[np.append(last, rows)]
    weeks = fade.end - fade.week
    is_recent = not fade.is_over and timeline.now.timestamp() - timeline.second[last] < 2 * YEAR_DAYS * DAY_SECONDS
    after = (
        f"Half of them came back after {format_count(weeks, 'week')}." if fade.is_over else "They have not come back."
    )
    return Finding(
        severity="warning" if is_recent else "notice",
        sentence=(
            f"After {timeline.format_day(last)} the pushes faded: {format_count(len(rows), 'push', 'pushes')} in "
            f"{format_count(weeks, 'week')}, while a usual week of the half year before had {fade.before:,.0f}. {after}"
        ),
        first_index=int(index.min()),
        last_index=int(index.max()),
        changesets=timeline.count_in_range(int(index.min()), int(index.max())),
        statistic=f"median week {fade.after:g} after {fade.before:g}, a ratio of {fade.after / fade.before:.2f}",
        stake=0.6 if fade.is_over else 0.9,
    )


def _find_decline(timeline: TimelineData) -> Iterable[Finding]:
    """Yield a finding if the last year has few pushes beside the busiest."""
    order = timeline.time_order
    second = timeline.sorted_second
    year = YEAR_DAYS * DAY_SECONDS
    until = np.searchsorted(second, second + year, side="right")
    pushes = until - np.arange(len(second))
    busiest = int(np.argmax(pushes))
    recent = len(second) - int(np.searchsorted(second, second[-1] - year, side="right"))
    if pushes[busiest] < MIN_PUSHES_A_YEAR or recent > MAX_FADE_YEAR_SHARE * pushes[busiest]:
        return
    last = int(until[busiest]) - 1
    index = timeline.index[order[last:]]
    yield Finding(
        severity="notice",
        sentence=(
            f"The pushes faded over the years: {recent:,} in the year before the last push, after {pushes[busiest]:,} "
            f"in the busiest year, which ended on {timeline.format_day(int(order[last]))}."
        ),
        first_index=int(index.min()),
        last_index=int(index.max()),
        changesets=timeline.count_in_range(int(index.min()), int(index.max())),
        statistic=f"{recent / pushes[busiest]:.0%} of the busiest year",
        stake=0.7,
    )


def _find_bulk_days(timeline: TimelineData) -> Iterable[Finding]:
    start = int(timeline.day.min())
    if int(timeline.day.max()) - start > _MAX_DAYS:
        return
    events = _list_bulk_events(np.bincount(timeline.day - start))
    found = sorted((_build_bulk(timeline, start + event) for event in events), key=lambda finding: -finding.changesets)
    if len(found) > 1:
        ends = tuple((finding.first_index or 0, finding.last_index or 0) for finding in found)
        named = [
            f"{finding.changesets:,} on {timeline.format_day(int(np.searchsorted(timeline.index, first)))}"
            for finding, (first, _) in zip(found, ends, strict=True)
        ]
        more = "There was 1 more such time" if len(found) == 2 else f"There were {len(found) - 1} more such times"  # noqa: PLR2004
        found[0] = found[0]._replace(
            sentence=f"{found[0].sentence} {more}{': ' if len(found) <= MAX_NAMED else ', the largest '}"
            f"{join_words(named[1:MAX_NAMED])}.",
            evidence=ends,
        )
    yield from found[:1]


def _list_bulk_events(daily: Ints) -> list[Ints]:
    """Return the days with far more pushes than others, by event."""
    total = np.append(0, np.cumsum(daily))
    days = np.arange(len(daily))
    around = total[np.minimum(days + HALF_YEAR + 1, len(daily))] - total[np.maximum(days - HALF_YEAR, 0)]
    busy = np.flatnonzero(daily >= MIN_BULK_PUSHES)
    busy = busy[np.argsort(-daily[busy] / around[busy], kind="stable")[:_MAX_CANDIDATES]]
    is_event = np.zeros(len(daily), dtype=np.bool_)
    for day in busy.tolist():
        usual = _compute_busy_day(daily, day)
        if daily[day] >= MIN_BULK_RATIO * usual:
            first, last = max(day - _WEEK, 0), day + _WEEK + 1
            near = find_true_runs(daily[first:last] >= MIN_NEIGHBOR_RATIO * usual) + first
            is_event[slice(*near[(near[:, 0] <= day) & (day < near[:, 1])][0])] = True
    return [np.arange(first, end) for first, end in find_true_runs(is_event).tolist()]


def _compute_busy_day(daily: Ints, day: int) -> float:
    """Return the 95th percentile of the days around, infinity for too few."""
    others = np.append(
        daily[max(day - HALF_YEAR, 0) : max(day - _WEEK, 0)], daily[day + _WEEK + 1 : day + HALF_YEAR + 1]
    )
    others = others[others > 0]
    return float(np.quantile(others, 0.95)) if len(others) >= MIN_ACTIVE_DAYS else np.inf


def _build_bulk(timeline: TimelineData, days: Ints) -> Finding:
    order = timeline.time_order
    rows = order[np.isin(timeline.day[order], days)]
    gaps = np.diff(timeline.second[rows])
    share = float(np.mean(gaps == 0))
    is_replayed = share >= REPLAYED_SHARE
    people = format_count(len(np.unique(timeline.creator[rows])), "account")
    pushes = format_count(len(rows), "push", "pushes")
    when = timeline.format_day(int(rows[0]))
    on = f"On {when}" if len(days) == 1 else f"From {when} to {timeline.format_day(int(rows[-1]))}"
    how = (
        f"came in by {people}, {share:.0%} of them in the same second as the one before: they were replayed from "
        "elsewhere"
        if is_replayed
        else f"came in by {people}"
    )
    index = timeline.index[rows]
    return Finding(
        severity="notice",
        sentence=f"{on} {pushes} {how}. A busy day of that time has {_describe_busy(timeline, days)}.",
        first_index=int(index.min()),
        last_index=int(index.max()),
        changesets=len(rows),
        statistic=f"{len(rows)} pushes on {format_count(len(days), 'day')}; {share:.0%} of the gaps are 0 seconds",
        stake=min(1.0, 0.4 + len(rows) / len(timeline)),
    )


def _describe_busy(timeline: TimelineData, days: Ints) -> str:
    start = int(timeline.day.min())
    daily = np.bincount(timeline.day - start)
    return f"{_compute_busy_day(daily, int(days[np.argmax(daily[days - start])] - start)):,.0f}"


RULES = (
    Rule(
        "silence",
        _find_silence,
        looks_for="Times without any push that are far longer than all before.",
        threshold=PAUSE_THRESHOLD,
        why=(
            "A pause looks the same whether the model was finished or forgotten. What was decided meanwhile is not in "
            "it."
        ),
        advice=_SILENCE_ADVICE,
        method=(
            "A pause is compared with the pauses before it, since there is no usual length of pauses. "
            f"{PAUSE_METHOD} A pause that lasts until now does not count yet."
        ),
        explains=("stalled synchronization", "ended job", "milestone overdue"),
    ),
    Rule(
        "fade-out",
        _find_fade_out,
        looks_for="A lasting drop of the pushes a week.",
        threshold=_FADE_THRESHOLD,
        why="The people or jobs that made the model stop, often without notice. Open work may be left behind.",
        advice=_FADE_ADVICE,
        method=(
            f"A usual week is the median of {RECENT_WEEKS} weeks, and of {EARLIER_WEEKS} weeks before, so single busy "
            f"days and holidays do not matter. Before the drop, a usual week has at least {MIN_PUSHES_A_WEEK} pushes. "
            "Three quarters of the weeks after it have fewer pushes than three quarters of the weeks before. The drop "
            f"ends when half of the pushes are back. It lasts longer than {EARLIER_WEEKS} weeks, or until now. At "
            f"least {MIN_ACTIVE_FADE_SHARE:.0%} of its weeks have pushes; without pushes it is a silence. This is not "
            f"needed if it has lasted for {QUIET_WEEKS} weeks until now. The busiest year has at least "
            f"{MIN_PUSHES_A_YEAR} pushes."
        ),
        explains=("storage pace", "milestone overdue"),
    ),
    Rule(
        "bulk day",
        _find_bulk_days,
        looks_for="Days with far more pushes than all others of that time.",
        threshold=_BULK_THRESHOLD,
        why=(
            "So many pushes at once are an import, a replay or a repair. Everyone who opens an older copy applies all "
            "of them, and accounts and times may be those of the import."
        ),
        advice=_BULK_ADVICE,
        method=(
            "A busy day has more pushes than 95% of the days with pushes in the half year before and after, without "
            f"the {_WEEK} days next to it. At least {MIN_ACTIVE_DAYS} such days are needed. The days beside it belong "
            f"to the same finding if they have {MIN_NEIGHBOR_RATIO} times as many pushes as a busy day. Pushes were "
            f"replayed if at least {REPLAYED_SHARE:.0%} of them are dated in the same second as the push before."
        ),
        explains=("contention", "schema storm", "milestone contents", "off hours"),
    ),
)
