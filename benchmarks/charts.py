"""Bytes and milliseconds of charts in JupyterLab with a live kernel, beside peers."""

import os
import shutil
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from helpers.lab import Notebook  # in tests/
from helpers.servers import serving
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright
from playwright.sync_api import Error as BrowserError

from benchmarks.chart_cells import DATA, OURS, PEERS, REASSIGNED, VEGAFUSION, WITH_VERSIONS
from benchmarks.chart_data import build_changesets
from benchmarks.table import Row
from imodels_nb import charts

MANY = 1_000_000
FEW = 1_000
NAMED_VERSIONS = 136
ROUNDS = 5
STEPS = 8

MAX_FIRST_PAINT = 1_100_000  # bytes
MAX_FOUR_PAINTS = 1_300_000
MAX_STEP = 12_000
MAX_STANDALONE = 1_500_000
MAX_HEAP_GROWTH = 3_000_000  # a heap varies as much without a step
MAX_STEP_MS = 20
MAX_GROWTH = 1.5
MAX_EXACT = 3.0
MAX_VERSIONS_RATIO = 1.5
MIN_REPAINTS = 0.9

PEER = Path("build/peers").resolve()
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
NO_INTERNET = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"

Steps = list[list[float]]  # milliseconds of each step to the first repaint and to the exact picture


def measure() -> list[Row]:
    """Return the rows of this topic."""
    with _start_lab() as (browser, url, folder):
        rows = [
            _measure_first_paint(browser, url, folder, charts=1),
            _measure_first_paint(browser, url, folder, charts=4),
        ]
        return [
            *rows,
            *_measure_steps_and_heap(browser, url, folder),
            _measure_standalone(),
            *_measure_step_times(browser, url, folder),
        ]


@contextmanager
def _start_lab() -> Iterator[tuple[Browser, str, Path]]:
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium")
    options: dict[str, Any] = {"LabApp.expose_app_in_browser": True}
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        folder = Path(home) / "notebooks"
        folder.mkdir()
        browser = playwright.chromium.launch(executable_path=executable, args=[*QUIET, NO_INTERNET])
        with serving("jupyterlab", folder, **options) as url:
            yield browser, url, folder
        browser.close()


@contextmanager
def _open(browser: Browser, url: str, folder: Path, cells: list[str]) -> Iterator[tuple[Notebook, list[int]]]:
    """Open a notebook of these cells, with the bytes of each websocket frame."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(book, folder / "measured.ipynb")
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    context.set_default_timeout(120_000)
    context.add_init_script(path=Path(__file__).with_suffix(".js"))
    page = context.new_page()
    frames: list[int] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(len(frame))))
    notebook = Notebook(page, f"{url}/lab/tree/measured.ipynb?reset")
    yield notebook, frames
    notebook.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    context.close()


def _wait_until_drawn(page: Page, cell: int) -> None:
    page.wait_for_function("(cell) => measured.ready(cell)", arg=cell)
    page.locator(".jp-Notebook .jp-Cell").nth(cell).locator("[data-exact=true]").wait_for()


def _measure_first_paint(browser: Browser, url: str, folder: Path, *, charts: int) -> Row:
    kinds = ["PushTimeline", "FileSizes"] * 2
    cells = [DATA, *(OURS.format(kind=kind, count=MANY) for kind in kinds[:charts])]
    with _open(browser, url, folder, cells) as (notebook, frames):
        for _ in cells:
            notebook.run_cell()
        for cell in range(1, len(cells)):
            _wait_until_drawn(notebook.page, cell)
        weight = sum(frames)
    limit = MAX_FIRST_PAINT if charts == 1 else MAX_FOUR_PAINTS
    what = f"kernel → browser to the first paint at {MANY:,}, engine included: {charts} chart{'s' * (charts > 1)}"
    return Row(what, f"{weight / 1e6:.2f} MB", f"≤ {limit / 1e6} MB", weight <= limit)


def _measure_steps_and_heap(browser: Browser, url: str, folder: Path) -> list[Row]:
    """Return the bytes of a step, and the growth of the browser's heap."""
    rows = []
    for kind in ("PushTimeline", "FileSizes"):
        with _open(browser, url, folder, [DATA + OURS.format(kind=kind, count=MANY)]) as (notebook, frames):
            notebook.run_cell()
            _wait_until_drawn(notebook.page, 0)
            inspector = notebook.page.context.new_cdp_session(notebook.page)
            notebook.page.evaluate("measured.ours(0, 100)")
            before = _heap(inspector)
            frames.clear()
            notebook.page.evaluate("measured.ours(0, 200)")
            step, grown = sum(frames) / 200, _heap(inspector) - before
            figure = f"{step / 1e3:.1f} kB"
            rows.append(Row(f"a step of {kind} at {MANY:,}", figure, f"≤ {MAX_STEP // 1000} kB", step <= MAX_STEP))
            what = f"browser heap after 200 range changes of {kind}, collected"
            rows.append(
                Row(
                    what, f"{grown / 1e6:+.1f} MB", f"flat (≤ {MAX_HEAP_GROWTH / 1e6:.0f} MB)", grown <= MAX_HEAP_GROWTH
                )
            )
    return rows


