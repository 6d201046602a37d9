"""The list of iModels in JupyterLab: Run All, the keyboard, and another try."""

from pathlib import Path

import nbformat
import pytest
from helpers.lab import Notebook
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

CELLS = (
    """\
from imodels_nb import IModelsClient, choose_imodel, sample
hub = sample.start(changesets=30, imodels=23)
client = IModelsClient(hub.credential, base_url=hub.base_url)
picker = choose_imodel(client, itwin=hub.itwin_id)
picker""",
    "first = picker.imodel_id",
    """\
hub.inject("server-error:status=403,times=0,path=/itwins")
failed = choose_imodel(client)
failed""",
)


def test_an_imodel_is_chosen_by_keyboard_and_an_error_has_another_try(
    page: Page, lab_url: str, lab_notebooks: Path, screenshots: Path
) -> None:
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    cells = [nbformat.v4.new_code_cell(cell) for cell in CELLS]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), lab_notebooks / "picker.ipynb")
    notebook = Notebook(page, f"{lab_url}/lab/tree/picker.ipynb?reset")
    notebook.run_all()
    picker = notebook.cell(1).get_by_role("group", name="Choose an iModel")
    chosen = picker.get_by_role("button", name="Riverside Station", exact=True)
    expect(chosen).to_have_attribute("aria-pressed", "true")
    expect(picker.get_by_text("newest changeset 30")).to_be_visible()
    notebook.cell(3).get_by_role("button", name="Retry").wait_for()
    assert notebook.evaluate("first == hub.imodel_id")
    picker.get_by_role("searchbox", name="Search the iModels").focus()
    page.keyboard.type("part 17")
    expect(picker.get_by_text("1 of 23 iModels")).to_be_visible()
    for _ in range(5):  # to the name of the row, past the heads of the columns
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(picker.get_by_role("button", name="Riverside Station, part 17")).to_have_attribute("aria-pressed", "true")
    assert notebook.evaluate("picker.imodel['display_name']") == "Riverside Station, part 17"
    picker.screenshot(path=screenshots / "picker.png")
    failed = notebook.cell(3).get_by_role("group", name="Choose an iModel")
    expect(failed.get_by_text("403")).to_be_visible()
    notebook.evaluate("hub.clear_faults()")
    failed.get_by_role("button", name="Retry").click()
    expect(failed.get_by_role("button", name="Pump station")).to_have_attribute("aria-pressed", "true")
