"""The rate limit: how many requests a second the subscription allows."""

import math
from collections.abc import Callable


class RateLimit:
    """A bucket of as many requests as a second may bring, refilled all the time.

    Parameters
    ----------
    per_second
        Requests a second; `None` allows any number.
    clock
        Seconds, from any start.
    """

    def __init__(self, per_second: float | None, clock: Callable[[], float]) -> None:
        self._rate = per_second
        self._clock = clock
        self._left = self._size = max(1.0, per_second or 1.0)
        self._then = clock()

    def remaining(self) -> int | None:
        """Tell how many requests would be let through at once; `None` for any number."""
        return None if self._rate is None else int(self._filled())

    def retry_after(self) -> int | None:
        """Take one request out; if there is none, give the whole seconds to wait before the next."""
        if self._rate is None:
            return None
        self._left, self._then = self._filled(), self._clock()
        if self._left < 1:
            return max(1, math.ceil((1 - self._left) / self._rate))
        self._left -= 1
        return None

    def _filled(self) -> float:
        return min(self._size, self._left + (self._clock() - self._then) * (self._rate or 0.0))
