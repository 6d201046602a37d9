"""Time, requests and memory of a fetch, also against the vendor's client."""

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
_REQUESTS_PER_SECOND = 20
_LIMITED_REQUESTS = 100
_SPEEDUP_AT_50_MS = 6
_SPEEDUP_AT_150_MS = 10


class Service:
    """The page server in its own process."""

    def __init__(self, started: dict[str, str]) -> None:
        self.base_url = started["base_url"]
        self.token = started["token"]
        self.imodel_id = started["imodel_id"]

    def configure(self, **settings: float) -> dict[str, int]:
        """Set latency and limit; return the counts since the last call."""
        counts: dict[str, int] = requests.get(f"{self.base_url}/configure", params=settings, timeout=60).json()
        return counts

    def fetch(self, workers: int, **arguments: Any) -> float:
        """Fetch all changesets, and return the seconds that it took."""
        with IModelsClient(StaticTokenCredential(self.token), base_url=self.base_url, max_workers=workers) as client:
            started = time.perf_counter()
            fetch_changesets(client, self.imodel_id, progress=False, **arguments)
            return time.perf_counter() - started


@contextmanager
def start_service(*options: str) -> Iterator[Service]:
    """Start the page server, and build every page."""
    command = [sys.executable, "-m", "benchmarks.page_server", *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdin
        assert process.stdout
        service = Service(json.loads(process.stdout.readline()))
        service.fetch(8)
        yield service
        process.stdin.close()


def measure() -> list[Row]:
    """Return the rows of this topic."""
    with start_service("--changesets", "100000") as service:
        rows = [*_compare_with_vendor(service), _count_requests_without_gaps(service), *_measure_rate_limit(service)]
    return [
        *rows,
        _count_requests_of_one_page(),
        _count_requests_with_gaps(),
        _count_requests_of_refresh(),
        *_measure_memory(),
    ]


def _compare_with_vendor(service: Service) -> list[Row]:
    peer, reason = _find_vendor_client()
    if not peer:
        return [Row("fetch 100,000 against the vendor's client", reason, f"≥ {_SPEEDUP_AT_50_MS} x", None)]
    return [
        _compare_times(service, peer, 50, 8, _SPEEDUP_AT_50_MS),
        _compare_times(service, peer, 150, 16, _SPEEDUP_AT_150_MS),
    ]


def _compare_times(service: Service, peer: Callable[[Service], float], latency: int, workers: int, least: float) -> Row:
    service.configure(latency_ms=latency)
    peer(service)  # its pages have another query, so the hub builds them now
    pairs = [(peer(service), service.fetch(workers)) for _ in range(ROUNDS)]
    theirs, ours = (statistics.median(column) for column in zip(*pairs, strict=True))
    figure = f"{theirs / ours:.1f} x ({theirs:.2f} s : {ours:.2f} s)"
    what = f"fetch 100,000 at {latency} ms, {workers} workers, against the vendor's client"
    return Row(what, figure, f"≥ {least:g} x", theirs / ours >= least)


def _find_vendor_client() -> tuple[Callable[[Service], float] | None, str]:
    """Return the vendor's client, or the reason why it is missing."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return None, "node or npm is missing"
    if not (PEER / "node_modules/@itwin").exists():
        command = [npm, "install", "--silent", "--no-package-lock", "--prefix", str(PEER), PEER_PACKAGE]
        if subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode:
            return None, f"{PEER_PACKAGE} could not be installed"
    return lambda service: _run_vendor_client(node, service), ""


def _run_vendor_client(node: str, service: Service) -> float:
    script = Path(__file__).with_name("peer.mjs")
    command = [node, str(script), service.base_url, service.token, service.imodel_id, str(PEER.resolve())]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(json.loads(done.stdout)["seconds"])


def _count_requests_without_gaps(service: Service) -> Row:
    service.configure()
    service.fetch(8)
    used = service.configure()["requests"]
    return Row("requests for 100,000, no gaps", str(used), "≤ 108", used <= 100 + 8)


def _measure_rate_limit(service: Service) -> Iterator[Row]:
    floor = (_LIMITED_REQUESTS - _REQUESTS_PER_SECOND) / _REQUESTS_PER_SECOND
    for has_header, max_refused, max_time in ((1, 0.0, 1.1), (0, 0.1, 1.25)):
        times, refused = [], []
        for _ in range(ROUNDS):
            service.configure(latency_ms=50, rate=_REQUESTS_PER_SECOND, remaining=has_header)
            times.append(service.fetch(8) / floor)
            counts = service.configure()
            refused.append(counts["refused"] / counts["requests"])
        share, slower = statistics.median(refused), statistics.median(times)
        header = "with" if has_header else "without"
        yield Row(
            f"{_REQUESTS_PER_SECOND} requests a second, {header} a remaining-calls header",
            f"{share:.0%} refused, {slower:.2f} x the floor",
            f"≤ {max_refused:.0%}, ≤ {max_time} x",
            share <= max_refused and slower <= max_time,
        )


def _count_requests_of_one_page() -> Row:
    with Hub(generate_project(1000)) as hub:
        used = _count_requests(hub)
    return Row("requests for 1,000", str(used), "1", used == 1)


def _count_requests_with_gaps() -> Row:
    with Hub(generate_project(30_000, gaps=True)) as hub:
        used = _count_requests(hub)
    return Row("requests for 30,000 with gaps", str(used), "≤ 106", used <= 3 * 30 + 16)


def _count_requests_of_refresh() -> Row:
    with tempfile.TemporaryDirectory() as cache, Hub(generate_project(20_000)) as hub:
        _count_requests(hub, cache=cache)
        hub.push(1000)
        used = _count_requests(hub, cache=cache)
    return Row("refresh of a stored timeline with 1,000 new rows", f"{used} request", "1", used == 1)


def _count_requests(hub: Hub, **arguments: Any) -> int:
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
def size(what):  # of this program alone; getrusage would start with the parent's
    return 1024 * int(re.search(what + r":\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
with IModelsClient(StaticTokenCredential(token), base_url=base_url) as client:
    fetch_changesets(client, imodel_id, last_index=1000)
    before = size("VmRSS")
    frame = fetch_changesets(client, imodel_id, progress=False)
    more = size("VmHWM") - before
print(json.dumps([len(frame), more, int(frame.memory_usage(deep=True).sum())]))
"""


def _measure_memory() -> Iterator[Row]:
    with start_service("--changesets", "1000000") as service:
        command = [sys.executable, "-c", _FETCH, service.base_url, service.token, service.imodel_id]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    rows, peak, frame = json.loads(done.stdout)
    for what, size, most in (("peak memory of a fetch of 1,000,000", peak, 500), ("the frame", frame, 230)):
        yield Row(what, f"{size / rows:.0f} B a row", f"≤ {most} B a row", size / rows <= most)
