"""The throttle with threads, the rate controller in simulated time, retry budget."""

import heapq
import math
import random
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from threading import Event, Lock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imodels_nb.api.http_errors import build_http_error
from imodels_nb.api.throttle import RateController, RetryBudget, Stopped, Throttle
from imodels_nb.errors import ConnectionFailed, RateLimited, ServerError

LATENCY = 0.05


def test_permits_are_limited() -> None:
    throttle, lock, now, most = Throttle(3), Lock(), 0, 0

    def work(_: int) -> None:
        nonlocal now, most
        with throttle.acquire_permit(Event()) as permit:
            with lock:
                now += 1
                most = max(most, now)
            time.sleep(0.002)
            permit.record_success()
            with lock:
                now -= 1

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(work, range(60)))
    assert most == 3


def test_rejection_holds_all_threads() -> None:
    throttle = Throttle(4)
    with throttle.acquire_permit(Event()) as permit:
        permit.record_rejection(0.2)
    rejected = time.monotonic()
    assert throttle.compute_wait() > 0
    with throttle.acquire_permit(Event()):
        assert time.monotonic() - rejected >= 0.19
    assert throttle.compute_wait() == 0


def test_waiting_for_a_permit_can_be_stopped() -> None:
    throttle, stop = Throttle(1), Event()
    with throttle.acquire_permit(Event()) as permit:
        permit.record_rejection(60)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(throttle.acquire_permit(stop).__enter__)
        stop.set()
        with pytest.raises(Stopped):
            waiting.result(timeout=30)


def test_permit_is_released_after_an_error() -> None:
    throttle = Throttle(1)
    with pytest.raises(ZeroDivisionError), throttle.acquire_permit(Event()):
        _ = 1 / 0
    with throttle.acquire_permit(Event()):
        pass


@dataclass
class Bucket:
    """A quota that refills all the time, as the service may keep it."""

    rate: float
    burst: int
    retry_after: float
    left: float = field(init=False)
    then: float = 0.0

    def __post_init__(self) -> None:
        self.left = self.burst

    def take(self, now: float) -> int | None:
        self.left = min(self.burst, self.left + (now - self.then) * self.rate)
        self.then = now
        if self.left < 1:
            return None
        self.left -= 1
        return int(self.left)

    def floor(self, requests: int) -> float:
        return (requests - self.burst) / self.rate


@dataclass
class Simulation:
    seconds: float
    rejected: int
    max_at_once: int


def _simulate(requests: int, quota: Bucket, *, header: bool, workers: int = 8, seed: int = 0) -> Simulation:
    """Send requests as the controller allows, and rejected ones again."""
    noise, controller = random.Random(seed), RateController(workers)
    now, remaining, under_way, number, rejected, most, hold_until = 0.0, requests, 0, 0, 0, 0, 0.0
    events: list[tuple[float, int, int, float, int | None, bool]] = []
    while remaining or events:
        if remaining and controller.compute_delay(now, under_way) <= 0:
            assert now >= hold_until
            number, under_way, remaining = number + 1, under_way + 1, remaining - 1
            most = max(most, under_way)
            controller.record_start(now)
            heapq.heappush(events, (now + LATENCY / 2, number, number, now, None, False))
            continue
        pause = controller.compute_delay(now, under_way) if remaining else math.inf
        if not events or now + pause < events[0][0]:
            now += max(pause, 1e-6)
            continue
        now, _, mine, sent_at, left, served = heapq.heappop(events)
        if not served:
            left = quota.take(now)
            heapq.heappush(events, (now + LATENCY * noise.uniform(0.4, 0.7), -number, mine, sent_at, left, True))
            continue
        under_way -= 1
        if left is None:
            rejected, remaining = rejected + 1, remaining + 1
            controller.record_rejection(now, sent_at, quota.retry_after)
            hold_until = now + quota.retry_after
        else:
            controller.record_success(now, mine, number, left if header else None)
    return Simulation(now, rejected, most)


BUCKETS = [Bucket(20, 20, 1), Bucket(50, 50, 1), Bucket(8.33, 50, 2)]


@pytest.mark.parametrize("quota", BUCKETS, ids=str)
@pytest.mark.parametrize("seed", range(5))
def test_no_rejection_with_remaining_calls_header(quota: Bucket, seed: int) -> None:
    quota = Bucket(quota.rate, quota.burst, quota.retry_after)
    simulation = _simulate(300, quota, header=True, seed=seed)
    assert simulation.rejected == 0
    assert simulation.seconds <= 1.1 * quota.floor(300)


@pytest.mark.parametrize("quota", BUCKETS, ids=str)
@pytest.mark.parametrize("seed", range(5))
def test_few_rejections_without_header(quota: Bucket, seed: int) -> None:
    quota = Bucket(quota.rate, quota.burst, quota.retry_after)
    simulation = _simulate(300, quota, header=False, seed=seed)
    assert simulation.rejected <= 0.1 * 300
    assert simulation.seconds <= 1.25 * quota.floor(300)


