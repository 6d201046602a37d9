"""Rules about file sizes and the growth of an iModel."""

from collections.abc import Iterable, Sequence

import numpy as np

from imodels_nb._format import format_bytes, format_count, format_ratio
from imodels_nb.insights.rule import Finding, Rule, summarize
from imodels_nb.insights.statistics import Bools, Floats, Ints, compute_median_and_mad
from imodels_nb.insights.timeline import TimelineData

MIN_FILES = 20
MAX_SCORE = 3.5
HEAVY_BYTES = 400_000_000
MIN_DISTANCE = 2.5
_MAD_ERROR = 1.17  # standard error of the MAD of a normal sample, times the root of the sample's size
_OUTLIER_THRESHOLD = (
    f"a modified z-score of log size above {MAX_SCORE}, more in small samples, and {MIN_DISTANCE:g} times the largest "
    f"other file; a warning from {format_bytes(HEAVY_BYTES)}"
)
_OUTLIER_ADVICE = (
    "Find out what was pushed: everyone who opens an older copy of the iModel has to download and apply this file. "
    "Publish a named version after it, and push large imports in parts."
)

WEEKS = 8
MIN_CHANGE = 4.0
MIN_PUSHES_A_WEEK = 20
CAP_PERCENTILE = 90
_MAX_WEEKS = 100 * 53
_MONDAY = 4  # days from 1970-01-01 to the first Monday
_PACE_THRESHOLD = (
    f"the median week of {WEEKS} against that of the {WEEKS} before: {MIN_CHANGE:g} times as many bytes, or a quarter; "
    "three of four weeks beyond three of four before; "
    f"no file counts more than the {CAP_PERCENTILE}th percentile, and a week has at least {MIN_PUSHES_A_WEEK} pushes"
)


def _find_size_outliers(timeline: TimelineData) -> Iterable[Finding]:
    positions = np.flatnonzero(timeline.is_uploaded & (timeline.size > 0))
    if len(positions) < MIN_FILES:
        return ()
    sizes = timeline.size[positions]
    outliers, median = _select_outliers(sizes)
    return summarize(
        [_build_size_outlier(timeline, int(positions[at]), median) for at in outliers],
        lambda findings: _describe_outliers(findings, sizes[outliers]),
    )


def _select_outliers(sizes: Ints) -> tuple[Ints, float]:
    """Return the positions of the outliers, and the median size."""
    logs = np.log(sizes)
    center, spread = compute_median_and_mad(logs)
    is_far = logs > center + MAX_SCORE * spread * (1 + _MAD_ERROR / np.sqrt(len(logs)))
    if not spread or is_far.all() or not is_far.any():
        return np.zeros(0, dtype=np.int64), 0.0
    is_alone = is_far & (sizes >= MIN_DISTANCE * sizes[~is_far].max())
    return np.flatnonzero(is_alone), float(np.exp(center))


def _build_size_outlier(timeline: TimelineData, position: int, median: float) -> Finding:
    size = int(timeline.size[position])
    index = int(timeline.index[position])
    author = timeline.format_author(timeline.creator[position])
    return Finding(
        severity="warning" if size >= HEAVY_BYTES else "notice",
        sentence=(
            f"Changeset {index:,} has {format_bytes(size)}, {format_ratio(size / median)} the median of "
            f"{format_bytes(round(median))}. {author} pushed it on {timeline.format_date(position)}."
        ),
        first_index=index,
        last_index=index,
        changesets=1,
        threshold=_OUTLIER_THRESHOLD,
        advice=_OUTLIER_ADVICE,
    )


def _describe_outliers(findings: Sequence[Finding], sizes: Ints) -> str:
    largest = findings[int(np.argmax(sizes))].first_index
    return (
        f"{format_count(len(findings), 'changeset')} are far larger than usual, {format_bytes(int(sizes.sum()))} "
        f"together. The largest is changeset {largest:,} with {format_bytes(int(sizes.max()))}."
    )


