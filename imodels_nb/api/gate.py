"""One gate, which every request of a client passes, whatever its thread and whatever its iModel."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Condition, Event

from imodels_nb.api.pace import Pace

_LOOK = 0.1  # seconds: how soon somebody who waits here sees that nobody needs the answer any more


class Stopped(Exception):  # noqa: N818 - not an error: nobody needs the answer any more
    """Whoever wanted the answer has stopped wanting it. Never leaves this package."""


class Gate:
    """Lets requests through one by one, as fast as the service bears.

    Parameters
    ----------
    most
        How many requests may ever be under way at once.
    """

    def __init__(self, most: int) -> None:
        self._pace = Pace(most)
        self._under_way = 0
        self._started = 0
        self._changed = Condition()

    def held(self) -> float:
        """Give the seconds for which the service still wants no request; 0 when it wants them."""
        with self._changed:
            return self._pace.held(time.monotonic())

    @contextmanager
    def turn(self, stop: Event) -> Iterator["Turn"]:
        """Wait for permission to send one request; leaving the block says that it is over.

        Raises
        ------
        Stopped
            When `stop` is set before its turn comes.
        """
        turn = self._enter(stop)
        try:
            yield turn
        finally:
            self._leave()

    def _enter(self, stop: Event) -> "Turn":
        with self._changed:
            while (pause := self._pace.wait(time.monotonic(), self._under_way)) > 0 or stop.is_set():
                if stop.is_set():
                    raise Stopped
                self._changed.wait(min(pause, _LOOK))
            self._under_way += 1
            self._started += 1
            self._pace.started(time.monotonic())
            return Turn(self, self._started, time.monotonic())

    def _leave(self) -> None:
        with self._changed:
            self._under_way -= 1
            self._changed.notify_all()

    def answered(self, turn: "Turn", remaining: int | None) -> None:
        """Note what :meth:`Turn.answered` says."""
        with self._changed:
            self._pace.answered(time.monotonic(), turn.number, self._started, remaining)

    def refused(self, turn: "Turn", pause: float) -> None:
        """Note what :meth:`Turn.refused` says."""
        with self._changed:
            self._pace.refused(time.monotonic(), turn.sent_at, pause)


@dataclass(frozen=True)
class Turn:
    """Permission to send one request, and the way to tell how it went."""

    gate: Gate
    number: int
    sent_at: float

    def answered(self, remaining: int | None = None) -> None:
        """Tell that the service answered, and how many calls it says remain."""
        self.gate.answered(self, remaining)

    def refused(self, pause: float) -> None:
        """Tell that the service could not answer, and wants no request for `pause` seconds."""
        self.gate.refused(self, pause)