@settings(max_examples=40)
@given(
    quota=st.builds(Bucket, rate=st.floats(2, 200), burst=st.integers(1, 100), retry_after=st.integers(1, 30)),
    header=st.booleans(),
    workers=st.integers(1, 16),
    seed=st.integers(0, 99),
)
def test_any_quota_is_respected(quota: Bucket, header: bool, workers: int, seed: int) -> None:
    simulation = _simulate(60, quota, header=header, workers=workers, seed=seed)
    assert simulation.max_at_once <= workers
    assert simulation.seconds >= quota.floor(60)
    assert simulation.rejected <= 60


def test_service_without_limits_is_not_slowed_down() -> None:
    simulation = _simulate(800, Bucket(1e9, 10**9, 1), header=False)
    assert simulation.max_at_once == 8
    assert simulation.seconds < 1.2 * 100 * LATENCY


def test_one_congestion_event_halves_once() -> None:
    controller = RateController(8)
    for _ in range(8):
        controller.record_start(0.0)
    for _ in range(8):
        controller.record_rejection(0.1, sent_at=0.0, wait=1.0)
    assert controller.compute_delay(0.2, under_way=0) == pytest.approx(0.9)
    assert (controller.compute_delay(1.2, under_way=3), controller.compute_delay(1.2, under_way=4)) == (0.0, math.inf)
    for number in range(40):
        controller.record_success(1.3, number, number)
    assert controller.compute_delay(1.3, under_way=7) == 0.0
    assert controller.compute_delay(1.3, under_way=8) == math.inf


@pytest.mark.parametrize("is_rejection", [False, True])
def test_only_a_rejection_lowers_the_rate(is_rejection: bool) -> None:
    controller = RateController(8)
    for number in range(40):
        controller.record_start(number / 20)
        controller.record_success(number / 20, number, number)
    record = controller.record_rejection if is_rejection else controller.record_failure
    record(2.0, sent_at=1.9, wait=0.3)
    assert controller.compute_wait(2.1) == pytest.approx(0.2)
    assert controller.compute_delay(2.4, under_way=4) == math.inf
    at_once = 0
    while controller.compute_delay(2.4, under_way=0) == 0.0 and at_once < 100:
        controller.record_start(2.4)
        at_once += 1
    assert (at_once < 100) is is_rejection


def test_longer_hold_wins() -> None:
    controller = RateController(2)
    controller.record_rejection(1.0, sent_at=0.5, wait=10.0)
    controller.record_rejection(1.1, sent_at=0.5, wait=1.0)
    assert controller.compute_wait(2.0) == pytest.approx(9.0)


def test_zero_remaining_calls_are_probed() -> None:
    controller = RateController(8)
    for number in (1, 2):
        controller.record_start(0.0)
        controller.record_success(number / 10, number, number, remaining=0)
    assert 0 < controller.compute_delay(0.2, under_way=0) <= 1.0


def test_responses_under_way_at_a_rejection_count() -> None:
    controller = RateController(8)
    for number in range(20):
        controller.record_start(0.0)
        controller.record_success(0.5, number, number)
    controller.record_rejection(1.0, sent_at=0.5, wait=1.0)
    for number in range(20, 25):
        controller.record_success(1.1, number, number)
    at_once = 0
    while controller.compute_delay(2.0, under_way=0) == 0.0:
        controller.record_start(2.0)
        at_once += 1
    assert at_once == int(0.9 * 25 / 2)


def test_delays_grow_with_jitter_and_keep_retry_after() -> None:
    shared = RetryBudget()
    failure = ServerError("", status_code=503)
    pauses = [[shared.next_delay(failure, attempt) or 0.0 for attempt in (1, 2, 3, 4)] for _ in range(5)]
    assert all(row == sorted(row) for row in pauses)
    assert len({first for first, *_ in pauses}) > 1
    assert 7 <= (RetryBudget().next_delay(RateLimited("", retry_after=7), 1) or 0) <= 8


def test_long_retry_after_is_raised() -> None:
    assert RetryBudget().next_delay(RateLimited("", retry_after=121), 1) is None


def test_retry_budget_is_limited_and_refilled() -> None:
    shared, failure = RetryBudget(), ConnectionFailed("")
    granted = sum(shared.next_delay(failure, 1) is not None for _ in range(100))
    assert granted == 30
    for _ in range(20):
        shared.deposit()
    assert [shared.next_delay(failure, 1) is not None for _ in range(3)] == [True, True, False]
    assert shared.next_delay(RateLimited("", retry_after=1), 1) is not None


@pytest.mark.parametrize("wait", ["0", "date"])
def test_retry_after_of_zero_means_the_ordinary_delay(wait: str) -> None:
    past = format_datetime(datetime.now(UTC) - timedelta(hours=1), usegmt=True)
    failure = build_http_error(429, {"Retry-After": past if wait == "date" else wait}, b"", secret="", permission="")
    assert failure.retry_after == 0
    pauses = [RetryBudget().next_delay(failure, attempt) or 0.0 for attempt in (1, 2, 3, 4)]
    ordinary = [0.15, 0.45, 1.35, 4.05]  # half of each pause: the rest is at random
    assert all(pause >= least for pause, least in zip(pauses, ordinary, strict=True))
    assert "Wait" not in str(failure)
