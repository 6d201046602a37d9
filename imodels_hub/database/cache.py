"""A cache of the values that were used last."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

Value = TypeVar("Value")

_MAX_CACHED = 256


class LruCache:
    """A cache of the few hundred values that were used last."""

    def __init__(self) -> None:
        self._values: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = Lock()
        self._generation = 0

    def get(self, key: Hashable, compute: Callable[[], Value]) -> Value:
        """Return the value of a key, computed if it is not cached."""
        with self._lock:
            generation = self._generation
            if key in self._values:
                self._values.move_to_end(key)
                cached: Value = self._values[key]
                return cached
        value = compute()
        with self._lock:
            if generation == self._generation:  # otherwise the value may be outdated already
                self._values[key] = value
                while len(self._values) > _MAX_CACHED:
                    self._values.popitem(last=False)
        return value

    def clear(self) -> None:
        """Remove all values; those that are being computed are not cached."""
        with self._lock:
            self._generation += 1
            self._values.clear()
