"""Tests of every notebook in the environment that Binder builds."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.lab import Notebook
from helpers.servers import serving
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.binder, pytest.mark.timeout(300)]

ROOT = Path(__file__).parents[2]
PREFIX = "/user/ada-imodels-nb-1x2y3z/"  # as Binder makes them
PROBLEMS = """() => window.jupyterapp.shell.currentWidget.content.model.toJSON().cells
  .filter((cell) => cell.cell_type === "code")
  .filter((cell) => !cell.execution_count || cell.outputs.some((output) => output.output_type === "error"))"""


@pytest.fixture(scope="module")
def env() -> Path:
    return Path(os.environ["BINDER_ENV"])


@pytest.fixture(scope="module")
def lab_url(env: Path, lab_notebooks: Path) -> Iterator[str]:
    """Serve the notebooks as Binder does, in its environment and below its prefix."""
    options = {"ServerApp.base_url": PREFIX, "LabApp.expose_app_in_browser": True}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTERHUB_SERVICE_PREFIX", PREFIX)
        with serving("jupyterlab", lab_notebooks.parent, python=env / "bin/python", **options) as url:
            yield url


def _open(page: Page, lab_url: str, notebook: str) -> Notebook:
    return Notebook(page, f"{lab_url}/lab/tree/notebooks/{notebook}?reset")


def test_everything_installed_is_pinned(env: Path) -> None:
    freeze = [env / "bin/python", "-m", "pip", "freeze", "--exclude", "imodels-nb"]
    there = set(subprocess.run(freeze, capture_output=True, text=True, check=True).stdout.split())
    pinned = set((ROOT / "binder/requirements.txt").read_text().splitlines())
    assert there - pinned <= set((env.parent / "binder-base.txt").read_text().split())


def test_the_launch_link_opens_the_quickstart(page: Page, lab_url: str) -> None:
    notebook = _open(page, lab_url, "01-quickstart.ipynb")
    for _ in range(2):
        notebook.run_cell()
    with page.expect_popup() as opened:
        notebook.cell(2).get_by_role("link").click()
    assert opened.value.url.startswith(f"{lab_url}/proxy/")
    opened.value.get_by_role("button", name="Approve").click()
    expect(notebook.cell(2)).to_contain_text("Signed in to the sample")


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb")))
def test_each_notebook_runs(page: Page, lab_url: str, env: Path, screenshots: Path, name: str) -> None:
    notebook = _open(page, lab_url, name)
    notebook.command("notebook:run-all-cells")
    page.screenshot(path=screenshots / f"binder-{name}.png")
    assert page.evaluate(PROBLEMS) == []
    assert notebook.evaluate("__import__('imodels_nb').__file__").startswith(str(env))
