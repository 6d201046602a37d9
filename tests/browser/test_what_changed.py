"""The notebook on what changed in JupyterLab, in light and in dark."""

from pathlib import Path

import pytest
from helpers.lab import Notebook
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

TABLES = (5, 6, 8, 10, 11)
PICTURES = (4, 9)


def test_the_story_of_the_plant_is_shown_in_light_and_dark(page: Page, lab_url: str, screenshots: Path) -> None:
    notebook = Notebook(page, f"{lab_url}/lab/tree/06-what-changed.ipynb?reset")
    notebook.run_all()
    for number in TABLES:
        expect(notebook.cell(number).locator(".jp-OutputArea-output").first).to_be_visible()
    expect(notebook.cell(6)).to_contain_text("Chloe Nakamura")
    expect(notebook.cell(8)).to_contain_text("P-101A")
    expect(notebook.cell(11)).to_contain_text("228")
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        notebook.command("apputils:change-theme", theme=theme)
        for number in PICTURES:
            picture = notebook.cell(number).locator("img")
            picture.scroll_into_view_if_needed()
            expect(picture).to_be_visible()
            assert picture.evaluate("image => image.complete && image.naturalWidth") > 500
            notebook.cell(number).screenshot(path=screenshots / f"what-changed-{number}-{theme[11:].lower()}.png")
        notebook.cell(8).screenshot(path=screenshots / f"what-changed-8-{theme[11:].lower()}.png")
    expect(page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']")).to_have_count(0)
