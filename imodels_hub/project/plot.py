"""The plot: what is planted in a synthetic timeline, decided before anything is drawn."""

from dataclasses import dataclass

import numpy as np

from imodels_hub.project.workdays import DAYS, is_working_day

_ENOUGH_FOR_STALL = 2_500  # changesets, below which runs are so rare that nobody would notice
_ENOUGH_FOR_CONTENTION = 500
_ENOUGH_FOR_STORM = 300
_ENOUGH_FOR_HAND_OVER = 100
_ENOUGH_FOR_FAILURE = 100
_ENOUGH_FOR_OUTLIER = 20

_STALL_DAYS = (9, 15)  # the end excluded, as in all that follow
_OUTLIER_BYTES = (4.1e8, 9e8)
_TURNS, _TURN_MS = (20, 29), (45_000, 64_000)
_STORM_LENGTH = (1.0, 1.5)
_UNOPENED_FROM, _UNOPENED = (18, 28), (3, 8)


@dataclass(frozen=True)
class Plot:
    """What is planted; `None` where the timeline is too short for it.

    Parameters
    ----------
    stall
        The day from which no synchronisation runs, for `stall_days`; counted from the project's first.
    hand_over
        The day on which one person takes over from another.
    contention
        The day on which several people push against each other, in `turns` that are `turn_ms` apart.
    storm
        How far into the runs the schema storm breaks, as a share; it takes `storm_length` times the usual length.
    failure
        How far into the runs one fails half-way, as a share.
    outlier
        How far into the connector's pushes the giant comes, as a share; it has `outlier_bytes`.
    unopened
        Which milestones have no checkpoint since it failed, counted from the first.
    """

    stall: int | None
    hand_over: int | None
    contention: int | None
    storm: float | None
    failure: float | None
    outlier: float | None
    unopened: range
    stall_days: int
    turns: int
    turn_ms: int
    storm_length: float
    outlier_bytes: int


def plot(count: int, rng: np.random.Generator, *, stories: bool = True) -> Plot:
    """Decide what a timeline of `count` changesets tells; without stories, nothing."""
    extent = rng.spawn(1)[0]  # dice of its own, so that the extent of a story changes nothing outside it
    stall, storm, hand_over, contention, failure = rng.uniform(
        (0.40, 0.52, 0.58, 0.69, 0.80), (0.46, 0.56, 0.64, 0.74, 0.84)
    ).tolist()
    told = count if stories else 0
    first = int(extent.integers(*_UNOPENED_FROM))
    return Plot(
        stall=_day(stall) if told >= _ENOUGH_FOR_STALL else None,
        hand_over=_day(hand_over) if told >= _ENOUGH_FOR_HAND_OVER else None,
        contention=_day(contention) if told >= _ENOUGH_FOR_CONTENTION else None,
        storm=storm if told >= _ENOUGH_FOR_STORM else None,
        failure=failure if told >= _ENOUGH_FOR_FAILURE else None,
        outlier=float(extent.uniform(0.2, 0.4)) if told >= _ENOUGH_FOR_OUTLIER else None,
        unopened=range(first, first + int(extent.integers(*_UNOPENED)) if told else first),
        stall_days=int(extent.integers(*_STALL_DAYS)),
        turns=int(extent.integers(*_TURNS)),
        turn_ms=int(extent.integers(*_TURN_MS)),
        storm_length=float(extent.uniform(*_STORM_LENGTH)),
        outlier_bytes=int(extent.uniform(*_OUTLIER_BYTES)),
    )


def _day(share: float) -> int:
    """Give the first working day from a share of the project on."""
    start = int(share * len(DAYS))
    return start + int(np.argmax(is_working_day(DAYS[start:])))
