"""One gate for all threads."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock

import pytest

from imodels_nb.api.gate import Gate, Stopped


def test_no_more_than_the_most_are_ever_under_way() -> None:
    gate, lock, now, most = Gate(3), Lock(), 0, 0

    def work(_: int) -> None:
        nonlocal now, most
        with gate.turn(Event()) as turn:
            with lock:
                now += 1
                most = max(most, now)
            time.sleep(0.002)
            turn.answered()
            with lock:
                now -= 1

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(work, range(60)))
    assert most == 3


def test_a_refusal_holds_everybody_back_for_as_long_as_was_asked() -> None:
    gate = Gate(4)
    with gate.turn(Event()) as turn:
        turn.refused(0.2)
    refused = time.monotonic()
    assert gate.held() > 0
    with gate.turn(Event()):
        assert time.monotonic() - refused >= 0.19
    assert gate.held() == 0


def test_whoever_waits_for_a_turn_can_be_called_off() -> None:
    gate, stop = Gate(1), Event()
    with gate.turn(Event()) as turn:
        turn.refused(60)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(gate.turn(stop).__enter__)
        stop.set()
        with pytest.raises(Stopped):
            waiting.result(timeout=30)


def test_a_turn_is_given_back_when_its_holder_fails() -> None:
    gate = Gate(1)
    with pytest.raises(ZeroDivisionError), gate.turn(Event()):
        _ = 1 / 0
    with gate.turn(Event()):
        pass
