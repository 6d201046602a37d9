"""Limits on concurrency and request rate, and retries, for one client."""

import math
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from threading import Condition, Event, Lock

from imodels_nb.errors import ConnectionFailed, IModelsError, RateLimited

MAX_RETRY_AFTER = 120.0
"""Longest ``Retry-After`` in seconds that a request waits for. A longer one is raised at once."""

_POLL_INTERVAL = 0.1  # seconds until a waiting thread notices that its fetch has stopped

# retries, with the delays of the vendor's client
_MAX_ATTEMPTS = 5  # attempts of one request, the first included
_FIRST_DELAY = 0.3  # seconds
_DELAY_GROWTH = 3.0  # ratio of a delay to the one before
_RETRYABLE_STATUSES = {
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}
_RETRY_BUDGET = 30.0  # retries that are available at first
_RETRY_DEPOSIT = 0.1  # retries that each response adds

# the request rate
_MIN_SAMPLE = 10  # responses between two rejections that are enough to estimate a rate
_PROBE_FACTOR = 1.05  # a little more than the estimated rate: the quota may have grown
_REFILL_FACTOR = 0.9  # part of the refilled quota that may be used at once after a wait
_RATE_GROWTH = 0.02  # per second; others may have stopped using the shared quota
_MIN_READING_INTERVAL = 0.25  # seconds between two readings of the remaining calls
_MAX_READING_AGE = 10.0  # seconds; an older reading is too old to compare with
_MIN_RATE = 1.0  # requests per second while no calls remain


class Stopped(Exception):  # noqa: N818 - not an error; never leaves this package
    """The fetch that a request belongs to has stopped."""


class Throttle:
    """The limit on requests of one client, for all its threads and all iModels.

    Parameters
    ----------
    max_requests
        Largest number of requests under way at once.
    """

    def __init__(self, max_requests: int) -> None:
        self.changed = Condition()
        self.controller = RateController(max_requests)
        self.started = 0
        self.under_way = 0

    def compute_wait(self) -> float:
        """Return the seconds until the end of the wait after a failure."""
        with self.changed:
            return self.controller.compute_wait(time.monotonic())

    @contextmanager
    def acquire_permit(self, stop: Event) -> Iterator["Permit"]:
        """Wait for the permit to send one request; the end of the block releases it.

        Raises
        ------
        Stopped
            If `stop` is set before.
        """
        with self.changed:
            while (delay := self.controller.compute_delay(time.monotonic(), self.under_way)) > 0 or stop.is_set():
                if stop.is_set():
                    raise Stopped
                self.changed.wait(min(delay, _POLL_INTERVAL))
            self.under_way += 1
            self.started += 1
            self.controller.record_start(time.monotonic())
            permit = Permit(self, self.started)
        try:
            yield permit
        finally:
            with self.changed:
                self.under_way -= 1
                self.changed.notify_all()


class Permit:
    """The permit to send one request, which takes the result back to the throttle."""

    def __init__(self, throttle: Throttle, number: int) -> None:
        self._throttle = throttle
        self._number = number
        self._sent_at = time.monotonic()

    def record_success(self, remaining: int | None = None) -> None:
        """Record a response, with the number of remaining calls if the service sent it."""
        throttle = self._throttle
        with throttle.changed:
            throttle.controller.record_success(time.monotonic(), self._number, throttle.started, remaining)

    def record_failure(self, wait: float) -> None:
        """Record a failure that is retried: no request starts for `wait` seconds."""
        with self._throttle.changed:
            self._throttle.controller.record_failure(time.monotonic(), self._sent_at, wait)

    def record_rejection(self, wait: float) -> None:
        """Record a rejection because of the quota: no request starts for `wait` seconds."""
        with self._throttle.changed:
            self._throttle.controller.record_rejection(time.monotonic(), self._sent_at, wait)


