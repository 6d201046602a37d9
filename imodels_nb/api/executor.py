"""Concurrent execution of fetches on a pool of worker threads.

`run_all` takes a `Step` from a fetch, a worker thread runs `step.run`, and the caller's thread runs `step.handle`.
"""

import os
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Any, Generic, Protocol, TypeVar

from imodels_nb._abortable_http import Cancellation
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
    pool = WorkerPool(client)
    waiting = iter(fetches)
    active: dict[AnyFetch, Cancellation] = {}
    try:
        while True:
            while pool.has_free_worker and (task := _take_next_task(active, waiting)):
                pool.submit(task)
            if not pool.has_running_tasks:
                return
            on_wait()
            finished = pool.wait(_POLL_INTERVAL)
            if finished and finished.fetch in active and _handle_result(finished):
                active.pop(finished.fetch).set()
                yield finished.fetch
    finally:
        for stop in active.values():
            stop.set()
        pool.shut_down()


def run_one(client: IModelsClient, fetch: Fetch, on_wait: Callable[[], None] = _do_nothing) -> None:
    """Run a fetch to its end, and raise its error."""
    with closing(run_all(client, [fetch], on_wait)) as fetches:
        for ended in fetches:
            if ended.error:
                raise ended.error


@dataclass
class Task(Generic[AnyFetch]):
    """A step of a fetch in the worker pool, with its result.

    Parameters
    ----------
    fetch
        The fetch that the step belongs to.
    step
        The step.
    stop
        Event that cancels the fetch.

    Attributes
    ----------
    value
        Result of ``step.run``.
    error
        Exception that ended ``step.run``.
    """

    fetch: AnyFetch
    step: Step
    stop: Cancellation
    value: Any = None
    error: BaseException | None = None

    def run(self, client: IModelsClient) -> None:
        """Run the step, and record its result. No exception leaves a worker thread."""
        try:
            self.value = self.step.run(client, self.stop)
        except BaseException as error:  # noqa: BLE001 - raised in the thread that waits
            self.error = error


def _take_next_task(active: dict[AnyFetch, Cancellation], waiting: Iterator[AnyFetch]) -> Task[AnyFetch] | None:
    """Return the next step of an active fetch, or else of a waiting one."""
    for fetch in chain(active, waiting):
        if fetch not in active:
            active[fetch] = Cancellation()
        if step := fetch.next_step():
            return Task(fetch, step, active[fetch])
    return None


def _handle_result(task: Task[Any]) -> bool:
    """Handle the result of a step, and return whether it ends its fetch."""
    try:
        if task.error:
            raise task.error
        task.step.handle(task.value)
    except (AuthenticationError, Unauthorized):
        raise
    except IModelsError as error:
        task.fetch.error = error
        return True
    return task.fetch.error is not None or bool(task.fetch.is_finished)


class WorkerPool:
    """A pool of worker threads, started when they are needed.

    The threads are daemons. Those of :mod:`concurrent.futures` would keep Python from ending while a worker waits.

    Parameters
    ----------
    client
        The client that the steps get. Its ``max_workers`` limits the number of threads.
    """

    def __init__(self, client: IModelsClient) -> None:
        self._client = client
        self._threads: list[Thread] = []
        self._process_id = os.getpid()
        self._running = 0
        self._tasks: SimpleQueue[Task[Any] | None] = SimpleQueue()
        self._finished: SimpleQueue[Task[Any]] = SimpleQueue()
        self._stop = Event()

    @property
    def has_free_worker(self) -> bool:
        """Whether one more task could start at once."""
        return self._running < self._client.max_workers

    @property
    def has_running_tasks(self) -> bool:
        """Whether any task is running."""
        return self._running > 0

    def submit(self, task: Task[Any]) -> None:
        """Start a task on a worker thread."""
        self._running += 1
        if self._running > len(self._threads):
            thread = Thread(target=self._run_tasks, name=f"imodels_nb-{len(self._threads) + 1}", daemon=True)
            self._threads.append(thread)
            thread.start()
        self._tasks.put(task)

    def wait(self, timeout: float) -> Task[Any] | None:
        """Wait for a task to end, and return it.

        Returns
        -------
        Task or None
            The task with its result; ``None`` after `timeout` seconds.

        Raises
        ------
        RuntimeError
            If this process was forked after the pool was created: it has none of the threads.
        """
        if os.getpid() != self._process_id:
            raise RuntimeError("This fetch was started in another process, which has its threads. Start it again here.")
        try:
            task = self._finished.get(timeout=timeout)
        except Empty:
            return None
        self._running -= 1
        return task

    def shut_down(self) -> None:
        """Stop the threads, and wait a little for them. Cancel the tasks first."""
        if os.getpid() != self._process_id:
            return
        self._stop.set()
        for _ in self._threads:
            self._tasks.put(None)
        deadline = time.monotonic() + _SHUTDOWN_TIMEOUT
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _run_tasks(self) -> None:
        while (task := self._tasks.get()) is not None and not self._stop.is_set():
            task.run(self._client)
            self._finished.put(task)
            del task  # a waiting worker should not hold large results in memory
