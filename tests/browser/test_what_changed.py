"""The notebook on what changed in JupyterLab, in light and in dark."""

import re
from pathlib import Path

import pytest
from helpers.lab import Notebook
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

TABLES = (5, 6, 8, 9, 10, 11)
CHART = 4
BACKGROUNDS = {"Light": "rgb(255, 255, 255)", "Dark": "rgb(17, 17, 17)"}


def test_what_changed_in_the_plant_is_shown_in_light_and_dark(page: Page, lab_url: str, screenshots: Path) -> None:
    notebook = Notebook(page, f"{lab_url}/lab/tree/06-what-changed.ipynb?reset")
    notebook.run_all()
    for number in TABLES:
        expect(notebook.cell(number).locator(".jp-OutputArea-output").first).to_be_visible()
    expect(notebook.cell(6)).to_contain_text("Chloe Nakamura")
    expect(notebook.cell(8)).to_contain_text("P-101A")
    expect(notebook.cell(11)).to_contain_text("228")
    for theme, background in BACKGROUNDS.items():
        notebook.command("apputils:change-theme", theme=f"JupyterLab {theme}")
        chart = notebook.cell(CHART).locator(".imodels-nb-canvas")
        chart.scroll_into_view_if_needed()
        expect(chart.locator("canvas")).to_be_visible()
        expect(chart).to_have_attribute("aria-label", re.compile(r"4,152 changes to elements$"))
        expect(chart.locator("xpath=../..")).to_have_css("background-color", background)
        for number in (CHART, 8, 9):
            notebook.cell(number).screenshot(path=screenshots / f"what-changed-{number}-{theme.lower()}.png")
    expect(page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']")).to_have_count(0)
