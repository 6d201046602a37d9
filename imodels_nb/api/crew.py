"""A few threads that do what they are given and can be sent away at once."""

import os
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Any, NamedTuple

Work = Callable[[], Any]
_LAST_WAIT = 2.0  # seconds for threads to end: one that opens a connection sees only then that nobody needs it


class Done(NamedTuple):
    """What came of some work: a value, or the exception that ended it."""

    label: Any
    value: Any
    error: BaseException | None


class Crew:
    """Worker threads, started as they are needed, that never keep Python from ending.

    Parameters
    ----------
    most
        How many there may be.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._threads: list[Thread] = []
        self._process = os.getpid()
        self._busy = 0
        self._todo: SimpleQueue[tuple[Any, Work] | None] = SimpleQueue()
        self._done: SimpleQueue[Done] = SimpleQueue()
        self._stop = Event()

    @property
    def idle(self) -> bool:
        """Whether one more could start at once."""
        return self._busy < self._most

    @property
    def busy(self) -> bool:
        """Whether any work is under way."""
        return self._busy > 0

    def submit(self, label: Any, work: Work) -> None:
        """Have some work done."""
        self._busy += 1
        if self._busy > len(self._threads):
            thread = Thread(target=self._serve, name=f"imodels_nb-{len(self._threads) + 1}", daemon=True)
            self._threads.append(thread)
            thread.start()
        self._todo.put((label, work))

    def result(self, timeout: float) -> Done | None:
        """Wait for some work to end; ``None`` when none did in time."""
        if os.getpid() != self._process:
            raise RuntimeError("This fetch was begun in another process, where its threads are. Begin it again here.")
        try:
            done = self._done.get(timeout=timeout)
        except Empty:
            return None
        self._busy -= 1
        return done

    def dismiss(self) -> None:
        """Send everybody home, and wait for them a little; whoever still works has to be stopped before."""
        if os.getpid() != self._process:
            return
        self._stop.set()
        for _ in self._threads:
            self._todo.put(None)
        end = time.monotonic() + _LAST_WAIT
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))

    def _serve(self) -> None:
        while (given := self._todo.get()) is not None and not self._stop.is_set():
            self._done.put(self._do(*given))
            del given  # whoever waits for more must not hold on to what was done

    def _do(self, label: Any, work: Work) -> Done:
        try:
            return Done(label, work(), None)
        except BaseException as error:  # noqa: BLE001 - whoever waits for the work gets it
            return Done(label, None, error)
