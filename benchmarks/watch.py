"""What a process logs and holds, to be looked at from outside."""

import gc
import io
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SETTLE = 20.0  # seconds that connections and threads have to come to their end


@contextmanager
def everything_logged() -> Iterator[io.StringIO]:
    """Collect what all libraries log, at DEBUG."""
    log, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(log), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield log
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def held() -> tuple[int, int]:
    """Count the threads and the open files of this process."""
    gc.collect()
    descriptors = Path("/proc/self/fd")
    return threading.active_count(), len(list(descriptors.iterdir())) if descriptors.exists() else 0


def settled(before: tuple[int, int]) -> tuple[int, int]:
    """Wait for what is held to come back to what it was, and give what it came to."""
    deadline = time.monotonic() + _SETTLE
    while (now := held()) > before and time.monotonic() < deadline:
        time.sleep(0.05)
    return now
