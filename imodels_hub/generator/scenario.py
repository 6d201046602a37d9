"""Scenario and calendar of the synthetic project."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

DAYS: "NDArray[np.datetime64]" = np.arange("2024-01-08", "2025-12-20", dtype="datetime64[D]")
"""Every day of the project, from its start on a Monday to the Friday before Christmas."""

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

# Minimum number of changesets for each anomaly; in a shorter timeline it could not be seen.
_MIN_FOR_STALL = 2_500
_MIN_FOR_CONTENTION = 500
_MIN_FOR_SCHEMA_RUNS = 300
_MIN_FOR_HAND_OVER = 100
_MIN_FOR_FAILURE = 100
_MIN_FOR_OUTLIER = 20

# Ranges to draw from, the end excluded.
_STALL_DAYS = (9, 15)
_OUTLIER_BYTES = (4.1e8, 9e8)
_TURNS = (20, 29)
_TURN_MS = (45_000, 64_000)
_SCHEMA_RUNS_LENGTH = (1.0, 1.5)
_FIRST_FAILED_CHECKPOINT = (18, 28)
_FAILED_CHECKPOINTS = (3, 8)
_OUTLIER_POSITION = (0.2, 0.4)


@dataclass(frozen=True)
class Scenario:
    """The anomalies to plant; `None` where the timeline is too short for one.

    Parameters
    ----------
    stall
        The day from which no synchronization runs, for `stall_days`; counted from the first day of the project.
    hand_over
        The day on which one person takes over from another.
    contention
        The day on which several people push in turns, `turns` in all, `turn_ms` apart.
    schema_runs
        Share of the runs before those that change the schema; there are `schema_runs_length` times as many as usual.
    failure
        Share of the runs before the failed run.
    outlier
        Share of the connector's pushes before the file of `outlier_bytes`.
    failed_checkpoints
        Named versions whose checkpoints failed, counted from the first.
    """

    stall: int | None
    hand_over: int | None
    contention: int | None
    schema_runs: float | None
    failure: float | None
    outlier: float | None
    failed_checkpoints: range
    stall_days: int
    turns: int
    turn_ms: int
    schema_runs_length: float
    outlier_bytes: int


def draw_scenario(count: int, rng: np.random.Generator, *, anomalies: bool = True) -> Scenario:
    """Draw the scenario of a timeline of `count` changesets."""
    extent = rng.spawn(1)[0]  # a generator of its own, so that the extent of an anomaly changes nothing else
    stall, schema_runs, hand_over, contention, failure = rng.uniform(
        (0.40, 0.52, 0.58, 0.69, 0.80), (0.46, 0.56, 0.64, 0.74, 0.84)
    ).tolist()
    length = count if anomalies else 0
    first = int(extent.integers(*_FIRST_FAILED_CHECKPOINT))
    return Scenario(
        stall=_find_working_day(stall) if length >= _MIN_FOR_STALL else None,
        hand_over=_find_working_day(hand_over) if length >= _MIN_FOR_HAND_OVER else None,
        contention=_find_working_day(contention) if length >= _MIN_FOR_CONTENTION else None,
        schema_runs=schema_runs if length >= _MIN_FOR_SCHEMA_RUNS else None,
        failure=failure if length >= _MIN_FOR_FAILURE else None,
        outlier=float(extent.uniform(*_OUTLIER_POSITION)) if length >= _MIN_FOR_OUTLIER else None,
        failed_checkpoints=range(first, first + int(extent.integers(*_FAILED_CHECKPOINTS)) if length else first),
        stall_days=int(extent.integers(*_STALL_DAYS)),
        turns=int(extent.integers(*_TURNS)),
        turn_ms=int(extent.integers(*_TURN_MS)),
        schema_runs_length=float(extent.uniform(*_SCHEMA_RUNS_LENGTH)),
        outlier_bytes=int(extent.uniform(*_OUTLIER_BYTES)),
    )


def _find_working_day(share: float) -> int:
    """Find the first working day from a share of the project on."""
    start = int(share * len(DAYS))
    return start + int(np.argmax(is_working_day(DAYS[start:])))


def is_working_day(days: "NDArray[np.datetime64]") -> "NDArray[np.bool_]":
    """Return which days are Mondays to Fridays outside the holidays."""
    off = np.concatenate([np.arange(first, end, dtype="datetime64[D]") for first, end in _HOLIDAYS])
    return np.asarray(np.is_busday(days, holidays=off), dtype=np.bool_)


def compute_day_weights(day_off: float) -> "NDArray[np.float64]":
    """Compute the share of the pushes on each of `DAYS`; the shares sum to 1.

    Most work is in the middle of the project. A day off counts `day_off` times a working day.
    """
    growth = 0.4 + np.sin(np.linspace(0.0, np.pi, len(DAYS)))
    weights = np.where(is_working_day(DAYS), 1.0, day_off) * growth
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def compute_midnight(day: int) -> int:
    """Return the first millisecond of a day, since 1970."""
    return int(DAYS[day].astype("datetime64[ms]").astype(np.int64))
