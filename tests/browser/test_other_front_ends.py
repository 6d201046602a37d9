"""Charts and sign-in in Notebook 7, and in Voila, which shows no code."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from helpers.lab import Chart, Notebook
from helpers.pointer import drag
from helpers.servers import serving
from playwright.sync_api import Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
_SIGN_IN = (
    "from imodels_nb import FileSizes, PushTimeline, login, sample\n"
    "hub = sample.start(changesets=300)\n"
    "sign_in = login('device_code', provider=hub.provider)\n"
    "sign_in"
)
_CHART = (
    "import ipywidgets\n"
    "chart = {kind}(sample.load_changesets(changesets={count}), sample.load_named_versions(changesets={count}))\n"
    "held = ipywidgets.Label(str(chart.index_range))\n"
    "held.add_class('held')\n"
    "chart.observe(lambda change: setattr(held, 'value', str(change['new'])), 'index_range')\n"
    "ipywidgets.VBox([chart, held])"
)
_ALONE = "from imodels_nb import charts, sample\ncharts.push_timeline(sample.load_changesets(changesets=3_000))"
_ICONS = "https://cdn.jsdelivr.net/npm/@fortawesome/"  # of Voila's own page, and not missed
_KINDS = ("PushTimeline", "FileSizes")
_PAPER = """(element) => {
  const canvas = element.querySelector("canvas");
  return canvas?.width ? canvas.getContext("2d").getImageData(1, 1, 1, 1).data[0] : null;
}"""


@pytest.fixture(scope="module")
def notebooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write notebooks of each chart, small and large, beside that of the explorer."""
    folder = tmp_path_factory.mktemp("other") / "notebooks"
    folder.mkdir()
    shutil.copy(ROOT / "notebooks" / "explorer.ipynb", folder)
    for kind in _KINDS:
        for count in (3_000, 1_000_000):
            _write(folder / f"{kind}-{count}.ipynb", _SIGN_IN, _CHART.format(kind=kind, count=count))
    _write(folder / "alone.ipynb", _ALONE)
    return folder


def _write(path: Path, *sources: str) -> None:
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), path)


@pytest.fixture(scope="module")
def notebook_url(notebooks: Path) -> Iterator[str]:
    with serving("notebook", notebooks, **{"JupyterNotebookApp.expose_app_in_browser": True}) as url:
        yield url


@pytest.fixture(scope="module")
def voila_url(notebooks: Path) -> Iterator[str]:
    with serving("voila", notebooks) as url:
        yield url


@pytest.fixture
def requested_urls(page: Page) -> list[str]:
    """Return the URLs of all requests of the page."""
    urls: list[str] = []
    page.on("request", lambda request: urls.append(request.url))
    return urls


def _beyond(urls: list[str]) -> list[str]:
    return [url for url in urls if not url.startswith(("http://127.0.0.1", "ws://127.0.0.1", "blob:", "data:"))]


def _approve(element: Locator | Page) -> None:
    element.get_by_role("button", name="Approve").click()
    expect(element.get_by_text("Signed in").first).to_be_visible()


@pytest.mark.parametrize("name", ["PushTimeline-3000", "FileSizes-3000", "PushTimeline-1000000"])
def test_in_notebook_7_a_person_signs_in_slides_and_brushes(
    page: Page, notebook_url: str, requested_urls: list[str], screenshots: Path, name: str
) -> None:
    notebook = Notebook(page, f"{notebook_url}/notebooks/{name}.ipynb")
    notebook.run_cell()
    _approve(notebook.cell(1))
    notebook.select_next()
    notebook.run_cell()
    chart = Chart(notebook, 2, "chart")
    low, high = chart.wait_for_range()
    chart.lower.focus()
    for key in ("PageUp", "ArrowRight"):
        page.keyboard.press(key)
        first, last = chart.wait_for_range()
        assert low < first < last == high
    chart.drag_upper(by=-200)
    assert chart.wait_for_range()[1] < high
    drag(notebook.cell(2).locator(".imodels-nb-overview"), 0.95, 0.85)
    first, last = chart.wait_for_range()
    assert low + 0.8 * (high - low) < first < last < high
    element = notebook.cell(2).locator(".imodels-nb-canvas")
    for theme, paper in (("Dark", 17), ("Light", 255)):
        notebook.command("apputils:change-theme", theme=f"JupyterLab {theme}")
        page.wait_for_function(f"(element) => ({_PAPER})(element) === {paper}", arg=element.element_handle())
        notebook.cell(2).screenshot(path=screenshots / f"notebook-7-{name}-{theme.lower()}.png")
    assert _beyond(requested_urls) == []


