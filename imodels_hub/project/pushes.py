"""When the project was pushed to, and by whom: nightly connector runs, and people in office hours."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from imodels_hub.project import words
from imodels_hub.project.plot import Plot
from imodels_hub.project.workdays import DAYS, likelihoods

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

BY_HAND = -1

_CONNECTOR_SHARE = 0.8
_RUN_SIZES = (2, 7)  # pushes in a run, the end excluded
_NIGHT_STARTS_S, _NIGHT_S = 3600, 11 * 1800  # after midnight, so that weekends stay quiet
_RUN_S = 600
_OFFICE_HOURS = (7.0, 19.0)
_TEN_MS = 10 * 3_600_000


@dataclass(frozen=True)
class Pushes:
    """Parallel arrays, one element a push, in any order until `ascending`.

    Parameters
    ----------
    moment
        Milliseconds since 1970, UTC.
    author
        Position in the project's users.
    run
        Number of the connector run; `BY_HAND` for a person's push.
    place
        Position inside its run; 0 for a person's push.
    """

    moment: "Ints"
    author: "Ints"
    run: "Ints"
    place: "Ints"

    def __add__(self, other: "Pushes") -> "Pushes":
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return Pushes(*(np.concatenate(pair) for pair in pairs))

    def ascending(self) -> Self:
        """Order by moment; two pushes are always at least a millisecond apart."""
        order = np.argsort(self.moment, kind="stable")
        steps = np.arange(len(order))
        moment = np.maximum.accumulate(self.moment[order] - steps) + steps if len(order) else self.moment
        return type(self)(moment, self.author[order], self.run[order], self.place[order])


def pushes(count: int, plot: Plot, rng: np.random.Generator) -> Pushes:
    """Lay `count` pushes over the calendar, ascending, as the plot wants them."""
    nightly = _nightly(_run_sizes(count, rng), plot, rng)
    by_hand = _by_hand(count - len(nightly.moment), rng)
    return (nightly + _contending(_handed_over(by_hand, plot.hand_over), plot)).ascending()


def _run_sizes(count: int, rng: np.random.Generator) -> "Ints":
    """Cut the connector's share of `count` pushes into runs; even the shortest project has one."""
    sizes = rng.integers(*_RUN_SIZES, size=count // _RUN_SIZES[0] + 1)
    runs = max(1, int(np.searchsorted(np.cumsum(sizes), _CONNECTOR_SHARE * count, side="right")))
    return np.minimum(sizes[:runs], count)


def _nightly(sizes: "Ints", plot: Plot, rng: np.random.Generator) -> Pushes:
    """Give every run its own slot of its night, so that runs never overlap however many there are."""
    likely = likelihoods(day_off=0.04)
    if plot.stall is not None:
        likely[plot.stall : plot.stall + plot.stall_days] = 0
    night = np.sort(rng.choice(len(DAYS), size=len(sizes), p=likely / likely.sum()))
    night[0] = 0
    first_of_night = np.searchsorted(night, night, side="left")
    slot = _NIGHT_S / (np.searchsorted(night, night, side="right") - first_of_night)
    start = (np.arange(len(sizes)) - first_of_night + 0.2 * rng.random(len(sizes))) * slot
    length = np.minimum(_RUN_S, 0.7 * slot) * rng.uniform(0.4, 1.0, len(sizes))

    run = np.repeat(np.arange(len(sizes)), sizes)
    place = np.arange(len(run)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    second = start[run] + (place + 0.8 * rng.random(len(run))) / sizes[run] * length[run]
    moment = _milliseconds(night[run], _NIGHT_STARTS_S + second)
    return Pushes(moment, np.full(len(run), len(words.PEOPLE)), run, place)


def _by_hand(count: int, rng: np.random.Generator) -> Pushes:
    """Scatter pushes over office hours, with a dip at lunch."""
    day = rng.choice(len(DAYS), size=count, p=likelihoods(day_off=0.01))
    morning, afternoon = rng.normal(10.3, 1.1, count), rng.normal(14.8, 1.3, count)
    hour = np.where(rng.integers(0, 2, count), morning, afternoon)
    moment = _milliseconds(day, 3600 * hour.clip(*_OFFICE_HOURS))
    author = rng.choice(len(words.PEOPLE), size=count, p=words.SHARES)
    return Pushes(moment, author, np.full(count, BY_HAND), np.zeros(count, dtype=np.int64))


def _handed_over(by_hand: Pushes, day: int | None) -> Pushes:
    """Let one person's pushes end, and another's begin, on a day."""
    if day is None:
        return by_hand
    leaver, joiner = words.HAND_OVER
    later = by_hand.moment >= midnight(day)
    theirs = np.isin(by_hand.author, words.HAND_OVER)
    return replace(by_hand, author=np.where(theirs, np.where(later, joiner, leaver), by_hand.author))


def _contending(by_hand: Pushes, plot: Plot) -> Pushes:
    """Draw the pushes nearest to ten o'clock on a day together, by several people in turns."""
    if plot.contention is None:
        return by_hand
    ten = midnight(plot.contention) + _TEN_MS
    theirs = np.flatnonzero(np.isin(by_hand.author, words.CONTENDERS))
    drawn = theirs[np.argsort(np.abs(by_hand.moment[theirs] - ten), kind="stable")[: plot.turns]]
    moment, author = by_hand.moment.copy(), by_hand.author.copy()
    moment[drawn] = ten + np.arange(len(drawn)) * plot.turn_ms
    author[drawn] = np.resize(words.CONTENDERS, len(drawn))
    return replace(by_hand, moment=moment, author=author)


def contended(made: Pushes, day: int, lasting_ms: int) -> "Ints":
    """Give the positions of the pushes that were drawn together on a day."""
    ten = midnight(day) + _TEN_MS
    during = (made.moment >= ten) & (made.moment < ten + lasting_ms) & (made.run == BY_HAND)
    return np.flatnonzero(during)


def midnight(day: int) -> int:
    """Give the first millisecond of a day, since 1970."""
    return int(DAYS[day].astype("datetime64[ms]").astype(np.int64))


def _milliseconds(day: "Ints", second: "NDArray[np.float64]") -> "Ints":
    midnight = DAYS[day].astype("datetime64[ms]").astype(np.int64)
    return np.asarray(midnight + (1000 * second).astype(np.int64), dtype=np.int64)
