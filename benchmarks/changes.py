"""Reading of changeset files with class and property names, against the vendor."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from benchmarks.table import Row
from imodels_hub.plant.imodel import PlantIModel
from imodels_hub.plant.timeline import build_file
from imodels_nb import read_changes, verify_files

ROUNDS = 3
MIN_SPEEDUP = 5.0
MIN_VERIFIED = 100e6  # bytes a second, unpacked
MANY_FILES = 10
MORE_FILES = 30  # so many that `read_changes` uses several processes for elements
ELEMENTS = 100_000  # in each of them
MAX_PEAK = 900  # bytes for each element change
ENGINE = Path("build/engine")  # `make conformance` installs the vendor's engine there
LARGE = Path("build/large-imodel")
SCRIPTS = Path(__file__).parent / "vendor_reader"
TITLES = {2: "60,000 inserted elements", 3: "30,000 updated elements"}


def measure() -> list[Row]:
    """Return the rows of this topic."""
    return [*_compare_with_the_vendor(), *_measure_many()]


def _compare_with_the_vendor() -> list[Row]:
    budget = f"≥ {MIN_SPEEDUP:.0f} x"
    if not (ENGINE / "node_modules").is_dir():
        return [
            Row(f"{title} with names, against the vendor", "engine is missing", budget, None)
            for title in TITLES.values()
        ]
    if not (LARGE / "changesets.json").is_file():
        _run_node("make_large.cjs")
    changesets = pd.DataFrame(json.loads((LARGE / "changesets.json").read_text("utf-8"))).set_index("index")
    changesets = changesets.rename_axis("changeset_index").rename(columns={"parentId": "parent_id"})
    ours: dict[int, list[float]] = {index: [] for index in TITLES}
    theirs: dict[int, list[float]] = {index: [] for index in TITLES}
    for _ in range(ROUNDS):
        for line in _run_node("read_names.cjs").splitlines():
            run = json.loads(line)
            theirs.setdefault(run["index"], []).append(run["milliseconds"] / 1000)
        for index in TITLES:
            folder = _select_file(str(changesets.loc[index, "id"]))
            start = time.perf_counter()
            read_changes(folder, changesets.loc[[index]], schema=LARGE / "tip.bim")
            ours[index].append(time.perf_counter() - start)
    rows = []
    for index, title in TITLES.items():
        mine, vendor = statistics.median(ours[index]), statistics.median(theirs[index])
        figure = f"{vendor / mine:.1f} x ({1000 * mine:.0f} ms, vendor {1000 * vendor:.0f} ms)"
        rows.append(Row(f"{title} with names, against the vendor", figure, budget, vendor >= MIN_SPEEDUP * mine))
    return rows


def _select_file(changeset_id: str) -> Path:
    """Return a folder that has one file alone.

    Beside other files, `read_changes` reads those before it, too, for the labels. The vendor's reader does not.
    """
    folder = LARGE / f"only-{changeset_id}"
    folder.mkdir(exist_ok=True)
    shutil.copy(LARGE / "changesets" / f"{changeset_id}.cs", folder)
    return folder


def _run_node(script: str) -> str:
    # The script stands beside the engine, where Node.js finds its modules.
    copy = ENGINE / script
    copy.write_text((SCRIPTS / script).read_text("utf-8"), "utf-8")
    command = ["node", script, str(LARGE.resolve())]
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "RUNS": "1"}
    return subprocess.run(command, cwd=ENGINE, env=environment, capture_output=True, text=True, check=True).stdout


def _measure_many() -> list[Row]:
    with TemporaryDirectory() as name:
        folder = Path(name)
        changesets, unpacked = _write_many(folder, MANY_FILES)
        start = time.perf_counter()
        assert verify_files(changesets, folder)["matches"].all()
        speed = unpacked / (time.perf_counter() - start)
        cores = [_compare_cores(changesets, folder, function) for function in (verify_files, _read_properties)]
        command = [sys.executable, "-m", "benchmarks.changes", name]
        result = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    with TemporaryDirectory() as name:
        changesets, _ = _write_many(Path(name), MORE_FILES)
        cores.append(_compare_cores(changesets, Path(name), _read_elements))
    peak, frame, seconds = map(float, result)
    count = MANY_FILES * ELEMENTS
    return [
        Row(
            "verify_files, unpacked bytes a second",
            f"{speed / 1e6:.0f} MB/s",
            f"≥ {MIN_VERIFIED / 1e6:.0f} MB/s",
            speed >= MIN_VERIFIED,
        ),
        Row(
            f"{count:,} element changes, peak memory above the start",
            f"{peak / count:.0f} B each",
            f"≤ {MAX_PEAK} B each",
            peak <= MAX_PEAK * count,
        ),
        Row(
            f"the frame of {count:,} element changes", f"{frame / count:.0f} B each, read in {seconds:.1f} s", "-", None
        ),
        *cores,
    ]


def _compare_cores(changesets: pd.DataFrame, folder: Path, function: Callable[[pd.DataFrame, Path], object]) -> Row:
    """Compute how much faster a function is on all cores than on one.

    New threads inherit the cores.
    """
    all_cores = os.sched_getaffinity(0)
    seconds: dict[int, list[float]] = {1: [], len(all_cores): []}
    try:
        for _ in range(ROUNDS):
            for number, runs in seconds.items():
                os.sched_setaffinity(0, sorted(all_cores)[:number])
                start = time.perf_counter()
                function(changesets, folder)
                runs.append(time.perf_counter() - start)
    finally:
        os.sched_setaffinity(0, all_cores)
    one, many = (statistics.median(runs) for runs in (seconds[1], seconds[len(all_cores)]))
    name = function.__name__.strip("_").replace("_", " ")
    figure = f"{one / many:.1f} x ({one:.2f} s, {many:.2f} s)"
    return Row(f"{name} of {len(changesets)} files on {len(all_cores)} cores, against one", figure, "-", None)


def _read_elements(changesets: pd.DataFrame, folder: Path) -> None:
    read_changes(folder, changesets)


def _read_properties(changesets: pd.DataFrame, folder: Path) -> None:
    read_changes(folder, changesets, detail="properties")


def _write_many(folder: Path, count: int) -> tuple[pd.DataFrame, int]:
    """Write large files, and return their changesets and the size of their contents."""
    rows: list[tuple[str, str]] = []
    unpacked = 0
    for number in range(count):
        parent_id = rows[-1][0] if rows else ""
        body = _record_inserts(number + 2)
        file = build_file(parent_id, body)
        (folder / f"{file.id}.cs").write_bytes(file.content)
        rows.append((file.id, parent_id))
        unpacked += len(body)
    index = pd.RangeIndex(1, count + 1, name="changeset_index")
    return pd.DataFrame(rows, columns=["id", "parent_id"], index=index), unpacked


def _record_inserts(briefcase: int) -> bytes:
    """Return the session changeset of many new elements of one briefcase."""
    imodel = PlantIModel()
    imodel.briefcase = briefcase
    rows = [((briefcase << 40) + number, f"Pipe-{number}") for number in range(ELEMENTS)]
    return imodel.record(partial(_insert, imodel, rows))


def _insert(imodel: PlantIModel, rows: list[tuple[int, str]]) -> None:
    insert = "INSERT INTO bis_Element VALUES (?, 124, 1, 2460000.5, 1, 1, NULL, ?, NULL, NULL, NULL, NULL)"
    imodel.database.executemany(insert, rows)


def _read_many(folder: Path) -> None:
    """Read all files of a folder, and print memory, size and seconds."""
    read_changes(folder, [1])  # imports what is needed
    before = _read_peak_memory()
    start = time.perf_counter()
    changes = read_changes(folder)
    seconds = time.perf_counter() - start
    peak = _read_peak_memory() - before
    print(peak, changes.memory_usage(deep=True).sum(), seconds)


def _read_peak_memory() -> int:
    """Return the peak memory of this process, in bytes."""
    # getrusage would start with the peak of the parent process.
    status = Path("/proc/self/status").read_text("ascii")
    return next(1024 * int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))


if __name__ == "__main__":
    _read_many(Path(sys.argv[1]))
