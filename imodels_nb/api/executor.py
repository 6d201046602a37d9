"""Concurrent execution of fetches on a pool of worker threads.

`run_all` takes a `Step` from a fetch, a worker runs `step.run`, and the caller's thread runs `step.handle`.
`_Scheduler` chooses the next step, and `WorkerPool` has the threads.
"""

import os
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import chain
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from imodels_nb._http import Cancellation
from imodels_nb.api.client import IModelsClient
from imodels_nb.errors import AuthenticationError, IModelsError, Unauthorized

_POLL_INTERVAL = 0.1  # seconds between two calls of `on_wait`
_SHUTDOWN_TIMEOUT = 2.0  # seconds; opening a connection cannot be aborted


@dataclass(frozen=True)
class Step:
    """One request of a fetch.

    Parameters
    ----------
    run
        Function that sends the request and returns its result. It runs in a worker thread.
    handle
        Function that takes the result. It runs in the thread that waits for the fetch.
    """

    run: Callable[[IModelsClient, Event], Any]
    handle: Callable[[Any], None]


class Fetch(Protocol):
    """A fetch of several requests, each of which can depend on the results before."""

    error: IModelsError | None

    @property
    def is_finished(self) -> bool:
        """Whether all results have arrived."""
        ...

    def next_step(self) -> Step | None:
        """Return the next request, or ``None`` if all are under way."""
        ...


AnyFetch = TypeVar("AnyFetch", bound=Fetch)


def _do_nothing() -> None:
    pass


def run_all(
    client: IModelsClient, fetches: Iterable[AnyFetch], on_wait: Callable[[], None] = _do_nothing
) -> Generator[AnyFetch, None, None]:
    """Run fetches concurrently, and yield each as soon as it ends.

    Closing the generator cancels the other fetches.

    Parameters
    ----------
    client
        The client.
    fetches
        Fetches, in order. One starts when the fetches before it leave a worker idle.
    on_wait
        Function to call again and again while it waits.

    Yields
    ------
    Fetch
        A finished fetch, or one with its `error` set. A failed sign-in and a rejected token are raised at once: all
        others would fail, too.
    """
    client.ensure_token()
    pool = WorkerPool(client.max_workers)
    scheduler = _Scheduler(fetches)
    try:
        while True:
            while pool.is_idle and (task := scheduler.next_task()):
                pool.submit(task, partial(task.step.run, client, task.stop))
            if not pool.is_busy:
                return
            on_wait()
            result = pool.wait(_POLL_INTERVAL)
            if result and scheduler.handle(result):
                yield result.task.fetch
    finally:
        scheduler.cancel()
        pool.shut_down()


def run_one(client: IModelsClient, fetch: Fetch, on_wait: Callable[[], None] = _do_nothing) -> None:
    """Run a fetch to its end, and raise its error."""
    with closing(run_all(client, [fetch], on_wait)) as fetches:
        for ended in fetches:
            if ended.error:
                raise ended.error


@dataclass(frozen=True)
class _Task(Generic[AnyFetch]):
    """A step, the fetch that it belongs to, and the event that cancels that fetch."""

    fetch: AnyFetch
    step: Step
    stop: Cancellation


class _Scheduler(Generic[AnyFetch]):
    """The fetches that have started, and those that wait."""

    def __init__(self, fetches: Iterable[AnyFetch]) -> None:
        self._waiting = iter(fetches)
        self._active: dict[AnyFetch, Cancellation] = {}

    def next_task(self) -> _Task[AnyFetch] | None:
        """Return the next step of an active fetch, or else of a new one."""
        for fetch in chain(self._active, self._start_waiting()):
            if step := fetch.next_step():
                return _Task(fetch, step, self._active[fetch])
        return None

    def _start_waiting(self) -> Iterator[AnyFetch]:
        for fetch in self._waiting:
            self._active[fetch] = Cancellation()
            yield fetch

    def handle(self, result: "TaskResult") -> bool:
        """Handle the result of a step, and return whether it ends its fetch."""
        task: _Task[AnyFetch] = result.task
        if task.fetch not in self._active:
            return False
        try:
            if result.error:
                raise result.error
            task.step.handle(result.value)
        except (AuthenticationError, Unauthorized):
            raise
        except IModelsError as error:
            task.fetch.error = error
        if not (task.fetch.error or task.fetch.is_finished):
            return False
        del self._active[task.fetch]
        task.stop.set()
        return True

    def cancel(self) -> None:
        """Cancel the active fetches."""
        for stop in self._active.values():
            stop.set()


class TaskResult(NamedTuple):
    """The result of a task: a value, or the exception that ended it."""

    task: Any
    value: Any
    error: BaseException | None


class WorkerPool:
    """A pool of worker threads, started when they are needed.

    The threads are daemons. Those of :mod:`concurrent.futures` would keep Python from ending while a worker waits.

    Parameters
    ----------
    max_workers
        Largest number of threads.
    """

    def __init__(self, max_workers: int) -> None:
        self._max_workers = max_workers
        self._threads: list[Thread] = []
        self._process_id = os.getpid()
        self._running = 0
        self._tasks: SimpleQueue[tuple[Any, Callable[[], Any]] | None] = SimpleQueue()
        self._results: SimpleQueue[TaskResult] = SimpleQueue()
        self._stop = Event()

    @property
    def is_idle(self) -> bool:
        """Whether one more task could start at once."""
        return self._running < self._max_workers

    @property
    def is_busy(self) -> bool:
        """Whether any task is running."""
        return self._running > 0

    def submit(self, task: Any, function: Callable[[], Any]) -> None:
        """Start the function of a task on a worker thread."""
        self._running += 1
        if self._running > len(self._threads):
            thread = Thread(target=self._run_tasks, name=f"imodels_nb-{len(self._threads) + 1}", daemon=True)
            self._threads.append(thread)
            thread.start()
        self._tasks.put((task, function))

    def wait(self, timeout: float) -> TaskResult | None:
        """Wait for a task to end, and return its result.

        Returns
        -------
        TaskResult or None
            The result; ``None`` after `timeout` seconds.

        Raises
        ------
        RuntimeError
            If this process was forked after the pool was created: it has none of the threads.
        """
        if os.getpid() != self._process_id:
            raise RuntimeError("This fetch was started in another process, which has its threads. Start it again here.")
        try:
            result = self._results.get(timeout=timeout)
        except Empty:
            return None
        self._running -= 1
        return result

    def shut_down(self) -> None:
        """Stop the threads, and wait a little for them. Cancel the running tasks before."""
        if os.getpid() != self._process_id:
            return
        self._stop.set()
        for _ in self._threads:
            self._tasks.put(None)
        deadline = time.monotonic() + _SHUTDOWN_TIMEOUT
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _run_tasks(self) -> None:
        while (item := self._tasks.get()) is not None and not self._stop.is_set():
            task, function = item
            try:
                result = TaskResult(task, function(), None)
            except BaseException as error:  # noqa: BLE001 - raised in the thread that waits
                result = TaskResult(task, None, error)
            self._results.put(result)
            del item, task, function, result  # a waiting worker should not hold large results in memory
