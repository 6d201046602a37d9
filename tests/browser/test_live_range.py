"""Live charts at any number of changesets: after every step, what is drawn is what the kernel holds."""

from pathlib import Path
from typing import Any

import nbformat
import pytest
from lab import Chart, Notebook
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

_LEDGER = """
import numpy as np
import pandas as pd
from imodels_nb import FileSizes, PushTimeline

def ledger(count):
    random = np.random.default_rng(7)
    index = 1 + np.cumsum(random.choice([1, 1, 1, 3], count)) if count else np.zeros(0, int)
    hours = np.sort(random.random(count)) * 24 * 900
    states = np.where(np.arange(count) % 400 == 399, "waitingForFile", "fileUploaded")
    sizes = np.exp(random.normal(11, 2, count)).astype(int) + 1
    return pd.DataFrame(
        {
            "id": [f"{place:040x}" for place in index],
            "description": [f"<b>change {place}</b>" for place in index],
            "creator_id": pd.Categorical(random.choice(["somebody", "somebody else"], count)),
            "state": pd.Categorical(states, categories=["waitingForFile", "fileUploaded"]),
            "push_date_time": pd.Timestamp("2023-02-27T09Z").as_unit("us") + pd.to_timedelta(hours, unit="h").as_unit("us"),
            "file_size": np.where(np.arange(count) % 300 == 299, 0, sizes),
            "containing_changes": random.choice([0, 1, 2, 4, 4, 6, 8, 16, 32, 64, 128], count),
        },
        index=pd.Index(index, name="changeset_index", dtype="int64"),
    )

chart = {kind}(ledger({count}))
chart
"""


def _notebook(page: Page, folder: Path, url: str, kind: str, count: int) -> Notebook:
    source = _LEDGER.replace("{kind}", kind).replace("{count}", str(count))
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)], metadata=kernel)
    nbformat.write(book, folder / f"{kind}-{count}.ipynb")
    notebook = Notebook(page, f"{url}/lab/tree/{kind}-{count}.ipynb?reset")
    notebook.command("apputils:change-theme", theme="JupyterLab Light")
    notebook.run_cell()
    return notebook


@pytest.fixture(params=["PushTimeline", "FileSizes"])
def kind(request: pytest.FixtureRequest) -> Any:
    return request.param


def _grip(notebook: Notebook, name: str) -> Any:
    return notebook.cell(1).locator(".imodels-nb-strip").get_by_role("slider", name=name)


@pytest.mark.parametrize("count", [2, 1_000, pytest.param(100_000, marks=pytest.mark.slow), 1_000_000])
def test_what_is_drawn_is_the_range_after_every_step(
    page: Page, lab_notebooks: Path, lab_url: str, screenshots: Path, kind: str, count: int
) -> None:
    notebook = _notebook(page, lab_notebooks, lab_url, kind, count)
    chart = Chart(notebook, 1, "chart")
    low, high = chart.settled()
    notebook.cell(1).screenshot(path=screenshots / f"live-{kind}-{count}.png")

    chart.lower.focus()
    for key in ("ArrowRight", "PageUp", "Shift+ArrowRight", "ArrowLeft", "End", "Home", "ArrowRight"):
        page.keyboard.press(key)
        first, last = chart.settled()
        assert low <= first <= last == high
    assert first == low + 1
    _grip(notebook, "Last changeset").focus()
    for key in ("PageDown", "PageDown", "ArrowLeft"):
        page.keyboard.press(key)
        chart.settled()
    first, last = chart.settled()
    assert first == low + 1 <= last
    assert last < high or count == 2
    span = high - low
    for wanted in [(low + span // 2, low + span // 2 + 300), (low + span // 3, low + span // 3), (0, 10**9)]:
        notebook.evaluate(f"setattr(chart, 'index_range', {wanted})")
        assert chart.settled() == (min(max(wanted[0], low), high), min(wanted[1], high))
        notebook.cell(1).screenshot(path=screenshots / f"live-{kind}-{count}-{wanted[1] - wanted[0]}.png")
