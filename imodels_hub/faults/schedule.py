"""Schedules of faults, and the faults of one hub."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from threading import Lock

from imodels_hub.api.responses import Response, ResponseChange
from imodels_hub.faults.effects import Effect, FaultContext, FaultTarget, Proceed

_API_ROUTES = ("/imodels", "/itwins")
_OTHER_ROUTES = ("/blobs", "/idp")


@dataclass
class ScheduledFault:
    """A fault, and the responses that it affects.

    Parameters
    ----------
    effect
        The effect on a response.
    after
        Number of responses before the first that it can affect.
    every
        1 affects each response from then on, 2 every second response.
    times
        Number of responses that it affects; 0 is without limit.
    path
        Part of the routes that it affects. Files and sign-in are affected only if they are named: ``/blobs``,
        ``/idp``.
    """

    effect: Effect
    after: int = 0
    every: int = 1
    times: int = 1
    path: str = ""
    _responses: int = field(default=0, init=False)
    _affected: int = field(default=0, init=False)
    _lock: Lock = field(default_factory=Lock, init=False, repr=False)

    def is_due(self, route: str) -> bool:
        """Return whether the fault affects the next response of a route, and count it."""
        if self.path not in route or (route.startswith(_OTHER_ROUTES) and not self.path):
            return False
        with self._lock:
            turn = self._responses - self.after
            self._responses += 1
            is_due = turn >= 0 and turn % max(self.every, 1) == 0 and (not self.times or self._affected < self.times)
            self._affected += is_due
        return is_due


class FaultInjector:
    """The faults of one hub.

    Parameters
    ----------
    target
        The hub.
    faults
        The first faults.
    """

    def __init__(self, target: FaultTarget, faults: Iterable[ScheduledFault] = ()) -> None:
        self._target = target
        self._scheduled = list(faults)
        self._changes: deque[ResponseChange] = deque()

    def add(self, fault: ScheduledFault | ResponseChange) -> None:
        """Add a scheduled fault, or a function that changes the next response of the API."""
        if isinstance(fault, ScheduledFault):
            self._scheduled.append(fault)
        else:
            self._changes.append(fault)

    def clear(self) -> None:
        """Remove all faults."""
        self._scheduled.clear()
        self._changes.clear()

    def find_effects(self, route: str) -> list[Effect]:
        """Return the effects on the next response of a route, and count it."""
        return [fault.effect for fault in self._scheduled if fault.is_due(route)]

    def apply(self, proceed: Proceed, route: str, effects: Iterable[Effect] | None = None) -> Response:
        """Return a response with its faults; `effects` are those already found for it."""
        context = FaultContext(self._target, route)
        for effect in reversed([*(self.find_effects(route) if effects is None else effects)]):
            proceed = _bind(effect, proceed, context)
        response = proceed()
        return self._changes.popleft()(response) if self._changes and route.startswith(_API_ROUTES) else response


def _bind(effect: Effect, proceed: Proceed, context: FaultContext) -> Callable[[], Response]:
    return lambda: effect(proceed, context)
