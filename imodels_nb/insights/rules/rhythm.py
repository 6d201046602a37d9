"""Rhythm: weeks in which people worked at night or over the weekend, in the time zone that was given."""

from collections.abc import Iterable

import numpy as np

from imodels_nb._format import format_count
from imodels_nb.insights.evidence import DAY_S, Bools, Evidence, Ints
from imodels_nb.insights.finding import Finding, told
from imodels_nb.insights.robust import rows_in_a_row

MORNING, EVENING = 6, 20
FEWEST = 10
SCORE = 5.0
LARGER = 3.0
_MONDAY, _SATURDAY = 4, 5
_MOST_WEEKS = 20_000


def off_hours(evidence: Evidence) -> Iterable[Finding]:
    """Find weeks with far more pushes by hand at night and over the weekend than this project usually has.

    The usual share is that of all weeks; a week stands out by five standard deviations of the binomial distribution
    and three times the share, of its own pushes and of a usual week's. If most of the work is at such hours, the people
    work in another time zone, and nothing is said.
    """
    rows = evidence.by_hand
    if not len(rows):
        return ()
    week, off = (evidence.day[rows] - _MONDAY) // 7, _off(evidence, rows)
    usual = float(off.mean())
    start, span = int(week.min()), int(week.max() - week.min() + 1)
    if not 0 < usual < 1 / 2 or span > _MOST_WEEKS:
        return ()
    pushes, late = np.bincount(week - start, minlength=span), np.bincount(week - start, weights=off, minlength=span)
    above = late - usual * pushes > SCORE * np.sqrt(pushes * usual * (1 - usual))
    marked = above & (late >= FEWEST) & (late > LARGER * usual * np.maximum(pushes, np.median(pushes)))
    found = [
        _finding(evidence, rows[(week >= start + first) & (week < start + end) & off], usual, end - first)
        for first, end in rows_in_a_row(marked).tolist()
    ]
    return told(found, lambda all_: f"In {format_count(len(all_), 'period')} people pushed at night and over weekends.")


def _off(evidence: Evidence, rows: Ints) -> Bools:
    hour, weekday = evidence.local_second[rows] % DAY_S // 3600, (evidence.day[rows] - _MONDAY) % 7
    return np.asarray((hour < MORNING) | (hour >= EVENING) | (weekday >= _SATURDAY))


def _finding(evidence: Evidence, rows: Ints, usual: float, weeks: int) -> Finding:
    first, last = int(rows.min()), int(rows.max())
    return Finding(
        severity="info",
        sentence=(
            f"In {format_count(weeks, 'week')} from {evidence.date(first)} on people pushed "
            f"{format_count(len(rows), 'time')} at night or over the weekend ({evidence.zone.key}); usually "
            f"{usual:.1%} of their pushes are."
        ),
        first_index=int(evidence.index[first]),
        last_index=int(evidence.index[last]),
        changesets=len(rows),
        threshold=(
            f"before {MORNING}:00, from {EVENING}:00 or on Saturday and Sunday: at least {FEWEST} pushes by hand a "
            f"week, {LARGER:g} times the usual share, and {SCORE:g} standard deviations above it"
        ),
        advice="See which milestone was near, and whether the plan left time for it.",
    )