def _find_storage_pace(timeline: TimelineData) -> Iterable[Finding]:
    positions = np.flatnonzero(timeline.is_uploaded)
    if not len(positions):
        return
    week = (timeline.day[positions] - _MONDAY) // 7
    start = int(week.min())
    weeks = int(week.max() - start + 1)
    if not 2 * WEEKS <= weeks <= _MAX_WEEKS:
        return
    weekly_bytes, weekly_pushes = _sum_weeks(week - start, timeline.size[positions], weeks)
    before, after = _compute_quantiles(weekly_bytes, 0.5)
    change = _compute_log_change(before, after, np.minimum(*_compute_quantiles(weekly_pushes, 0.5)))
    change[~_is_apart(weekly_bytes)] = np.nan
    if not np.isfinite(change).any() or np.nanmax(np.abs(change)) < np.log(MIN_CHANGE):
        return
    strongest = np.flatnonzero(np.abs(change) >= np.nanmax(np.abs(change)) - 1e-9)
    turn = int(strongest[len(strongest) // 2])
    since = positions[(week - start >= turn + WEEKS) & (week - start < turn + 2 * WEEKS)]
    yield _build_storage_pace(timeline, since, before[turn], after[turn])


def _sum_weeks(week: Ints, size: Ints, weeks: int) -> tuple[Floats, Floats]:
    """Return the bytes and pushes of each week. The cap limits each file."""
    cap = np.percentile(size, CAP_PERCENTILE)
    weekly_bytes = np.bincount(week, weights=np.minimum(size, cap), minlength=weeks)
    return weekly_bytes.astype(np.float64), np.bincount(week, minlength=weeks).astype(np.float64)


def _compute_quantiles(weekly: Floats, share: float) -> tuple[Floats, Floats]:
    """Compute a quantile of the weeks before and after each possible turn."""
    quantiles = np.quantile(np.lib.stride_tricks.sliding_window_view(weekly, WEEKS), share, axis=1)
    return quantiles[:-WEEKS], quantiles[WEEKS:]


def _is_apart(weekly: Floats) -> Bools:
    """Return the turns where most weeks before are smaller, or larger, than after."""
    low_before, low_after = _compute_quantiles(weekly, 0.25)
    high_before, high_after = _compute_quantiles(weekly, 0.75)
    return np.asarray((low_after > high_before) | (high_after < low_before))


def _compute_log_change(before: Floats, after: Floats, pushes: Floats) -> Floats:
    """Compute the logarithm of the change, NaN where there are too few pushes."""
    is_known = (pushes >= MIN_PUSHES_A_WEEK) & (before > 0) & (after > 0)
    return np.log(np.where(is_known, after, np.nan) / np.where(is_known, before, np.nan))


def _build_storage_pace(timeline: TimelineData, since: Ints, before: float, after: float) -> Finding:
    is_faster = after > before
    change = format_ratio(after / before if is_faster else before / after)
    return Finding(
        severity="notice" if is_faster else "info",
        sentence=(
            f"From {timeline.format_date(int(since[0]))} on, the iModel grew {change} "
            f"{'faster' if is_faster else 'more slowly'}: {format_bytes(round(after))} in a usual week, after "
            f"{format_bytes(round(before))}."
        ),
        first_index=int(timeline.index[since.min()]),
        last_index=int(timeline.index[since.max()]),
        changesets=len(since),
        threshold=_PACE_THRESHOLD,
        advice=(
            "Find the job or the pushes that started then. Check that storage and the time to open are planned for it."
            if is_faster
            else "Check whether there is less work, or a job no longer runs."
        ),
    )


RULES = (
    Rule(
        "size outlier",
        _find_size_outliers,
        looks_for="Files that are far larger than the others.",
        method=(
            "Sizes spread over orders of magnitude, so their logarithms are compared, by the modified z-score "
            "with its usual limit of 3.5 (Iglewicz and Hoaglin, 1993). In small samples the standard error of "
            "the deviation raises the limit. Some timelines have many large files, so an outlier must be far "
            "from the next size, too. From 400 MB on it is a warning: such files have made clients run out of "
            "memory (imodel-native issue 781; itwinjs-core issues 7553 and 7607). At least 20 uploaded files "
            "that are not empty are needed."
        ),
    ),
    Rule(
        "storage pace",
        _find_storage_pace,
        looks_for="The week from which on the iModel grows at another pace.",
        method=(
            "Medians of weeks are not changed by holidays, and the cap on each file keeps single large files "
            "from deciding. At least sixteen weeks are needed."
        ),
    ),
)
