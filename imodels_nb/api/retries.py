"""Which failures are worth another try, how long before it, and how many a client may ask for in all."""

import random
from http import HTTPStatus
from threading import Lock

from imodels_nb.errors import ConnectionFailed, IModelsError, RateLimited

LONGEST_WAIT = 120.0
"""Seconds of ``Retry-After`` that are waited out; a longer wait is told to the person instead."""

_ATTEMPTS = 5  # of one request, the first included
_FIRST_PAUSE, _GROWTH = 0.3, 3.0  # seconds, and from try to try, as the vendor's client has it
_PASSING = {
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}
_BUDGET, _EARNED = 30.0, 0.1  # retries at hand; what each answer adds


class Retries:
    """The retries that all threads of a client share, so that a service in trouble is not asked more than one in peace.

    A refusal for want of quota draws nothing: the service itself says when to come back.
    """

    def __init__(self) -> None:
        self._left = _BUDGET
        self._lock = Lock()

    def earn(self) -> None:
        """Note an answer."""
        with self._lock:
            self._left = min(_BUDGET, self._left + _EARNED)

    def pause(self, failure: IModelsError, attempt: int) -> float | None:
        """Give the seconds to wait before the next try, or ``None`` when there should be none.

        Parameters
        ----------
        failure
            Why try number `attempt`, counted from 1, brought nothing.
        """
        pause = _pause(failure, attempt)
        if attempt >= _ATTEMPTS or pause > LONGEST_WAIT or not _passing(failure):
            return None
        return pause if isinstance(failure, RateLimited) or self._spend() else None

    def _spend(self) -> bool:
        with self._lock:
            enough = self._left >= 1
            self._left -= enough
        return enough


def _passing(failure: IModelsError) -> bool:
    if isinstance(failure, ConnectionFailed):
        return failure.is_retryable
    return isinstance(failure, RateLimited) or failure.status_code in _PASSING


def _pause(failure: IModelsError, attempt: int) -> float:
    """Wait as long as was asked, or ever longer; a little at random, so that not all come back at once.

    A wait of no time, or until a date that has passed, asks for nothing: then the ordinary pause holds.
    """
    jitter = random.random()  # noqa: S311 - spreads load, guards nothing
    asked = failure.retry_after or 0.0
    if asked >= _FIRST_PAUSE:
        return asked * (1 + 0.05 * jitter)
    return _FIRST_PAUSE * _GROWTH ** (attempt - 1) * (0.5 + jitter)
