"""Reset of objects in a forked process."""

import os
from typing import Protocol
from weakref import WeakSet


class Resettable(Protocol):
    """An object with locks, threads or connections, which a child must not use."""

    def reset_after_fork(self) -> None:
        """Set new locks and connections in a child process."""
        ...


_registered: "WeakSet[Resettable]" = WeakSet()


def register_for_fork(instance: Resettable) -> None:
    """Register an object whose `reset_after_fork` runs in every forked child process.

    Only the thread that forks exists in the child. A lock that another thread held at that moment would stay locked
    there, a thread that worked for the object is gone, and two processes would use one connection.
    """
    _registered.add(instance)


def _reset_all() -> None:
    for instance in list(_registered):
        instance.reset_after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_all)
