"""How fast the service lets us go: what its answers teach, as arithmetic on times that are passed in.

Nothing here waits, or knows a thread or a clock, so that hours of quota can be played through in a test at once.
"""

import math

_ENOUGH = 10  # fewer answers between two refusals teach no pace
_PROBING = 1.05  # try a little more than was learnt: there may be more by now
_SAVED = 0.9  # of the quota that should come in during a hold, to be used at once after it
_GROWTH = 0.02  # a second; others may have stopped using the quota that we share
_LEARNING = 0.25  # seconds between two readings of the remaining calls, at least
_MEMORY = 10.0  # seconds after which a reading is too old to compare with
_SLOWEST = 1.0  # requests a second while the remaining calls stay at none


class Pace:
    """Tells when the next request may start.

    Three things bound it, each only when there is a reason: how many are under way (additive increase, one halving for
    each congestion event); a hold, for as long as the service asked; and a rate, learnt from the answers between two
    refusals or, better, from the remaining calls where the service sends them.

    Parameters
    ----------
    most
        How many requests may ever be under way at once.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._limit = float(most)
        self._held_until = -math.inf
        self._refused_at = -math.inf
        self._answered, self._counted_from = 0, math.nan
        self._lesson: float | None = None
        self._rate = math.inf
        self._allowance, self._filled_at = 1.0, -math.inf
        self._reading: tuple[float, int, int] | None = None

    def wait(self, now: float, under_way: int) -> float:
        """Give the seconds until the next request may start; infinite while too many are under way."""
        if under_way >= int(self._limit):
            return math.inf
        if self._lesson is not None and now >= self._held_until:
            self._learn_from_refusal(self._lesson)
        self._refill(now)
        short = (1 - self._allowance) / self._rate if self._allowance < 1 else 0.0
        return max(self._held_until - now, short, 0.0)

    def held(self, now: float) -> float:
        """Give the seconds for which the service asked us to stay away."""
        return max(self._held_until - now, 0.0)

    def started(self, now: float) -> None:
        """Note that a request starts."""
        if math.isnan(self._counted_from):
            self._counted_from = now
        self._allowance -= 1

    def answered(self, now: float, number: int, started: int, remaining: int | None = None) -> None:
        """Note an answer to request `number`, when `started` had been started, perhaps with the remaining calls."""
        self._answered += 1
        self._limit = min(self._most, self._limit + 1 / self._limit)
        if remaining is not None:
            self._learn_from_reading(now, number, remaining)
            self._allowance = remaining - (started - number)
            self._filled_at = now

    def refused(self, now: float, sent_at: float, pause: float) -> None:
        """Note that the service turned a request away and wants none for `pause` seconds.

        What was already under way when it did so before belongs to the same event, and halves nothing again.
        """
        self._held_until = max(self._held_until, now + pause)
        if sent_at <= self._refused_at:
            return
        self._refused_at = now
        self._limit = max(1.0, self._limit / 2)
        if self._reading is None:
            self._lesson = pause

    def _refill(self, now: float) -> None:
        if math.isinf(self._rate):
            return
        passed = max(now - self._filled_at, 0.0)
        self._allowance = min(max(1.0, self._allowance), self._allowance + passed * self._rate)
        self._filled_at = now
        if self._reading is None:
            self._rate *= 1 + _GROWTH * passed

    def _learn_from_refusal(self, pause: float) -> None:
        """Take what was answered between two refusals for the quota of that time; the first hold refills it, too.

        This waits until the hold is over: what was under way at the refusal may have been let through, and counts.
        """
        self._lesson = None
        if self._answered < _ENOUGH:
            return
        passed = self._refused_at - self._counted_from + (pause if math.isinf(self._rate) else 0.0)
        quota = self._answered / passed
        self._rate = _PROBING * quota
        self._allowance, self._filled_at = _SAVED * quota * pause, self._held_until
        self._answered, self._counted_from = 0, self._refused_at

    def _learn_from_reading(self, now: float, number: int, remaining: int) -> None:
        """Compare two readings: what came in is what is left more, plus what was asked in between."""
        if self._reading is None:
            self._reading, self._rate = (now, number, remaining), _SLOWEST
            return
        since, first, left = self._reading
        if now - since >= _LEARNING:
            self._rate = max(_SLOWEST, (remaining - left + number - first) / (now - since))
        if now - since >= _MEMORY:
            self._reading = (now, number, remaining)
