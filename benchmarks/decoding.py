"""CPU time from page bytes to a typed frame, against the usual ways."""

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd

from benchmarks.table import Row
from imodels_hub import generate_project, iterate_changeset_pages
from imodels_nb.api.decode import decode
from imodels_nb.api.schemas import CHANGESETS
from imodels_nb.frames import build_changesets_frame

ROWS = 100_000
ROUNDS = 5
MAX_CPU_RATIO = 0.6
MAX_WALL_RATIO = 0.5
MIN_SPEEDUP = 3.0
PEERS = Path("build/peers")  # `make bench` installs orjson there; the package does not use it


def measure() -> list[Row]:
    """Return the rows of this topic."""
    pages = list(iterate_changeset_pages(generate_project(ROWS)))
    ways: dict[str, Callable[[], object]] = {
        "ours": lambda: build_changesets_frame([decode(page, CHANGESETS).rows for page in pages]),
        "two threads": lambda: _read_with_two_threads(pages),
        "untyped": lambda: _read_untyped(pages),
        "typed": lambda: _read_typed(pages),
    }
    orjson = _import_orjson()
    if orjson:
        ways["orjson"] = lambda: [orjson(page) for page in pages]
    seconds = _measure_ways(ways)
    rows = [_compare_with_pandas(*(seconds[way][0] / seconds["ours"][0] for way in ("typed", "untyped")))]
    if not orjson:
        return [
            Row(
                "page bytes → typed frame, against orjson.loads", "orjson is missing", f"≤ {MAX_CPU_RATIO} x CPU", None
            ),
            *rows,
        ]
    cpu, wall = seconds["ours"][0] / seconds["orjson"][0], seconds["two threads"][1] / seconds["orjson"][1]
    figure = f"CPU {cpu:.2f} x, wall with two threads {wall:.2f} x"
    return [
        Row(
            "page bytes → typed frame, against orjson.loads",
            figure,
            f"≤ {MAX_CPU_RATIO} x or ≤ {MAX_WALL_RATIO} x",
            cpu <= MAX_CPU_RATIO or wall <= MAX_WALL_RATIO,
        ),
        *rows,
    ]


def _compare_with_pandas(typed: float, untyped: float) -> Row:
    what = "page bytes → typed frame, against .json() + DataFrame + astype, CPU"
    return Row(
        what, f"{typed:.1f} x less ({untyped:.1f} x before astype)", f"≥ {MIN_SPEEDUP:g} x less", typed >= MIN_SPEEDUP
    )


def _read_untyped(pages: list[bytes]) -> pd.DataFrame:
    return pd.DataFrame([row for page in pages for row in json.loads(page)["changesets"]])


def _read_typed(pages: list[bytes]) -> pd.DataFrame:
    frame = _read_untyped(pages)
    times = pd.to_datetime(frame["pushDateTime"], utc=True, format="ISO8601")
    return frame.assign(pushDateTime=times).astype(dict.fromkeys(("creatorId", "groupId", "state"), "category"))


def _measure_ways(ways: dict[str, Callable[[], object]]) -> dict[str, tuple[float, float]]:
    """Return the median CPU and wall seconds of each way, in interleaved rounds."""
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            cpu, wall = time.process_time(), time.perf_counter()
            way()
            seconds[name].append((time.process_time() - cpu, time.perf_counter() - wall))
    return {name: (_median(t[0] for t in times), _median(t[1] for t in times)) for name, times in seconds.items()}


def _median(values: Iterable[float]) -> float:
    return statistics.median(values)


def _read_with_two_threads(pages: list[bytes]) -> pd.DataFrame:
    with ThreadPoolExecutor(2) as pool:
        return build_changesets_frame([page.rows for page in pool.map(lambda page: decode(page, CHANGESETS), pages)])


def _import_orjson() -> Callable[[bytes], object] | None:
    sys.path.append(str(PEERS))
    try:
        import orjson  # type: ignore[import-not-found]  # noqa: PLC0415 - installed for the benchmark only
    except ImportError:
        return None
    loads: Callable[[bytes], object] = orjson.loads
    return loads
