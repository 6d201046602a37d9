"""The plot: what is planted in a synthetic timeline, decided before anything is drawn."""

from dataclasses import dataclass

import numpy as np

from imodels_nb.sample.hub.project.workdays import DAYS, is_working_day

STALL_DAYS = 9

_ENOUGH_FOR_STALL = 2_500  # changesets, below which runs are so rare that nobody would notice
_ENOUGH_FOR_CONTENTION = 500
_ENOUGH_FOR_STORM = 300
_ENOUGH_FOR_HAND_OVER = 100
_ENOUGH_FOR_FAILURE = 100


@dataclass(frozen=True)
class Plot:
    """What is planted; `None` where the timeline is too short for it.

    Parameters
    ----------
    stall
        The day from which no synchronisation runs, for `STALL_DAYS`; counted from the project's first.
    hand_over
        The day on which one person takes over from another.
    contention
        The day on which several people push against each other.
    storm
        How far into the runs the schema storm breaks, as a share.
    failure
        How far into the runs one fails half-way, as a share.
    """

    stall: int | None
    hand_over: int | None
    contention: int | None
    storm: float | None
    failure: float | None


def plot(count: int, rng: np.random.Generator) -> Plot:
    """Decide what a timeline of `count` changesets tells."""
    stall, storm, hand_over, contention, failure = rng.uniform(
        (0.40, 0.52, 0.58, 0.69, 0.80), (0.46, 0.56, 0.64, 0.74, 0.84)
    ).tolist()
    return Plot(
        stall=_day(stall) if count >= _ENOUGH_FOR_STALL else None,
        hand_over=_day(hand_over) if count >= _ENOUGH_FOR_HAND_OVER else None,
        contention=_day(contention) if count >= _ENOUGH_FOR_CONTENTION else None,
        storm=storm if count >= _ENOUGH_FOR_STORM else None,
        failure=failure if count >= _ENOUGH_FOR_FAILURE else None,
    )


def _day(share: float) -> int:
    """Give the first working day from a share of the project on."""
    start = int(share * len(DAYS))
    return start + int(np.argmax(is_working_day(DAYS[start:])))