def _heap(inspector: CDPSession) -> float:
    for _ in range(2):
        inspector.send("HeapProfiler.collectGarbage")
    return float(inspector.send("Runtime.getHeapUsage")["usedSize"])


def _measure_standalone() -> Row:
    """Return the size of two standalone charts without the engine, as in an empty one."""
    frame = build_changesets(MANY)
    empty = len(charts.push_timeline(frame.iloc[:0]).to_html())
    pages = [draw(frame).to_html() for draw in (charts.push_timeline, charts.file_sizes)]
    weight = sum(map(len, pages)) - 2 * empty
    what = f"both standalone charts at {MANY:,}, beside the engine"
    return Row(what, f"{weight / 1e6:.2f} MB", f"≤ {MAX_STANDALONE / 1e6} MB of data", weight <= MAX_STANDALONE)


def _measure_step_times(browser: Browser, url: str, folder: Path) -> list[Row]:
    fused = VEGAFUSION.format(peers=str(PEER), count=MANY)
    again = REASSIGNED.format(count=MANY, half=MANY // 2)
    ours = [OURS.format(kind="PushTimeline", count=count) for count in (FEW, MANY)]
    versions = WITH_VERSIONS.format(count=MANY, named=NAMED_VERSIONS)
    cells = [DATA, *ours, PEERS.replace("{count}", str(MANY)), fused, again, versions]
    with _open(browser, url, folder, cells) as (notebook, _):
        for _ in cells:
            notebook.run_cell()
        for cell in (1, 2, 6):
            _wait_until_drawn(notebook.page, cell)
        peers = {name: cell for name, cell in {"fused": 4, "again": 5}.items() if _has_painted(notebook, name, cell)}
        times = _run_rounds(notebook.page, peers)
        repaints = notebook.page.evaluate("measured.drag(2, 120)")
    return [*_our_rows(times, repaints), *_peer_rows(times)]


def _has_painted(notebook: Notebook, name: str, cell: int) -> bool:
    """Return whether a peer is installed, once it has painted."""
    notebook.wait_until_idle()
    if not notebook.evaluate(f"{name!r} in globals()"):
        return False
    notebook.page.wait_for_function("(cell) => measured.ready(cell)", arg=cell)
    return True


def _run_rounds(page: Page, peers: dict[str, int]) -> dict[str, Steps]:
    """Run steps in interleaved rounds, so that other load affects all ways alike."""
    ways: dict[str, Callable[[], Any]] = {
        "few": lambda: page.evaluate(f"measured.ours(1, {STEPS})"),
        "many": lambda: page.evaluate(f"measured.ours(2, {STEPS})"),
        "versions": lambda: page.evaluate(f"measured.ours(6, {STEPS})"),
    }
    if "fused" in peers:
        ways["fused"] = lambda: page.evaluate(f"measured.bound({peers['fused']}, 2)")
    if "again" in peers:
        ways["again"] = lambda: page.evaluate(f"measured.slid({peers['again']}, 1)")
    times: dict[str, Steps] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, steps in ways.items():
            times[name] += _run_steps(steps)
    return times


def _run_steps(steps: Callable[[], Steps]) -> Steps:
    """Run steps; one without a repaint counts as a minute."""
    try:
        return steps()
    except BrowserError:
        return [[60_000.0, 60_000.0]]


def _our_rows(times: dict[str, Steps], repaints: float) -> list[Row]:
    few, many, versions = (_median_first(times[name]) for name in ("few", "many", "versions"))
    exact = statistics.median(last for _, last in times["many"]) / many
    what = f"slider step → repaint at {MANY:,}, kernel live"
    return [
        Row(what, f"{many:.0f} ms", f"≤ {MAX_STEP_MS} ms", many <= MAX_STEP_MS),
        Row(f"{what}: against {FEW:,}", f"{many / few:.2f} x", f"≤ {MAX_GROWTH} x", many <= MAX_GROWTH * few),
        Row(f"{what}: until it is exact", f"{exact:.1f} x", f"≤ {MAX_EXACT:.0f} x", exact <= MAX_EXACT),
        Row(f"{what}: repaints a pointer move", f"{repaints:.2f}", f"≥ {MIN_REPAINTS}", repaints >= MIN_REPAINTS),
        Row(
            f"{what}: with {NAMED_VERSIONS} named versions, against none",
            f"{versions / many:.2f} x",
            f"≤ {MAX_VERSIONS_RATIO} x",
            versions <= MAX_VERSIONS_RATIO * many,
        ),
    ]


def _peer_rows(times: dict[str, Steps]) -> list[Row]:
    """Return the ratios to the peers, which have no budget."""
    many = _median_first(times["many"])
    peers = {
        "fused": "VegaFusion's JupyterChart (a DataFrame in the kernel, both ends bound)",
        "again": "JupyterChart re-assigned",
    }
    rows = []
    for name, label in peers.items():
        what = f"slider step → repaint at {MANY:,}, against {label}"
        if name not in times:
            rows.append(Row(what, "could not be installed here", "-", None))
            continue
        theirs = _median_first(times[name])
        rows.append(Row(what, f"{theirs / many:.0f} x ({theirs / 1000:.1f} s : {many:.0f} ms)", "-", None))
    return rows


def _median_first(steps: Steps) -> float:
    return statistics.median(first for first, _ in steps)
