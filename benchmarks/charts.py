"""Charts in a real JupyterLab with a live kernel: bytes and milliseconds, in turn with what others do."""

import os
import shutil
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from helpers.lab import Notebook  # of the browser tests
from helpers.servers import serving
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright
from playwright.sync_api import Error as BrowserError

from benchmarks.chart_cells import LEDGER, OURS, PEERS, REASSIGNED, VEGAFUSION
from benchmarks.chart_ledger import ledger
from benchmarks.table import Row
from imodels_nb import charts

MANY, FEW = 1_000_000, 1_000
ROUNDS, STEPS = 5, 8
FIRST_PAINT, FOUR_PAINTS, STEP_BYTES, ALONE_BYTES = 1_100_000, 1_300_000, 12_000, 1_500_000
MOST_MS, MOST_GROWTH, MOST_EXACT, LEAST_REPAINTS, LEAST_RATIO = 35, 1.5, 3.0, 0.8, 30
FLAT = 3_000_000  # bytes by which a heap varies without a step
PEER = Path("build/peers").resolve()
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
NO_INTERNET = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"

Steps = list[list[float]]  # of each step the milliseconds to the first repaint and to the exact picture


def measure() -> list[Row]:
    """Measure all of this topic."""
    with _lab() as (browser, url, folder):
        rows = [_paints(browser, url, folder, charts=1), _paints(browser, url, folder, charts=4)]
        return [*rows, *_weights(browser, url, folder), _alone(), *_steps(browser, url, folder)]


@contextmanager
def _lab() -> Iterator[tuple[Browser, str, Path]]:
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium")
    options = {"LabApp.expose_app_in_browser": True}
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        folder = Path(home) / "notebooks"
        folder.mkdir()
        browser = playwright.chromium.launch(executable_path=executable, args=[*QUIET, NO_INTERNET])
        with serving("jupyterlab", folder, **options) as url:
            yield browser, url, folder
        browser.close()


