"""The project's calendar: two years that end on a fixed date, with quiet weekends and holidays."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

DAYS: "NDArray[np.datetime64]" = np.arange("2024-01-08", "2025-12-20", dtype="datetime64[D]")
"""Every day of the project, from its kick-off on a Monday to the Friday before Christmas."""

_HOLIDAYS = (
    ("2024-03-29", "2024-04-02"),
    ("2024-05-01", "2024-05-02"),
    ("2024-07-29", "2024-08-10"),
    ("2024-12-21", "2025-01-06"),
    ("2025-04-18", "2025-04-22"),
    ("2025-05-01", "2025-05-02"),
    ("2025-07-28", "2025-08-09"),
)
"""First day off, and the day after the last."""


def is_working_day(days: "NDArray[np.datetime64]") -> "NDArray[np.bool_]":
    """Tell Mondays to Fridays outside the holidays from all other days."""
    off = np.concatenate([np.arange(first, end, dtype="datetime64[D]") for first, end in _HOLIDAYS])
    return np.asarray(np.is_busday(days, holidays=off), dtype=np.bool_)


def likelihoods(day_off: float) -> "NDArray[np.float64]":
    """Give each of `DAYS` its share of the pushes; shares sum to 1.

    Work swells towards the middle of the project. A day off counts `day_off` times a working day.
    """
    swell = 0.4 + np.sin(np.linspace(0.0, np.pi, len(DAYS)))
    weights = np.where(is_working_day(DAYS), 1.0, day_off) * swell
    return np.asarray(weights / weights.sum(), dtype=np.float64)
