"""Storage: how fast the iModel grows, and when that changed."""

from collections.abc import Iterable

import numpy as np

from imodels_nb._format import format_bytes, format_ratio
from imodels_nb.insights.evidence import Bools, Evidence, Ints
from imodels_nb.insights.finding import Finding
from imodels_nb.insights.robust import Floats

WEEKS = 8
CHANGE = 4.0
FEWEST_A_WEEK = 20
CAP = 90
_MONDAY = 4  # the first of the epoch, in days
_THRESHOLD = (
    f"the median week of {WEEKS} against that of the {WEEKS} before: {CHANGE:g} times as many bytes, or a quarter, and "
    "three weeks of four beyond three of four; "
    f"no file counts more than the {CAP}th percentile, and a week has at least {FEWEST_A_WEEK} pushes"
)


def storage_pace(evidence: Evidence) -> Iterable[Finding]:
    """Find the week since which the iModel grows at another pace.

    Medians of weeks shrug off holidays, and the cap on each file keeps single giants from deciding. Needs sixteen
    weeks.
    """
    rows = np.flatnonzero(evidence.uploaded)
    if not len(rows):
        return
    week = (evidence.day[rows] - _MONDAY) // 7
    start, span = int(week.min()), int(week.max() - week.min() + 1)
    if not 2 * WEEKS <= span <= 100 * 53:
        return
    bytes_, pushes = _by_week(week - start, evidence.size[rows], span)
    before, after = _quantiles(bytes_, 0.5)
    ratio = _ratio(before, after, np.minimum(*_quantiles(pushes, 0.5)))
    ratio[~_apart(bytes_)] = np.nan
    if not np.isfinite(ratio).any() or np.nanmax(np.abs(ratio)) < np.log(CHANGE):
        return
    strongest = np.flatnonzero(np.abs(ratio) >= np.nanmax(np.abs(ratio)) - 1e-9)
    turn = int(strongest[len(strongest) // 2])
    since = rows[(week - start >= turn + WEEKS) & (week - start < turn + 2 * WEEKS)]
    yield _finding(evidence, since, before[turn], after[turn])


def _by_week(week: Ints, size: Ints, span: int) -> tuple[Floats, Floats]:
    cap = np.percentile(size, CAP)
    bytes_ = np.bincount(week, weights=np.minimum(size, cap), minlength=span)
    return bytes_.astype(np.float64), np.bincount(week, minlength=span).astype(np.float64)


def _quantiles(weekly: Floats, share: float) -> tuple[Floats, Floats]:
    """Give a quantile of the weeks before, and of those after, each possible turn."""
    quantiles = np.quantile(np.lib.stride_tricks.sliding_window_view(weekly, WEEKS), share, axis=1)
    return quantiles[:-WEEKS], quantiles[WEEKS:]


def _apart(weekly: Floats) -> Bools:
    """Tell where three quarters of the weeks before lie below three quarters of those after, or above."""
    (low_before, low_after), (high_before, high_after) = _quantiles(weekly, 0.25), _quantiles(weekly, 0.75)
    return np.asarray((low_after > high_before) | (high_after < low_before))


def _ratio(before: Floats, after: Floats, pushes: Floats) -> Floats:
    """Give the logarithm of the change, NaN where too little was pushed to tell."""
    enough = (pushes >= FEWEST_A_WEEK) & (before > 0) & (after > 0)
    return np.log(np.where(enough, after, np.nan) / np.where(enough, before, np.nan))


def _finding(evidence: Evidence, since: Ints, before: float, after: float) -> Finding:
    faster = after > before
    change = format_ratio(after / before if faster else before / after)
    return Finding(
        severity="notice" if faster else "info",
        sentence=(
            f"From {evidence.date(int(since[0]))} on the iModel grew {change} {'faster' if faster else 'more slowly'}: "
            f"{format_bytes(round(after))} in a usual week, after {format_bytes(round(before))}."
        ),
        first_index=int(evidence.index[since.min()]),
        last_index=int(evidence.index[since.max()]),
        changesets=len(since),
        threshold=_THRESHOLD,
        advice=(
            "See which job or whose pushes came with it, and whether storage and time to open were planned for that."
            if faster
            else "See whether work has really slowed down, or a job no longer runs."
        ),
    )
