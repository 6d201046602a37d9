"""Decoding: page bytes to a typed frame, against the usual ways, in CPU time."""

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
MOST_CPU, MOST_WALL, LEAST = 1.2, 1.0, 3.0
PEERS = Path("build/peers")  # where `make bench` installs orjson, which the package has no use for


def measure() -> list[Row]:
    """Measure all of this topic."""
    pages = list(iterate_changeset_pages(generate_project(ROWS)))
    ways: dict[str, Callable[[], object]] = {
        "ours": lambda: build_changesets_frame([decode(page, CHANGESETS).rows for page in pages]),
        "two threads": lambda: _two_threads(pages),
        "untyped": lambda: _untyped(pages),
        "typed": lambda: _typed(pages),
    }
    orjson = _orjson()
    if orjson:
        ways["orjson"] = lambda: [orjson(page) for page in pages]
    taken = _taken(ways)
    rows = [_against_the_usual(*(taken[way][0] / taken["ours"][0] for way in ("typed", "untyped")))]
    if not orjson:
        return [
            Row("page bytes → typed frame, against orjson.loads", "orjson is missing", f"≤ {MOST_CPU} x CPU", None),
            *rows,
        ]
    cpu, wall = taken["ours"][0] / taken["orjson"][0], taken["two threads"][1] / taken["orjson"][1]
    figure = f"CPU {cpu:.2f} x, wall with two threads {wall:.2f} x"
    return [
        Row(
            "page bytes → typed frame, against orjson.loads",
            figure,
            f"≤ {MOST_CPU} x or ≤ {MOST_WALL} x",
            cpu <= MOST_CPU or wall <= MOST_WALL,
        ),
        *rows,
    ]


def _against_the_usual(typed: float, untyped: float) -> Row:
    what = "page bytes → typed frame, against .json() + DataFrame + astype, CPU"
    return Row(what, f"{typed:.1f} x less ({untyped:.1f} x before astype)", f"≥ {LEAST:g} x less", typed >= LEAST)


def _untyped(pages: list[bytes]) -> pd.DataFrame:
    return pd.DataFrame([row for page in pages for row in json.loads(page)["changesets"]])


def _typed(pages: list[bytes]) -> pd.DataFrame:
    frame = _untyped(pages)
    times = pd.to_datetime(frame["pushDateTime"], utc=True, format="ISO8601")
    return frame.assign(pushDateTime=times).astype(dict.fromkeys(("creatorId", "groupId", "state"), "category"))


def _taken(ways: dict[str, Callable[[], object]]) -> dict[str, tuple[float, float]]:
    """Give the median CPU and wall seconds of each way, tried in turn."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            cpu, wall = time.process_time(), time.perf_counter()
            way()
            taken[name].append((time.process_time() - cpu, time.perf_counter() - wall))
    return {name: (_median(t[0] for t in times), _median(t[1] for t in times)) for name, times in taken.items()}


def _median(values: Iterable[float]) -> float:
    return statistics.median(values)


def _two_threads(pages: list[bytes]) -> pd.DataFrame:
    with ThreadPoolExecutor(2) as pool:
        return build_changesets_frame([page.rows for page in pool.map(lambda page: decode(page, CHANGESETS), pages)])


def _orjson() -> Callable[[bytes], object] | None:
    sys.path.append(str(PEERS))
    try:
        import orjson  # type: ignore[import-not-found]  # noqa: PLC0415 - installed for the benchmark only
    except ImportError:
        return None
    loads: Callable[[bytes], object] = orjson.loads
    return loads
