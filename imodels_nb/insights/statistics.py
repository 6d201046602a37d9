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

    The scale makes the MAD of a normal distribution its standard deviation.

    If more than half of the values are equal, the mean absolute deviation replaces it (Iglewicz and Hoaglin, *How to
    Detect and Handle Outliers*, 1993). It is 0 if all values are equal.

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
