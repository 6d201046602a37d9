"""The quickstart in JupyterLab, as a person goes through it."""

from pathlib import Path

import pytest
from lab import Chart, Notebook
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def _open(page: Page, lab_url: str) -> Notebook:
    return Notebook(page, f"{lab_url}/lab/tree/01-quickstart.ipynb?reset")


def test_a_person_approves_and_the_slider_narrows_picture_and_selection(
    page: Page, lab_url: str, screenshots: Path
) -> None:
    notebook = _open(page, lab_url)
    for _ in range(2):
        notebook.run_cell()
    approve = notebook.cell(2).get_by_role("button", name="Approve")
    approve.wait_for()
    page.screenshot(path=screenshots / "quickstart-awaiting.png")
    approve.click()
    expect(notebook.cell(2)).to_contain_text("Signed in")
    page.screenshot(path=screenshots / "quickstart-signed-in.png")
    for _ in range(3):
        notebook.run_cell()

    for number, name in ((4, "timeline"), (5, "sizes")):
        chart = Chart(notebook, number, name)
        chart.agrees_on((1, 12_000))
        chart.lower.focus()
        for key in ("PageUp", "ArrowRight"):
            page.keyboard.press(key)
        chart.agrees_on(chart.index_range())
        assert chart.index_range()[0] > 1
        chart.drag_upper(by=-200)
        assert chart.index_range()[1] < 12_000
        chart.agrees_on(chart.index_range())
        notebook.cell(number).screenshot(path=screenshots / f"quickstart-{name}.png")


def test_run_all_signs_in_by_itself_on_the_sample_and_says_so(page: Page, lab_url: str, screenshots: Path) -> None:
    notebook = _open(page, lab_url)
    notebook.command("notebook:restart-run-all")
    confirm = page.get_by_role("button", name="Restart", exact=True)
    confirm.or_(notebook.cell(8).get_by_text("token success")).first.wait_for()
    if confirm.is_visible():
        confirm.click()
    expect(notebook.cell(8)).to_contain_text("token success")
    expect(notebook.cell(3)).to_contain_text("sample")
    Chart(notebook, 4, "timeline").agrees_on((1, 12_000))
    page.screenshot(path=screenshots / "quickstart-run-all.png")
