"""Many walks at once: what each wants to know next is asked by one crew, through one gate."""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import chain
from threading import Event
from typing import Any, Generic, Protocol, TypeVar

from imodels_nb.api.client import IModelsClient
from imodels_nb.api.crew import Crew
from imodels_nb.api.transport import Cancellation
from imodels_nb.errors import AuthenticationError, IModelsError

_LOOK = 0.1  # seconds between two looks at how far it is


@dataclass(frozen=True)
class Job:
    """One thing to ask in a worker thread, and who takes the answer, in the thread of whoever waits for the walk."""

    ask: Callable[[IModelsClient, Event], Any]
    take: Callable[[Any], None]


class Walk(Protocol):
    """Something to be read in several requests, whose plan depends on what they bring."""

    failure: IModelsError | None

    @property
    def finished(self) -> bool:
        """Whether everything has come."""
        ...

    def next(self) -> Job | None:
        """Give what to ask now, or ``None`` when there is nothing to be had at this moment."""
        ...


AnyWalk = TypeVar("AnyWalk", bound=Walk)


def drive(
    client: IModelsClient, walks: Iterable[AnyWalk], look: Callable[[], None] = lambda: None
) -> Generator[AnyWalk, None, None]:
    """Walk all walks to their ends, and yield each when it is there; close the iterator to give up the others.

    Parameters
    ----------
    client
        Whom to ask.
    walks
        Begun one after the other, as soon as there are workers that the ones before leave idle.
    look
        Called again and again while it waits.

    Yields
    ------
    Walk
        Finished, or with its `failure` set. A failed sign-in is raised at once: it would fail all the others, too.
    """
    client.sign_in()
    crew = Crew(client.max_workers)
    roster = _Roster(walks)
    try:
        yield from _driven(client, crew, roster, look)
    finally:
        roster.stop()
        crew.dismiss()


def walk_to_the_end(client: IModelsClient, walk: Walk, look: Callable[[], None] = lambda: None) -> None:
    """Walk one walk; its failure is raised."""
    with closing(drive(client, [walk], look)) as walks:
        for ended in walks:
            if ended.failure:
                raise ended.failure


def _driven(
    client: IModelsClient, crew: Crew, roster: "_Roster[AnyWalk]", look: Callable[[], None]
) -> Iterator[AnyWalk]:
    while True:
        while crew.idle and (errand := roster.next()):
            crew.submit(errand, partial(errand.job.ask, client, errand.stop))
        if not crew.busy:
            return
        look()
        done = crew.result(_LOOK)
        if done and roster.is_over(done.label, done.value, done.error):
            yield done.label.walk


@dataclass(frozen=True)
class _Errand(Generic[AnyWalk]):
    walk: AnyWalk
    job: Job
    stop: Cancellation


class _Roster(Generic[AnyWalk]):
    """The walks that are under way, and those to come."""

    def __init__(self, walks: Iterable[AnyWalk]) -> None:
        self._coming = iter(walks)
        self._active: dict[AnyWalk, Cancellation] = {}

    def next(self) -> _Errand[AnyWalk] | None:
        """Give the next thing to ask: of a walk under way if there is any, otherwise of a new one."""
        for walk in chain(self._active, self._begun()):
            if job := walk.next():
                return _Errand(walk, job, self._active[walk])
        return None

    def stop(self) -> None:
        """Hang up whatever is still under way."""
        for stop in self._active.values():
            stop.set()

    def _begun(self) -> Iterator[AnyWalk]:
        for walk in self._coming:
            self._active[walk] = Cancellation()
            yield walk

    def is_over(self, errand: _Errand[AnyWalk], value: Any, error: BaseException | None) -> bool:
        """Hand an answer to its walk, and tell whether this ends it."""
        walk = errand.walk
        if walk not in self._active:
            return False
        walk.failure = _failure(errand.job, value, error)
        if walk.failure or walk.finished:
            del self._active[walk]
            errand.stop.set()
            return True
        return False


def _failure(job: Job, value: Any, error: BaseException | None) -> IModelsError | None:
    """Have the answer taken; what fails more than this one walk is raised."""
    try:
        if error:
            raise error
        job.take(value)
    except AuthenticationError:
        raise
    except IModelsError as failure:
        return failure
    return None
