"""The faults of one hub: those that wait for the coming answers, and those on a schedule."""

from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from imodels_hub.api.answers import Answer
from imodels_hub.faults.effect import Effect, Scene, Stage
from imodels_hub.faults.schedule import Scheduled

if TYPE_CHECKING:
    from imodels_hub.api.answers import Fault

_API = ("/imodels", "/itwins")


class Injection:
    """Puts faults around answers.

    Parameters
    ----------
    stage
        What the faults can move.
    scheduled
        The faults to begin with.

    Attributes
    ----------
    waiting : collections.deque
        Each is used up by one coming answer of the API, the first first.
    scheduled : list
        Each strikes when its schedule says so; the first is the outermost.
    """

    def __init__(self, stage: Stage, scheduled: Iterable[Scheduled] = ()) -> None:
        self._stage = stage
        self.waiting: deque[Fault] = deque()
        self.scheduled = list(scheduled)

    def striking(self, route: str) -> list[Effect]:
        """Count an answer on all schedules, and give the effects that are for it."""
        return [fault.effect for fault in self.scheduled if fault.strikes(route)]

    def around(self, proceed: Callable[[], Answer], route: str, effects: Iterable[Effect] | None = None) -> Answer:
        """Give the answer that goes out; `effects` are those that strike, if somebody counted already."""
        scene = Scene(self._stage, route)
        for effect in reversed([*(self.striking(route) if effects is None else effects)]):
            proceed = _wrapped(effect, proceed, scene)
        answer = proceed()
        return self.waiting.popleft()(answer) if self.waiting and route.startswith(_API) else answer


def _wrapped(effect: Effect, proceed: Callable[[], Answer], scene: Scene) -> Callable[[], Answer]:
    return lambda: effect(proceed, scene)
