"""What each push held: kinds of change, bytes, and the briefcase that it came from."""

from typing import TYPE_CHECKING

import numpy as np

from imodels_hub.project import words
from imodels_hub.project.plot import Plot
from imodels_hub.project.pushes import BY_HAND, Pushes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

_FIRST_RUN = (1, 2, 18, 4, 6, 4)
"""The first run brings the schema, then definitions, then elements."""

_MIX = {4: 0.62, 6: 0.12, 12: 0.08, 14: 0.05, 2: 0.05, 18: 0.04, 8: 0.02, 16: 0.02}
"""``containingChanges`` of later connector pushes, and how often each occurs."""

SCHEMA, SCHEMA_SYNC = 1, 65
_NEW_SCHEMA_RUNS = 0.01
_STORM_RUNS, _STORM_SHARE = 12, 160  # at least so many runs, and one of so many

_MEDIAN_SIZE, _SIZE_SPREAD = 20_000, 2.67  # so that one push in a hundred is larger than 10 MB
_SMALLEST = 109
_EMPTY_FILES = 4_000  # pushes for each empty file
_FEW = 20  # pushes below which nothing extraordinary happens

_BRIEFCASE_DAYS = 182  # how long anybody keeps a briefcase
_FIRST_BRIEFCASE = 2


def storm(made: Pushes, plot: Plot) -> "Ints":
    """Give the positions of the first pushes of the runs that a schema storm takes hold of."""
    if plot.storm is None:
        return np.zeros(0, dtype=np.int64)
    first = np.flatnonzero(made.place == 0)
    runs = first[made.run[first] != BY_HAND]
    start, length = int(plot.storm * len(runs)), max(_STORM_RUNS, len(runs) // _STORM_SHARE)
    return np.asarray(runs[start : start + int(plot.storm_length * length)], dtype=np.int64)


def failed_run(made: Pushes, share: float | None) -> int | None:
    """Choose the run that failed: a short one, which nobody finished."""
    if share is None:
        return None
    numbers, sizes = np.unique(made.run[made.run != BY_HAND], return_counts=True)
    short = numbers[(numbers >= share * len(numbers)) & (sizes == sizes.min())]
    return int(short[0]) if len(short) else None


def containing_changes(made: Pushes, hand: "Ints", stormy: "Ints", rng: np.random.Generator) -> "Ints":
    """Fill runs from the mix and leave people's pushes regular, but for one schema synchronisation."""
    changes = rng.choice(list(_MIX), size=len(made.run), p=list(_MIX.values()))
    new_schema = (made.place == 0) & (rng.random(len(changes)) < _NEW_SCHEMA_RUNS)
    changes[new_schema] = SCHEMA
    changes[stormy] = SCHEMA
    changes[hand] = 0
    first = np.flatnonzero(made.run == 0)
    changes[first] = _FIRST_RUN[: len(first)]
    if len(hand) > 1:
        changes[hand[len(hand) * 55 // 100]] = SCHEMA_SYNC
    return np.asarray(changes, dtype=np.int64)


def file_sizes(made: Pushes, hand: "Ints", plot: Plot, rng: np.random.Generator) -> "tuple[Ints, Ints]":
    """Draw log-normal bytes, one giant and a few empty files; give back where the empty ones are."""
    z = rng.standard_normal(len(made.run))
    z = np.where(np.abs(z) > 3.3, z / 4, z)  # noqa: PLR2004 - folds the far tails back, so that the giant stands alone
    size = (_MEDIAN_SIZE * np.exp(_SIZE_SPREAD * z)).astype(np.int64)
    size = np.maximum(size, _SMALLEST + rng.integers(0, 180, len(size)))
    empty = hand[:0]
    if plot.outlier is not None:
        connector = np.flatnonzero(made.run != BY_HAND)
        size[connector[int(len(connector) * plot.outlier)]] = plot.outlier_bytes
    if len(size) >= _FEW and len(hand):
        empty = hand[np.unique(np.linspace(0, len(hand) - 1, 3 + len(size) // _EMPTY_FILES, dtype=np.int64)[1:-1])]
        size[empty] = 0
    return size, empty


def briefcases(made: Pushes, discipline: "Ints") -> "Ints":
    """Hand out briefcases from 2 on, in the order of first pushes; jobs and people renew theirs twice a year."""
    holder = np.where(made.run == BY_HAND, made.author, len(words.PEOPLE) + discipline)
    term = made.moment // (1000 * 86_400 * _BRIEFCASE_DAYS)
    _, first, inverse = np.unique(term * 100 + holder, return_index=True, return_inverse=True)
    return np.asarray(_FIRST_BRIEFCASE + np.argsort(np.argsort(first))[inverse], dtype=np.int64)
