"""Pushes of the synthetic project: time, user and content."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from imodels_hub.generator import vocabulary
from imodels_hub.generator.scenario import DAYS, Scenario, compute_day_weights, compute_midnight

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

BY_HAND = -1
"""Number in the place of a run for pushes by hand."""

SCHEMA = 1
SCHEMA_SYNC = 65

_CONNECTOR_SHARE = 0.8
_RUN_SIZES = (2, 7)  # pushes in a run, the end excluded
_NIGHT_START_S = 3600  # seconds after midnight: weekends have no pushes
_NIGHT_S = 11 * 1800
_RUN_S = 600
_OFFICE_HOURS = (7.0, 19.0)
_TEN_OCLOCK_MS = 10 * 3_600_000

_FIRST_RUN = (1, 2, 18, 4, 6, 4)
"""``containingChanges`` of the first run: the schema, then definitions, then elements."""

_CHANGES = {4: 0.62, 6: 0.12, 12: 0.08, 14: 0.05, 2: 0.05, 18: 0.04, 8: 0.02, 16: 0.02}
"""``containingChanges`` of later connector pushes, and their shares."""

_NEW_SCHEMA_SHARE = 0.01  # share of the runs
_MIN_SCHEMA_RUNS = 12
_RUNS_PER_SCHEMA_RUN = 160

_MEDIAN_SIZE = 20_000
_SIZE_SPREAD = 2.67  # spread of log sizes: one push in a hundred is larger than 10 MB
_MIN_SIZE = 109
_PUSHES_PER_EMPTY_FILE = 4_000
_MIN_FOR_EMPTY_FILES = 20

_BRIEFCASE_DAYS = 182  # days after which people and jobs acquire a new briefcase
_FIRST_BRIEFCASE = 2


@dataclass(frozen=True)
class Pushes:
    """Parallel arrays, one element a push, in any order until `sort`.

    Parameters
    ----------
    moment
        Milliseconds since 1970, UTC.
    user
        Position in the project's users.
    run
        Number of the connector run, or `BY_HAND`.
    position
        Position inside the run; 0 for a push by hand.
    """

    moment: "Ints"
    user: "Ints"
    run: "Ints"
    position: "Ints"

    def __add__(self, other: "Pushes") -> "Pushes":
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return Pushes(*(np.concatenate(pair) for pair in pairs))

    def sort(self) -> Self:
        """Sort by time; two pushes are always at least a millisecond apart."""
        order = np.argsort(self.moment, kind="stable")
        steps = np.arange(len(order))
        moment = np.maximum.accumulate(self.moment[order] - steps) + steps if len(order) else self.moment
        return type(self)(moment, self.user[order], self.run[order], self.position[order])


def generate_pushes(count: int, scenario: Scenario, rng: np.random.Generator) -> Pushes:
    """Generate `count` pushes over the calendar, sorted by time."""
    by_connector = _generate_connector_pushes(_draw_run_sizes(count, rng), scenario, rng)
    by_hand = _generate_hand_pushes(count - len(by_connector.moment), rng)
    by_hand = _apply_contention(_apply_hand_over(by_hand, scenario.hand_over), scenario)
    return (by_connector + by_hand).sort()


def _draw_run_sizes(count: int, rng: np.random.Generator) -> "Ints":
    """Split the connector's share of `count` pushes into runs, at least one."""
    sizes = rng.integers(*_RUN_SIZES, size=count // _RUN_SIZES[0] + 1)
    runs = max(1, int(np.searchsorted(np.cumsum(sizes), _CONNECTOR_SHARE * count, side="right")))
    return np.minimum(sizes[:runs], count)


def _generate_connector_pushes(sizes: "Ints", scenario: Scenario, rng: np.random.Generator) -> Pushes:
    """Generate runs, each in its own part of a night, so that runs never overlap."""
    weights = compute_day_weights(day_off=0.04)
    if scenario.stall is not None:
        weights[scenario.stall : scenario.stall + scenario.stall_days] = 0
    night = np.sort(rng.choice(len(DAYS), size=len(sizes), p=weights / weights.sum()))
    night[0] = 0
    first_of_night = np.searchsorted(night, night, side="left")
    slot = _NIGHT_S / (np.searchsorted(night, night, side="right") - first_of_night)
    start = (np.arange(len(sizes)) - first_of_night + 0.2 * rng.random(len(sizes))) * slot
    length = np.minimum(_RUN_S, 0.7 * slot) * rng.uniform(0.4, 1.0, len(sizes))

    run = np.repeat(np.arange(len(sizes)), sizes)
    position = np.arange(len(run)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    second = start[run] + (position + 0.8 * rng.random(len(run))) / sizes[run] * length[run]
    moment = _to_milliseconds(night[run], _NIGHT_START_S + second)
    return Pushes(moment, np.full(len(run), len(vocabulary.PEOPLE)), run, position)


def _generate_hand_pushes(count: int, rng: np.random.Generator) -> Pushes:
    """Generate pushes in office hours, with few at noon."""
    day = rng.choice(len(DAYS), size=count, p=compute_day_weights(day_off=0.01))
    morning, afternoon = rng.normal(10.3, 1.1, count), rng.normal(14.8, 1.3, count)
    hour = np.where(rng.integers(0, 2, count), morning, afternoon)
    moment = _to_milliseconds(day, 3600 * hour.clip(*_OFFICE_HOURS))
    user = rng.choice(len(vocabulary.PEOPLE), size=count, p=vocabulary.SHARES)
    return Pushes(moment, user, np.full(count, BY_HAND), np.zeros(count, dtype=np.int64))


def _apply_hand_over(by_hand: Pushes, day: int | None) -> Pushes:
    """Set the user to one person before a day, and to another from that day on."""
    if day is None:
        return by_hand
    leaver, joiner = vocabulary.HAND_OVER
    is_later = by_hand.moment >= compute_midnight(day)
    is_theirs = np.isin(by_hand.user, vocabulary.HAND_OVER)
    return replace(by_hand, user=np.where(is_theirs, np.where(is_later, joiner, leaver), by_hand.user))


def _apply_contention(by_hand: Pushes, scenario: Scenario) -> Pushes:
    """Set the users of the pushes nearest to ten o'clock to several people in turn."""
    if scenario.contention is None:
        return by_hand
    ten = compute_midnight(scenario.contention) + _TEN_OCLOCK_MS
    theirs = np.flatnonzero(np.isin(by_hand.user, vocabulary.CONTENDERS))
    nearest = theirs[np.argsort(np.abs(by_hand.moment[theirs] - ten), kind="stable")[: scenario.turns]]
    moment, user = by_hand.moment.copy(), by_hand.user.copy()
    moment[nearest] = ten + np.arange(len(nearest)) * scenario.turn_ms
    user[nearest] = np.resize(vocabulary.CONTENDERS, len(nearest))
    return replace(by_hand, moment=moment, user=user)


def find_contention(pushes: Pushes, day: int, duration_ms: int) -> "Ints":
    """Find the positions of the pushes by hand from ten o'clock on a day."""
    ten = compute_midnight(day) + _TEN_OCLOCK_MS
    is_during = (pushes.moment >= ten) & (pushes.moment < ten + duration_ms) & (pushes.run == BY_HAND)
    return np.flatnonzero(is_during)


def _to_milliseconds(day: "Ints", second: "NDArray[np.float64]") -> "Ints":
    start = DAYS[day].astype("datetime64[ms]").astype(np.int64)
    return np.asarray(start + (1000 * second).astype(np.int64), dtype=np.int64)


def find_schema_runs(pushes: Pushes, scenario: Scenario) -> "Ints":
    """Find the first pushes of the consecutive runs that change the schema."""
    if scenario.schema_runs is None:
        return np.zeros(0, dtype=np.int64)
    first = np.flatnonzero(pushes.position == 0)
    runs = first[pushes.run[first] != BY_HAND]
    start = int(scenario.schema_runs * len(runs))
    length = max(_MIN_SCHEMA_RUNS, len(runs) // _RUNS_PER_SCHEMA_RUN)
    return np.asarray(runs[start : start + int(scenario.schema_runs_length * length)], dtype=np.int64)


def select_failed_run(pushes: Pushes, share: float | None) -> int | None:
    """Select the run that failed: a short one after a share of the runs."""
    if share is None:
        return None
    numbers, sizes = np.unique(pushes.run[pushes.run != BY_HAND], return_counts=True)
    short = numbers[(numbers >= share * len(numbers)) & (sizes == sizes.min())]
    return int(short[0]) if len(short) else None


def generate_containing_changes(
    pushes: Pushes, by_hand: "Ints", schema_runs: "Ints", rng: np.random.Generator
) -> "Ints":
    """Generate ``containingChanges``: 0 by hand, but for one schema synchronization."""
    changes = rng.choice(list(_CHANGES), size=len(pushes.run), p=list(_CHANGES.values()))
    has_new_schema = (pushes.position == 0) & (rng.random(len(changes)) < _NEW_SCHEMA_SHARE)
    changes[has_new_schema] = SCHEMA
    changes[schema_runs] = SCHEMA
    changes[by_hand] = 0
    first = np.flatnonzero(pushes.run == 0)
    changes[first] = _FIRST_RUN[: len(first)]
    if len(by_hand) > 1:
        changes[by_hand[len(by_hand) * 55 // 100]] = SCHEMA_SYNC
    return np.asarray(changes, dtype=np.int64)


def generate_file_sizes(
    pushes: Pushes, by_hand: "Ints", scenario: Scenario, rng: np.random.Generator
) -> "tuple[Ints, Ints]":
    """Generate log-normal sizes; return the positions of empty files, too."""
    z = rng.standard_normal(len(pushes.run))
    z = np.where(np.abs(z) > 3.3, z / 4, z)  # noqa: PLR2004 - folds the far tails back, so that there is one outlier
    size = (_MEDIAN_SIZE * np.exp(_SIZE_SPREAD * z)).astype(np.int64)
    size = np.maximum(size, _MIN_SIZE + rng.integers(0, 180, len(size)))
    empty = by_hand[:0]
    if scenario.outlier is not None:
        connector = np.flatnonzero(pushes.run != BY_HAND)
        size[connector[int(len(connector) * scenario.outlier)]] = scenario.outlier_bytes
    if len(size) >= _MIN_FOR_EMPTY_FILES and len(by_hand):
        files = 3 + len(size) // _PUSHES_PER_EMPTY_FILE
        empty = by_hand[np.unique(np.linspace(0, len(by_hand) - 1, files, dtype=np.int64)[1:-1])]
        size[empty] = 0
    return size, empty


def generate_briefcase_numbers(pushes: Pushes, discipline: "Ints") -> "Ints":
    """Generate briefcase numbers in the order of first pushes; each lasts half a year."""
    holder = np.where(pushes.run == BY_HAND, pushes.user, len(vocabulary.PEOPLE) + discipline)
    term = pushes.moment // (1000 * 86_400 * _BRIEFCASE_DAYS)
    _, first, inverse = np.unique(term * 100 + holder, return_index=True, return_inverse=True)
    return np.asarray(_FIRST_BRIEFCASE + np.argsort(np.argsort(first))[inverse], dtype=np.int64)
