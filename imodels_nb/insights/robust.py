"""Robust statistics: a middle and a spread that a few wild values do not move."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_NORMAL = 1.4826  # makes the median absolute deviation of a normal distribution its standard deviation
_NORMAL_MEAN = 1.2533  # the same for the mean absolute deviation


def centre_and_spread(values: Floats) -> tuple[float, float]:
    """Give the median and the median absolute deviation, scaled to a standard deviation.

    Where more than half of the values are equal, the mean absolute deviation stands in (Iglewicz and Hoaglin, *How to
    Detect and Handle Outliers*, 1993); 0 if all are.

    Examples
    --------
    >>> centre_and_spread(np.array([1.0, 2.0, 3.0, 4.0, 1000.0]))
    (3.0, 1.4826)
    """
    centre = float(np.median(values))
    away = np.abs(values - centre)
    spread = _NORMAL * float(np.median(away))
    return centre, spread or _NORMAL_MEAN * float(np.mean(away))


def rows_in_a_row(marks: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Give the first position of each stretch of marks, and the one behind its last, as rows of two.

    Examples
    --------
    >>> rows_in_a_row(np.array([True, False, True, True])).tolist()
    [[0, 1], [2, 4]]
    """
    edges = np.diff(np.concatenate([[False], marks, [False]]).astype(np.int8))
    return np.stack([np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)], axis=1)
