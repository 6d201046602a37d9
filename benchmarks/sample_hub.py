"""The sample hub at a million changesets: how soon it serves, what it holds, and whether depth costs anything."""

import json
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.table import Row

CHANGESETS = 1_000_000
DEEP = 900_000
PAGES = 25
CLIENTS = 16
MOST_SECONDS, MOST_BYTES, MOST_RATIO = 15, 1_000_000_000, 1.25


def measure() -> list[Row]:
    """Measure all of this topic."""
    began = time.perf_counter()
    with _serving() as (process_id, address):
        ready, busy = time.perf_counter() - began, _cpu(process_id)
        ratio, shallow = _depth(address)
        served = _at_once(address)
        peak = _peak(process_id)
    what = f"the sample hub with {CHANGESETS:,} changesets"
    return [
        Row(f"{what}: until it serves", f"{ready:.1f} s ({busy} of CPU)", f"≤ {MOST_SECONDS} s", ready <= MOST_SECONDS),
        Row(
            f"{what}: peak memory",
            f"{peak / 1e6:.0f} MB" if peak else "unknown here",
            f"≤ {MOST_BYTES / 1e6:.0f} MB",
            peak <= MOST_BYTES if peak else None,
        ),
        Row(
            f"{what}: a page behind {DEEP:,}, against one behind 0",
            f"{ratio:.2f} x of {1000 * shallow:.0f} ms",
            f"≤ {MOST_RATIO} x",
            ratio <= MOST_RATIO,
        ),
        Row(f"{what}: {CLIENTS} clients at once", f"{served} served", f"{CLIENTS} served", served == CLIENTS),
    ]


@contextmanager
def _serving() -> Iterator[tuple[int, dict[str, Any]]]:
    command = [sys.executable, "-m", "imodels_nb.sample", "--changesets", str(CHANGESETS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process.pid, json.loads(process.stdout.readline() if process.stdout else "{}")
        finally:
            process.terminate()


def _page(address: dict[str, Any], after: int) -> float:
    """Fetch a page that nobody asked for before, and give the seconds that it took."""
    connection = HTTPConnection(urlsplit(address["base_url"]).netloc)
    began = time.perf_counter()
    path = f"/imodels/{address['imodel_id']}/changesets?$top=1000&afterIndex={after}"
    connection.request("GET", path, headers={"Authorization": f"Bearer {address['token']}"})
    rows = json.loads(connection.getresponse().read())["changesets"]
    connection.close()
    if len(rows) != 1000 or rows[0]["index"] != after + 1:  # noqa: PLR2004 - what was asked for
        raise RuntimeError(f"The hub gave another page than that behind {after}.")
    return time.perf_counter() - began


def _depth(address: dict[str, Any]) -> tuple[float, float]:
    """Give what a deep page takes as a ratio to a shallow one, and the seconds of that; medians, taken in turn."""
    times = [(_page(address, step), _page(address, DEEP + step)) for step in range(PAGES)]
    shallow, deep = (statistics.median(column) for column in zip(*times, strict=True))
    return deep / shallow, shallow


def _at_once(address: dict[str, Any]) -> int:
    with ThreadPoolExecutor(CLIENTS) as pool:
        return len(list(pool.map(lambda client: _page(address, 50_000 * client + 1000), range(CLIENTS))))


def _cpu(process_id: int) -> str:
    """Tell the seconds that a process computed for, since those that it waited for a core say nothing of it."""
    stat = Path(f"/proc/{process_id}/stat")
    if not stat.exists():
        return "unknown seconds"
    user, system = map(int, stat.read_text().rpartition(")")[2].split()[11:13])
    return f"{(user + system) / os.sysconf('SC_CLK_TCK'):.1f} s"


def _peak(process_id: int) -> int:
    """Give the largest resident size of a process in bytes, where the system tells."""
    status = Path(f"/proc/{process_id}/status")
    match = re.search(r"VmHWM:\s+(\d+) kB", status.read_text()) if status.exists() else None
    return int(match[1]) * 1024 if match else 0
