"""What was written once and is sent again as long as nothing changes."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

Value = TypeVar("Value")

_MOST = 256


class Kept:
    """The last few hundred values that were asked for, until `forget`."""

    def __init__(self) -> None:
        self._values: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = Lock()
        self._edition = 0

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """Give the value of a key, made anew if it is not there."""
        with self._lock:
            edition = self._edition
            if key in self._values:
                self._values.move_to_end(key)
                kept: Value = self._values[key]
                return kept
        value = make()
        with self._lock:
            if edition == self._edition:
                self._values[key] = value
                while len(self._values) > _MOST:
                    self._values.popitem(last=False)
        return value

    def forget(self) -> None:
        """Let all values go, those that are being made included."""
        with self._lock:
            self._edition += 1
            self._values.clear()
