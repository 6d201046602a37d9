"""How fast the service lets us go, played through in simulated time."""

import heapq
import math
import random
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imodels_nb.api.throttle import RateController

LATENCY = 0.05


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
class Played:
    seconds: float
    refused: int
    most_at_once: int


def _play(requests: int, quota: Bucket, *, header: bool, workers: int = 8, seed: int = 0) -> Played:
    """Send `requests` as the pace allows, and again what was refused."""
    noise, pace = random.Random(seed), RateController(workers)
    now, todo, under_way, number, refused, most, asked_to_wait_until = 0.0, requests, 0, 0, 0, 0, 0.0
    events: list[tuple[float, int, int, float, int | None, bool]] = []
    while todo or events:
        if todo and pace.delay(now, under_way) <= 0:
            assert now >= asked_to_wait_until
            number, under_way, todo = number + 1, under_way + 1, todo - 1
            most = max(most, under_way)
            pace.record_start(now)
            heapq.heappush(events, (now + LATENCY / 2, number, number, now, None, False))
            continue
        pause = pace.delay(now, under_way) if todo else math.inf
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
            refused, todo = refused + 1, todo + 1
            pace.record_rejection(now, sent_at, quota.retry_after)
            asked_to_wait_until = now + quota.retry_after
        else:
            pace.record_success(now, mine, number, left if header else None)
    return Played(now, refused, most)


BUCKETS = [Bucket(20, 20, 1), Bucket(50, 50, 1), Bucket(8.33, 50, 2)]


@pytest.mark.parametrize("quota", BUCKETS, ids=str)
@pytest.mark.parametrize("seed", range(5))
def test_where_the_remaining_calls_are_sent_nothing_is_ever_refused(quota: Bucket, seed: int) -> None:
    quota = Bucket(quota.rate, quota.burst, quota.retry_after)
    played = _play(300, quota, header=True, seed=seed)
    assert played.refused == 0
    assert played.seconds <= 1.1 * quota.floor(300)


@pytest.mark.parametrize("quota", BUCKETS, ids=str)
@pytest.mark.parametrize("seed", range(5))
def test_without_them_few_are_refused_and_little_time_is_lost(quota: Bucket, seed: int) -> None:
    quota = Bucket(quota.rate, quota.burst, quota.retry_after)
    played = _play(300, quota, header=False, seed=seed)
    assert played.refused <= 0.1 * 300
    assert played.seconds <= 1.25 * quota.floor(300)


@settings(max_examples=40)
@given(
    quota=st.builds(Bucket, rate=st.floats(2, 200), burst=st.integers(1, 100), retry_after=st.integers(1, 30)),
    header=st.booleans(),
    workers=st.integers(1, 16),
    seed=st.integers(0, 99),
)
def test_under_any_quota_all_is_served_nothing_starts_while_asked_to_wait_and_no_more_at_once_than_allowed(
    quota: Bucket, header: bool, workers: int, seed: int
) -> None:
    played = _play(60, quota, header=header, workers=workers, seed=seed)
    assert played.most_at_once <= workers
    assert played.seconds >= quota.floor(60)
    assert played.refused <= 60


def test_a_service_without_limits_is_not_slowed_down() -> None:
    played = _play(800, Bucket(1e9, 10**9, 1), header=False)
    assert played.most_at_once == 8
    assert played.seconds < 1.2 * 100 * LATENCY


def test_refusals_of_one_event_halve_once_and_answers_add_up_again() -> None:
    pace = RateController(8)
    for _ in range(8):
        pace.record_start(0.0)
    for _ in range(8):
        pace.record_rejection(0.1, sent_at=0.0, hold=1.0)
    assert pace.delay(0.2, under_way=0) == pytest.approx(0.9)
    assert (pace.delay(1.2, under_way=3), pace.delay(1.2, under_way=4)) == (0.0, math.inf)
    for number in range(40):
        pace.record_success(1.3, number, number)
    assert pace.delay(1.3, under_way=7) == 0.0
    assert pace.delay(1.3, under_way=8) == math.inf


def test_a_longer_hold_is_not_cut_short_by_a_shorter_one() -> None:
    pace = RateController(2)
    pace.record_rejection(1.0, sent_at=0.5, hold=10.0)
    pace.record_rejection(1.1, sent_at=0.5, hold=1.0)
    assert pace.remaining_hold(2.0) == pytest.approx(9.0)


def test_remaining_calls_that_stay_at_none_are_still_probed_now_and_then() -> None:
    pace = RateController(8)
    for number in (1, 2):
        pace.record_start(0.0)
        pace.record_success(number / 10, number, number, remaining=0)
    assert 0 < pace.delay(0.2, under_way=0) <= 1.0


def test_answers_that_were_under_way_at_a_refusal_count_as_quota() -> None:
    pace = RateController(8)
    for number in range(20):
        pace.record_start(0.0)
        pace.record_success(0.5, number, number)
    pace.record_rejection(1.0, sent_at=0.5, hold=1.0)
    for number in range(20, 25):
        pace.record_success(1.1, number, number)
    at_once = 0
    while pace.delay(2.0, under_way=0) == 0.0:
        pace.record_start(2.0)
        at_once += 1
    assert at_once == int(0.9 * 25 / 2)
