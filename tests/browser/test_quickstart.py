"""Tests of the quickstart in JupyterLab."""

from pathlib import Path

import pytest
from helpers.lab import Chart, Notebook
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def _open(page: Page, lab_url: str) -> Notebook:
    return Notebook(page, f"{lab_url}/lab/tree/01-quickstart.ipynb?reset")


def test_sign_in_fetch_and_slide(page: Page, lab_url: str, screenshots: Path) -> None:
    notebook = _open(page, lab_url)
    for _ in range(2):
        notebook.run_cell()
    approve = notebook.cell(2).get_by_role("button", name="Approve")
    approve.wait_for()
    page.screenshot(path=screenshots / "quickstart-awaiting.png")
    approve.click()
    expect(notebook.cell(2)).to_contain_text("Signed in")
    page.screenshot(path=screenshots / "quickstart-signed-in.png")
    notebook.select_next()  # the click has made the sign-in's cell the current one
    for _ in range(3):
        notebook.run_cell()

    for number, name in ((4, "timeline"), (5, "sizes")):
        chart = Chart(notebook, number, name)
        assert chart.wait_for_range() == (1, 12_000)
        chart.lower.focus()
        for key in ("PageUp", "ArrowRight"):
            page.keyboard.press(key)
        first, last = chart.wait_for_range()
        assert 1 < first < last == 12_000
        chart.drag_upper(by=-200)
        assert chart.wait_for_range()[1] < last
        notebook.cell(number).screenshot(path=screenshots / f"quickstart-{name}.png")


def test_run_all_signs_in_on_the_sample(page: Page, lab_url: str, screenshots: Path) -> None:
    notebook = _open(page, lab_url)
    notebook.command("notebook:run-all-cells")
    expect(notebook.cell(8)).to_contain_text("token success")
    expect(notebook.cell(3)).to_contain_text("Approving as the sample user")
    assert Chart(notebook, 4, "timeline").wait_for_range() == (1, 12_000)
    page.screenshot(path=screenshots / "quickstart-run-all.png")
