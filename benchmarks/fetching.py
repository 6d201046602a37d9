"""Fetching: against the vendor's client, in requests, in memory, and under a limit."""

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from benchmarks.table import Row
from imodels_hub import Hub, generate_project
from imodels_nb.api import IModelsClient
from imodels_nb.auth import StaticTokenCredential
from imodels_nb.fetch import fetch_changesets

ROUNDS = 3
PEER = Path("build/peer")
PEER_PACKAGE = "@itwin/imodels-client-management@6.2.2"
_LIMIT, _LIMITED_REQUESTS = 20, 100


class Shelf:
    """The service in its own process."""

    def __init__(self, told: dict[str, str]) -> None:
        self.base_url, self.token, self.imodel_id = told["base_url"], told["token"], told["imodel_id"]

    def behave(self, **how: float) -> dict[str, int]:
        """Change how it behaves, and get the counts since the last change."""
        counts: dict[str, int] = requests.get(f"{self.base_url}/shelf", params=how, timeout=60).json()
        return counts

    def fetch(self, workers: int, **arguments: Any) -> float:
        """Fetch everything, and give the seconds that it took."""
        with IModelsClient(StaticTokenCredential(self.token), base_url=self.base_url, max_workers=workers) as client:
            started = time.perf_counter()
            fetch_changesets(client, self.imodel_id, progress=False, **arguments)
            return time.perf_counter() - started


@contextmanager
def shelf(*options: str) -> Iterator[Shelf]:
    """Start the service, with every page made already."""
    command = [sys.executable, "-m", "benchmarks.shelf", *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdin
        assert process.stdout
        served = Shelf(json.loads(process.stdout.readline()))
        served.fetch(8)
        yield served
        process.stdin.close()


def measure() -> list[Row]:
    """Measure all of this topic."""
    with shelf("--changesets", "100000") as served:
        rows = [*_against_the_peer(served), _requests_when_dense(served), *_under_a_limit(served)]
    return [*rows, _requests_when_short(), _requests_with_gaps(), _refresh(), *_memory()]


def _against_the_peer(served: Shelf) -> list[Row]:
    peer, reason = _peer()
    if not peer:
        return [Row("fetch 100,000 against the vendor's client", reason, "≥ 5 x", None)]
    return [_ratio(served, peer, 50, 8, 5), _ratio(served, peer, 150, 16, 8)]


def _ratio(served: Shelf, peer: Callable[[Shelf], float], latency: int, workers: int, least: float) -> Row:
    served.behave(latency_ms=latency)
    peer(served)  # its pages differ in their query: have them made
    pairs = [(peer(served), served.fetch(workers)) for _ in range(ROUNDS)]
    theirs, ours = (statistics.median(column) for column in zip(*pairs, strict=True))
    figure = f"{theirs / ours:.1f} x ({theirs:.2f} s : {ours:.2f} s)"
    what = f"fetch 100,000 at {latency} ms, {workers} workers, against the vendor's client"
    return Row(what, figure, f"≥ {least:g} x", theirs / ours >= least)


def _peer() -> tuple[Callable[[Shelf], float] | None, str]:
    """Install the vendor's client, unless it is there or cannot be had."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return None, "node or npm is missing"
    if not (PEER / "node_modules/@itwin").exists():
        command = [npm, "install", "--silent", "--no-package-lock", "--prefix", str(PEER), PEER_PACKAGE]
        if subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode:
            return None, f"{PEER_PACKAGE} could not be installed"
    return lambda served: _run_peer(node, served), ""


def _run_peer(node: str, served: Shelf) -> float:
    script = Path(__file__).with_name("peer.mjs")
    command = [node, str(script), served.base_url, served.token, served.imodel_id, str(PEER.resolve())]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(json.loads(done.stdout)["seconds"])


def _requests_when_dense(served: Shelf) -> Row:
    served.behave()
    served.fetch(8)
    used = served.behave()["requests"]
    return Row("requests for 100,000, no gaps", str(used), "≤ 108", used <= 100 + 8)


def _under_a_limit(served: Shelf) -> Iterator[Row]:
    floor = (_LIMITED_REQUESTS - _LIMIT) / _LIMIT
    for told, most_refused, most_time in ((1, 0.0, 1.1), (0, 0.1, 1.25)):
        times, refused = [], []
        for _ in range(ROUNDS):
            served.behave(latency_ms=50, rate=_LIMIT, remaining=told)
            times.append(served.fetch(8) / floor)
            counts = served.behave()
            refused.append(counts["refused"] / counts["requests"])
        share, slower = statistics.median(refused), statistics.median(times)
        header = "with" if told else "without"
        yield Row(
            f"{_LIMIT} requests a second, {header} a remaining-calls header",
            f"{share:.0%} refused, {slower:.2f} x the floor",
            f"≤ {most_refused:.0%}, ≤ {most_time} x",
            share <= most_refused and slower <= most_time,
        )


def _requests_when_short() -> Row:
    with Hub(generate_project(1000)) as hub:
        used = _requests_of(hub)
    return Row("requests for 1,000", str(used), "1", used == 1)


def _requests_with_gaps() -> Row:
    with Hub(generate_project(30_000, gaps=True)) as hub:
        used = _requests_of(hub)
    return Row("requests for 30,000 with gaps", str(used), "≤ 106", used <= 3 * 30 + 16)


def _refresh() -> Row:
    with tempfile.TemporaryDirectory() as cache, Hub(generate_project(20_000)) as hub:
        _requests_of(hub, cache=cache)
        hub.push(1000)
        used = _requests_of(hub, cache=cache)
    return Row("refresh of a stored timeline with 1,000 new rows", f"{used} request", "1", used == 1)


def _requests_of(hub: Hub, **arguments: Any) -> int:
    before = len(hub.log)
    with IModelsClient(StaticTokenCredential(hub.token), base_url=hub.base_url) as client:
        fetch_changesets(client, hub.imodel_id, progress=False, **arguments)
    return len(hub.log) - before


_FETCH = """
import json, re, sys
from pathlib import Path
from imodels_nb.api import IModelsClient
from imodels_nb.auth import StaticTokenCredential
from imodels_nb.fetch import fetch_changesets
base_url, token, imodel_id = sys.argv[1:]
def size(what):  # of this program alone; getrusage would begin with its parent's
    return 1024 * int(re.search(what + r":\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
with IModelsClient(StaticTokenCredential(token), base_url=base_url) as client:
    fetch_changesets(client, imodel_id, last_index=1000)
    before = size("VmRSS")
    frame = fetch_changesets(client, imodel_id, progress=False)
    more = size("VmHWM") - before
print(json.dumps([len(frame), more, int(frame.memory_usage(deep=True).sum())]))
"""


def _memory() -> Iterator[Row]:
    with shelf("--changesets", "1000000") as served:
        command = [sys.executable, "-c", _FETCH, served.base_url, served.token, served.imodel_id]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    rows, peak, frame = json.loads(done.stdout)
    for what, size, most in (("peak memory of a fetch of 1,000,000", peak, 500), ("the frame", frame, 230)):
        yield Row(what, f"{size / rows:.0f} B a row", f"≤ {most} B a row", size / rows <= most)
