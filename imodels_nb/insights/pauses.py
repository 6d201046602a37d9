"""Pauses that are far longer than those before, in a series of times."""

from typing import NamedTuple

import numpy as np

from imodels_nb.insights.statistics import Ints
from imodels_nb.insights.timeline import DAY_SECONDS

MIN_PAUSE_DAYS = 30
MIN_PAUSE_RATIO = 1.5  # ratio to the longest gap before
MIN_RATIO_TO_THIRD_PAUSE = 3.0  # ratio to the third longest gap before
GAPS_BEFORE = 200
MIN_GAPS = 30  # gaps before a pause
PAUSE_THRESHOLD = (
    f"at least {MIN_PAUSE_DAYS} days, and {MIN_PAUSE_RATIO:g} times as long as the longest of the {GAPS_BEFORE} gaps "
    "before"
)
PAUSE_METHOD = (
    f"At least {MIN_GAPS} gaps come before the pause. It is also {MIN_RATIO_TO_THIRD_PAUSE:g} times as long as the "
    "third longest of them."
)


class Pause(NamedTuple):
    """An unusual pause.

    Parameters
    ----------
    last
        Position of the last time before it.
    days
        Its length.
    before
        Length of the longest gap before, in days.
    """

    last: int
    days: float
    before: float


def find_pauses(seconds: Ints) -> list[Pause]:
    """Find the pauses in a series of times.

    A pause as long as an earlier one does not count, since gaps are compared with those before.

    Parameters
    ----------
    seconds
        Times in seconds, ascending.

    Examples
    --------
    >>> find_pauses(np.append(np.arange(50), 100) * DAY_SECONDS)
    [Pause(last=49, days=51.0, before=1.0)]
    """
    gaps = np.diff(seconds) / DAY_SECONDS
    pauses = []
    for position in np.flatnonzero(gaps >= MIN_PAUSE_DAYS).tolist():
        before = gaps[max(position - GAPS_BEFORE, 0) : position]
        if len(before) < MIN_GAPS:
            continue
        third, _, longest = np.sort(np.partition(before, -3)[-3:]).tolist()
        if gaps[position] > max(MIN_PAUSE_RATIO * longest, MIN_RATIO_TO_THIRD_PAUSE * third):
            pauses.append(Pause(position, float(gaps[position]), longest))
    return pauses
