"""Robust statistics, which a few extreme values do not change."""

import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_MAD_TO_SIGMA = 1.4826  # median absolute deviation to standard deviation, for a normal distribution
_MEAN_AD_TO_SIGMA = 1.2533  # the same for the mean absolute deviation


def compute_median_and_mad(values: Floats) -> tuple[float, float]:
    """Return the median and the scaled median absolute deviation (MAD).

    The scale makes the MAD of a normal distribution its standard deviation. If more than half of the values are equal,
    the scaled mean absolute deviation is returned in place of the MAD (Iglewicz and Hoaglin, *How to Detect and Handle
    Outliers*, 1993). If all values are equal, it is 0.

    Examples
    --------
    >>> compute_median_and_mad(np.array([1.0, 2.0, 3.0, 4.0, 1000.0]))
    (3.0, 1.4826)
    """
    center = float(np.median(values))
    deviations = np.abs(values - center)
    spread = _MAD_TO_SIGMA * float(np.median(deviations))
    return center, spread or _MEAN_AD_TO_SIGMA * float(np.mean(deviations))


def find_true_runs(flags: Bools) -> Ints:
    """Return the start and the exclusive end of each run of True values.

    Examples
    --------
    >>> find_true_runs(np.array([True, False, True, True])).tolist()
    [[0, 1], [2, 4]]
    """
    edges = np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8))
    return np.stack([np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)], axis=1)


def sum_ranges(values: Ints, starts: Ints, ends: Ints) -> Ints:
    """Return the sum of the values of each range of positions; ends are exclusive."""
    total = np.append(0, np.cumsum(values))
    return np.asarray(total[ends] - total[starts])


def slide_quantiles(values: Floats, length: int, shares: tuple[float, ...]) -> Floats:
    """Return quantiles of each window of `length` values, one row for each share.

    Examples
    --------
    >>> slide_quantiles(np.array([1.0, 5.0, 3.0, 4.0]), 3, (0.5,)).tolist()
    [[3.0, 4.0]]
    """
    windows = np.lib.stride_tricks.sliding_window_view(values, length)
    return np.asarray(np.quantile(windows, shares, axis=1))


def compute_log_chance(count: Floats, total: Floats, share: Floats) -> Floats:
    """Return the log of the chance of at most `count` successes in `total` trials.

    It is Chernoff's upper bound for a binomial distribution, so the chance is not larger.

    Parameters
    ----------
    count, total
        Observed count, and the number of trials.
    share
        Expected share of the count.

    Examples
    --------
    >>> compute_log_chance(np.array([0.0]), np.array([10.0]), np.array([0.5])).round(2).tolist()
    [-6.93]
    """
    observed = count / np.maximum(total, 1)
    expected = np.clip(share, 1e-12, 1 - 1e-12)
    with np.errstate(divide="ignore", invalid="ignore"):
        own = np.where(observed > 0, observed * np.log(observed / expected), 0.0)
        others = np.where(observed < 1, (1 - observed) * np.log((1 - observed) / (1 - expected)), 0.0)
    return np.where(observed < expected, -total * (own + others), 0.0)