def test_in_notebook_7_a_click_on_a_finding_moves_both_charts(
    page: Page, notebook_url: str, requested_urls: list[str], screenshots: Path
) -> None:
    notebook = Notebook(page, f"{notebook_url}/notebooks/explorer.ipynb")
    for _ in range(3):
        notebook.run_cell()
    cell = notebook.cell(3)
    cell.get_by_role("button", name="schema storm").click()
    for number in range(2):
        expect(cell.locator(".imodels-nb-canvas").nth(number)).to_have_attribute("data-first", "6400")
    assert notebook.evaluate("(explorer.index_range, explorer.sizes.index_range)") == ((6400, 6478), (6400, 6478))
    cell.screenshot(path=screenshots / "notebook-7-explorer.png")
    assert _beyond(requested_urls) == []


@pytest.mark.parametrize("name", ["FileSizes-3000", "PushTimeline-3000", "FileSizes-1000000"])
def test_in_voila_a_person_signs_in_slides_and_brushes(
    page: Page, voila_url: str, requested_urls: list[str], screenshots: Path, name: str
) -> None:
    page.goto(f"{voila_url}/voila/render/{name}.ipynb", timeout=300_000)  # Voila shows a page once all cells ran
    _approve(page)
    low, high = _wait_for_range(page)
    page.get_by_role("slider", name="First changeset").focus()
    for key in ("PageUp", "ArrowRight"):
        page.keyboard.press(key)
        first, last = _wait_for_range(page)
        assert low < first < last == high
    drag(page.get_by_role("slider", name="Last changeset"), 0.5, -20)
    assert _wait_for_range(page)[1] < high
    drag(page.locator(".imodels-nb-overview"), 0.95, 0.85)
    first, last = _wait_for_range(page)
    assert low + 0.8 * (high - low) < first < last < high
    page.screenshot(path=screenshots / f"voila-{name}.png", full_page=True)
    assert [url for url in _beyond(requested_urls) if not url.startswith(_ICONS)] == []


def test_a_standalone_chart_slides_as_the_only_output(
    page: Page, notebook_url: str, voila_url: str, requested_urls: list[str], screenshots: Path
) -> None:
    notebook = Notebook(page, f"{notebook_url}/notebooks/alone.ipynb")
    notebook.run_cell()
    _slide_alone(page)
    page.screenshot(path=screenshots / "notebook-7-alone.png")
    page.goto(f"{voila_url}/voila/render/alone.ipynb")
    _slide_alone(page)
    page.screenshot(path=screenshots / "voila-alone.png")
    assert [url for url in _beyond(requested_urls) if not url.startswith(_ICONS)] == []


def _slide_alone(page: Page) -> None:
    page.get_by_role("slider", name="First changeset").press("PageUp")
    expect(page.locator("input[name='first']")).not_to_have_value("1")


_AGREED = """() => {
  const drawn = document.querySelector(".imodels-nb-canvas")?.dataset;
  const held = document.querySelector(".held")?.textContent.match(/\\d+/g);
  const slid = [...document.querySelectorAll(".imodels-nb-grip")].map((grip) => grip.ariaValueNow);
  const all = [[drawn?.first, drawn?.last], held, slid].map(String);
  return drawn?.exact === "true" && new Set(all).size === 1 && held.map(Number);
}"""


def _wait_for_range(page: Page) -> tuple[int, int]:
    """Wait until picture, slider and kernel have the same range; return it."""
    first, last = page.wait_for_function(_AGREED).json_value()
    return first, last
