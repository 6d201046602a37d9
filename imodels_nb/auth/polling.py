"""Requests that are repeated until the provider responds."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from typing import TypeVar

from imodels_nb.errors import ConnectionFailed, IModelsError, RateLimited, ServerError, UnexpectedResponse

_MAX_BACKOFF = 30.0  # seconds

T = TypeVar("T")


class Clock:
    """Clock of a sign-in."""

    def now(self) -> float:
        """Return the seconds of a clock that never jumps."""
        return time.monotonic()

    def wait(self, event: Event, seconds: float) -> bool:
        """Wait that long or until `event` is set, and return whether it is set."""
        return event.wait(seconds)


@dataclass(frozen=True)
class Poller:
    """A request that is repeated as RFC 8628 section 3.5 describes.

    Parameters
    ----------
    clock
        Clock for the pauses between requests.
    stop
        Event that ends the polling at once.
    on_attempt
        Function that is called after each request without a response, with its error or with ``None``.
    """

    clock: Clock
    stop: Event
    on_attempt: Callable[[IModelsError | None], None]

    def poll(
        self,
        request: Callable[[], T],
        *,
        seconds: float,
        interval: Callable[[], float],
        is_transient: Callable[[IModelsError], bool],
    ) -> T | None:
        """Run the request until its result is true.

        Parameters
        ----------
        request
            Function that returns something true for a response, something false for "not yet".
        seconds
            Time limit.
        interval
            Function that returns the seconds between two requests. Each error in a row adds to them.
        is_transient
            Function that returns whether an error is worth another request. All others are raised.

        Returns
        -------
        object
            The response, or ``None`` if the time ran out or `stop` was set.
        """
        deadline = self.clock.now() + seconds
        backoff = 0.0
        while (left := deadline - self.clock.now()) > 0:
            failure = None
            try:
                if response := request():
                    return response
            except IModelsError as error:
                if not is_transient(error):
                    raise
                failure = error
            self.on_attempt(failure)
            backoff = _compute_backoff(backoff, failure)
            if self.clock.wait(self.stop, min(left, interval() + backoff)):
                return None
        return None


def is_transient(error: IModelsError) -> bool:
    """Return whether another try may help before the person has a code or a link."""
    if isinstance(error, ConnectionFailed):
        return error.is_retryable
    return isinstance(error, ServerError | RateLimited)


def is_transient_or_unexpected(error: IModelsError) -> bool:
    """Return whether another try may help while the person signs in.

    An unexpected response can be the sign-in page of a network, which goes away when the person has signed in there.
    """
    return is_transient(error) or isinstance(error, UnexpectedResponse)


def _compute_backoff(backoff: float, failure: IModelsError | None) -> float:
    if failure is None:
        return 0.0
    return max(min(_MAX_BACKOFF, max(1.0, 2 * backoff)), failure.retry_after or 0.0)