@contextmanager
def _open(browser: Browser, url: str, folder: Path, cells: list[str]) -> Iterator[tuple[Notebook, list[int]]]:
    """Open a notebook of these cells; what comes over its websockets adds up in the list."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(book, folder / "measured.ipynb")
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    context.set_default_timeout(120_000)
    context.add_init_script(path=Path(__file__).with_suffix(".js"))
    page, frames = context.new_page(), list[int]()
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(len(frame))))
    notebook = Notebook(page, f"{url}/lab/tree/measured.ipynb?reset")
    yield notebook, frames
    notebook.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    context.close()


def _drawn(page: Page, cell: int) -> None:
    page.wait_for_function("(cell) => measured.ready(cell)", arg=cell)
    page.locator(".jp-Notebook .jp-Cell").nth(cell).locator("[data-exact=true]").wait_for()


def _paints(browser: Browser, url: str, folder: Path, *, charts: int) -> Row:
    kinds = ["PushTimeline", "FileSizes"] * 2
    cells = [LEDGER, *(OURS.format(kind=kind, count=MANY) for kind in kinds[:charts])]
    with _open(browser, url, folder, cells) as (notebook, frames):
        for _ in cells:
            notebook.run_cell()
        for cell in range(1, len(cells)):
            _drawn(notebook.page, cell)
        weight = sum(frames)
    most = FIRST_PAINT if charts == 1 else FOUR_PAINTS
    what = f"kernel → browser to the first paint at {MANY:,}, engine included: {charts} chart{'s' * (charts > 1)}"
    return Row(what, f"{weight / 1e6:.2f} MB", f"≤ {most / 1e6} MB", weight <= most)


def _weights(browser: Browser, url: str, folder: Path) -> list[Row]:
    """Measure what a step brings over, and what it leaves behind in the browser."""
    rows = []
    for kind in ("PushTimeline", "FileSizes"):
        with _open(browser, url, folder, [LEDGER + OURS.format(kind=kind, count=MANY)]) as (notebook, frames):
            notebook.run_cell()
            _drawn(notebook.page, 0)
            inspector = notebook.page.context.new_cdp_session(notebook.page)
            notebook.page.evaluate("measured.ours(0, 100)")
            before = _heap(inspector)
            frames.clear()
            notebook.page.evaluate("measured.ours(0, 200)")
            step, grown = sum(frames) / 200, _heap(inspector) - before
            figure = f"{step / 1e3:.1f} kB"
            rows.append(Row(f"a step of {kind} at {MANY:,}", figure, f"≤ {STEP_BYTES // 1000} kB", step <= STEP_BYTES))
            what = f"browser heap after 200 range changes of {kind}, collected"
            rows.append(Row(what, f"{grown / 1e6:+.1f} MB", f"flat (≤ {FLAT / 1e6:.0f} MB)", grown <= FLAT))
    return rows


def _heap(inspector: CDPSession) -> float:
    for _ in range(2):
        inspector.send("HeapProfiler.collectGarbage")
    return float(inspector.send("Runtime.getHeapUsage")["usedSize"])


def _alone() -> Row:
    """Weigh what two pages hold beside the engine, which is the same in an empty one."""
    frame = ledger(MANY)
    empty = len(charts.push_timeline(frame.iloc[:0]).to_html())
    pages = [draw(frame).to_html() for draw in (charts.push_timeline, charts.file_sizes)]
    weight = sum(map(len, pages)) - 2 * empty
    what = f"both standalone charts at {MANY:,}, beside the engine"
    return Row(what, f"{weight / 1e6:.2f} MB", f"≤ {ALONE_BYTES / 1e6} MB of data", weight <= ALONE_BYTES)


def _steps(browser: Browser, url: str, folder: Path) -> list[Row]:
    fused = VEGAFUSION.format(peers=str(PEER), count=MANY)
    again = REASSIGNED.format(count=MANY, half=MANY // 2)
    ours = [OURS.format(kind="PushTimeline", count=count) for count in (FEW, MANY)]
    cells = [LEDGER, *ours, PEERS.replace("{count}", str(MANY)), fused, again]
    with _open(browser, url, folder, cells) as (notebook, _):
        for _ in cells:
            notebook.run_cell()
        for cell in (1, 2):
            _drawn(notebook.page, cell)
        peers = {name: cell for name, cell in {"fused": 4, "again": 5}.items() if _there(notebook, name, cell)}
        taken = _taken(notebook.page, peers)
        followed = notebook.page.evaluate("measured.drag(2, 120)")
    return [*_our_rows(taken, followed), *_peer_rows(taken)]


def _there(notebook: Notebook, name: str, cell: int) -> bool:
    """Tell whether a peer came: it can be installed, and has painted."""
    notebook.wait_until_idle()
    if not notebook.evaluate(f"{name!r} in globals()"):
        return False
    notebook.page.wait_for_function("(cell) => measured.ready(cell)", arg=cell)
    return True


def _taken(page: Page, peers: dict[str, int]) -> dict[str, Steps]:
    """Take steps in turn, so that whatever else the machine does falls on all alike."""
    ways: dict[str, Callable[[], Any]] = {
        "few": lambda: page.evaluate(f"measured.ours(1, {STEPS})"),
        "many": lambda: page.evaluate(f"measured.ours(2, {STEPS})"),
    }
    if "fused" in peers:
        ways["fused"] = lambda: page.evaluate(f"measured.bound({peers['fused']}, 2)")
    if "again" in peers:
        ways["again"] = lambda: page.evaluate(f"measured.slid({peers['again']}, 1)")
    taken: dict[str, Steps] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, steps in ways.items():
            taken[name] += _tried(steps)
    return taken


def _tried(steps: Callable[[], Steps]) -> Steps:
    """Take steps; one that is never painted counts as what the browser waits for it, a minute."""
    try:
        return steps()
    except BrowserError:
        return [[60_000.0, 60_000.0]]


def _our_rows(taken: dict[str, Steps], followed: float) -> list[Row]:
    few, many = (statistics.median(first for first, _ in taken[name]) for name in ("few", "many"))
    exact = statistics.median(last for _, last in taken["many"]) / many
    what = f"slider step → repaint at {MANY:,}, kernel live"
    return [
        Row(what, f"{many:.0f} ms", f"≤ {MOST_MS} ms", many <= MOST_MS),
        Row(f"{what}: against {FEW:,}", f"{many / few:.2f} x", f"≤ {MOST_GROWTH} x", many <= MOST_GROWTH * few),
        Row(f"{what}: until it is exact", f"{exact:.1f} x", f"≤ {MOST_EXACT:.0f} x", exact <= MOST_EXACT),
        Row(f"{what}: repaints a pointer move", f"{followed:.2f}", f"≥ {LEAST_REPAINTS}", followed >= LEAST_REPAINTS),
    ]


def _peer_rows(taken: dict[str, Steps]) -> list[Row]:
    many = statistics.median(first for first, _ in taken["many"])
    rows = []
    for name, label, least in (
        ("fused", "VegaFusion's JupyterChart (Altair's way: a DataFrame in the kernel, ends bound)", LEAST_RATIO),
        ("again", "JupyterChart re-assigned", None),
    ):
        what = f"slider step → repaint at {MANY:,}, against {label}"
        budget = f"≥ {least} x" if least else "-"
        if name not in taken:
            rows.append(Row(what, "could not be installed here", budget, None))
            continue
        theirs = statistics.median(first for first, _ in taken[name])
        kept = theirs >= least * many if least else None
        rows.append(Row(what, f"{theirs / many:.0f} x ({theirs / 1000:.1f} s : {many:.0f} ms)", budget, kept))
    return rows
