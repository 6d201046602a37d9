"""One throttle for all threads."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock

import pytest

from imodels_nb.api.throttle import Stopped, Throttle


def test_no_more_than_the_most_are_ever_under_way() -> None:
    throttle, lock, now, most = Throttle(3), Lock(), 0, 0

    def work(_: int) -> None:
        nonlocal now, most
        with throttle.permit(Event()) as permit:
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


def test_a_refusal_holds_everybody_back_for_as_long_as_was_asked() -> None:
    throttle = Throttle(4)
    with throttle.permit(Event()) as permit:
        permit.record_rejection(0.2)
    refused = time.monotonic()
    assert throttle.remaining_hold() > 0
    with throttle.permit(Event()):
        assert time.monotonic() - refused >= 0.19
    assert throttle.remaining_hold() == 0


def test_whoever_waits_for_a_turn_can_be_called_off() -> None:
    throttle, stop = Throttle(1), Event()
    with throttle.permit(Event()) as permit:
        permit.record_rejection(60)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(throttle.permit(stop).__enter__)
        stop.set()
        with pytest.raises(Stopped):
            waiting.result(timeout=30)


def test_a_turn_is_given_back_when_its_holder_fails() -> None:
    throttle = Throttle(1)
    with pytest.raises(ZeroDivisionError), throttle.permit(Event()):
        _ = 1 / 0
    with throttle.permit(Event()):
        pass
