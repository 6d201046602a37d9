"""When a fault strikes."""

from dataclasses import dataclass, field
from threading import Lock

from imodels_hub.faults.effect import Effect

_APART = ("/blobs", "/idp")


@dataclass
class Scheduled:
    """A fault, and the answers that it is for.

    Parameters
    ----------
    effect
        What it does.
    after
        How many answers pass before it is its turn.
    every
        Which of the answers from then on: 1 is each, 2 every other.
    times
        How often it strikes; 0 is for ever.
    path
        Part of the routes that it is for. The storage's files and the provider count only if they are named:
        ``/blobs``, ``/idp``.
    """

    effect: Effect
    after: int = 0
    every: int = 1
    times: int = 1
    path: str = ""
    _seen: int = field(default=0, init=False)
    _struck: int = field(default=0, init=False)
    _lock: Lock = field(default_factory=Lock, init=False, repr=False)

    def strikes(self, route: str) -> bool:
        """Count an answer, and tell whether the fault is for it."""
        if self.path not in route or (route.startswith(_APART) and not self.path):
            return False
        with self._lock:
            turn = self._seen - self.after
            self._seen += 1
            due = turn >= 0 and turn % max(self.every, 1) == 0 and self._struck < (self.times or self._struck + 1)
            self._struck += due
        return due