class RateController:
    """The request rate that the service allows, estimated from its responses.

    Three limits decide when the next request may start:

    - The number of requests under way. It grows slowly, and is halved once for each congestion event.
    - A wait after each failure that is retried, at least as long as the service asked for.
    - A rate. It is estimated from the responses between two rejections or, better, from the number of remaining calls
      where the service sends it. Other failures, such as a broken connection, tell nothing about the quota.

    The times are arguments, and nothing here waits. So a test can simulate hours of a quota in a moment.

    Parameters
    ----------
    max_requests
        Largest number of requests under way at once.
    """

    def __init__(self, max_requests: int) -> None:
        self._max_requests = max_requests
        self._limit = float(max_requests)
        self._wait_until = -math.inf
        self._failed_at = -math.inf
        self._rejected_at = -math.inf
        self._responses = 0
        self._counted_from = math.nan
        self._pending_wait: float | None = None
        self._rate = math.inf
        self._allowance = 1.0
        self._refilled_at = -math.inf
        self._reading: tuple[float, int, int] | None = None

    def compute_delay(self, now: float, under_way: int) -> float:
        """Return the seconds until the next request may start.

        They are infinite while too many requests are under way.
        """
        if under_way >= int(self._limit):
            return math.inf
        if self._pending_wait is not None and now >= self._wait_until:
            self._estimate_from_rejection(self._pending_wait)
        self._refill(now)
        shortage = (1 - self._allowance) / self._rate if self._allowance < 1 else 0.0
        return max(self._wait_until - now, shortage, 0.0)

    def compute_wait(self, now: float) -> float:
        """Return the seconds until the end of the wait after a failure."""
        return max(self._wait_until - now, 0.0)

    def record_start(self, now: float) -> None:
        """Record that a request starts."""
        if math.isnan(self._counted_from):
            self._counted_from = now
        self._allowance -= 1

    def record_success(self, now: float, number: int, started: int, remaining: int | None = None) -> None:
        """Record the response to a request.

        Parameters
        ----------
        now
            Time of the response.
        number
            Number of the request.
        started
            Number of all requests that have started.
        remaining
            Number of remaining calls, if the service sent it.
        """
        self._responses += 1
        self._limit = min(self._max_requests, self._limit + 1 / self._limit)
        if remaining is not None:
            self._estimate_from_remaining(now, number, remaining)
            self._allowance = remaining - (started - number)
            self._refilled_at = now

    def record_failure(self, now: float, sent_at: float, wait: float) -> None:
        """Record a failure that is retried: no request starts for `wait` seconds.

        A request that was under way at an earlier failure belongs to the same event, and does not halve the limit
        again.
        """
        self._wait_until = max(self._wait_until, now + wait)
        if sent_at > self._failed_at:
            self._failed_at = now
            self._limit = max(1.0, self._limit / 2)

    def record_rejection(self, now: float, sent_at: float, wait: float) -> None:
        """Record a failure because of the quota. The rate is estimated after the wait."""
        self.record_failure(now, sent_at, wait)
        if sent_at <= self._rejected_at:
            return
        self._rejected_at = now
        if self._reading is None:
            self._pending_wait = wait

    def _refill(self, now: float) -> None:
        if math.isinf(self._rate):
            return
        passed = max(now - self._refilled_at, 0.0)
        self._allowance = min(max(1.0, self._allowance), self._allowance + passed * self._rate)
        self._refilled_at = now
        if self._reading is None:
            self._rate *= 1 + _RATE_GROWTH * passed

    def _estimate_from_rejection(self, wait: float) -> None:
        """Compute the rate from the number of responses between two rejections.

        The first wait refills the quota, too. This runs after the wait: a request that was under way at the rejection
        may have been accepted, and counts.
        """
        self._pending_wait = None
        if self._responses < _MIN_SAMPLE:
            return
        passed = self._rejected_at - self._counted_from + (wait if math.isinf(self._rate) else 0.0)
        quota = self._responses / passed
        self._rate = _PROBE_FACTOR * quota
        self._allowance = _REFILL_FACTOR * quota * wait
        self._refilled_at = self._wait_until
        self._responses = 0
        self._counted_from = self._rejected_at

    def _estimate_from_remaining(self, now: float, number: int, remaining: int) -> None:
        """Compute the rate from two readings of the remaining calls.

        The refill is the change, plus the number of requests in between.
        """
        if self._reading is None:
            self._reading = (now, number, remaining)
            self._rate = _MIN_RATE
            return
        since, first, before = self._reading
        if now - since >= _MIN_READING_INTERVAL:
            self._rate = max(_MIN_RATE, (remaining - before + number - first) / (now - since))
        if now - since >= _MAX_READING_AGE:
            self._reading = (now, number, remaining)


class RetryBudget:
    """The retries that all threads of a client share.

    A failing service gets no more traffic than a healthy one: each response adds a tenth of a retry. A rejection
    because the quota is used up (429) takes no retry from the budget, since the service sends the time of the next try.
    """

    def __init__(self) -> None:
        self._retries = _RETRY_BUDGET
        self._lock = Lock()

    def deposit(self) -> None:
        """Add a part of a retry, for a response."""
        with self._lock:
            self._retries = min(_RETRY_BUDGET, self._retries + _RETRY_DEPOSIT)

    def next_delay(self, failure: IModelsError, attempt: int) -> float | None:
        """Return the seconds to wait before the next attempt, or ``None`` for no retry.

        Parameters
        ----------
        failure
            Error of the attempt before.
        attempt
            Number of that attempt, from 1.
        """
        delay = compute_backoff(failure.retry_after, attempt)
        if attempt >= _MAX_ATTEMPTS or delay > MAX_RETRY_AFTER or not _is_retryable(failure):
            return None
        return delay if isinstance(failure, RateLimited) or self._withdraw() else None

    def _withdraw(self) -> bool:
        with self._lock:
            is_enough = self._retries >= 1
            self._retries -= is_enough
        return is_enough


def _is_retryable(failure: IModelsError) -> bool:
    if isinstance(failure, ConnectionFailed):
        return failure.is_retryable
    return isinstance(failure, RateLimited) or failure.status_code in _RETRYABLE_STATUSES


def compute_backoff(retry_after: float | None, attempt: int) -> float:
    """Return ``Retry-After``, or a delay that grows with each attempt.

    Jitter keeps several clients from retrying at the same moment. Without a ``Retry-After`` of at least
    `_FIRST_DELAY`, the growing delay is used.
    """
    jitter = random.random()  # noqa: S311 - spreads load, guards nothing
    if retry_after is not None and retry_after >= _FIRST_DELAY:
        return retry_after * (1 + 0.05 * jitter)
    return _FIRST_DELAY * _DELAY_GROWTH ** (attempt - 1) * (0.5 + jitter)
