"""Logs, threads and open files of this process."""

import gc
import io
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SETTLE_SECONDS = 20.0  # for connections and threads to end


@contextmanager
def collect_logs() -> Iterator[io.StringIO]:
    """Record the logs of all libraries at level DEBUG."""
    log = io.StringIO()
    root = logging.getLogger()
    handler = logging.StreamHandler(log)
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield log
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def count_threads_and_files() -> tuple[int, int]:
    """Return the number of threads and of open files of this process."""
    gc.collect()
    descriptors = Path("/proc/self/fd")
    return threading.active_count(), len(list(descriptors.iterdir())) if descriptors.exists() else 0


def wait_until_settled(before: tuple[int, int]) -> tuple[int, int]:
    """Wait until the numbers are as before, and return them."""
    deadline = time.monotonic() + _SETTLE_SECONDS
    while (now := count_threads_and_files()) > before and time.monotonic() < deadline:
        time.sleep(0.05)
    return now
