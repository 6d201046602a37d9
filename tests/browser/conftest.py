"""Fixtures: a browser and a JupyterLab that reach only loopback."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.lab import close_notebook, load_lab, open_page
from helpers.servers import TIMEOUT, serving
from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).parents[2]
NO_INTERNET = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium")
    assert executable, "No Chromium: run this through 'make test', or set CHROMIUM to its path."
    expect.set_options(timeout=TIMEOUT * 1000)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=[*QUIET, NO_INTERNET])
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with open_page(browser) as page:
        yield page


@pytest.fixture(scope="session")
def screenshots() -> Path:
    folder = ROOT / "build" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def lab_notebooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that JupyterLab serves, with a copy of the notebooks."""
    folder = tmp_path_factory.mktemp("lab") / "notebooks"
    return Path(shutil.copytree(ROOT / "notebooks", folder))


@pytest.fixture(scope="session")
def lab_url(lab_notebooks: Path) -> Iterator[str]:
    """Serve JupyterLab on a copy of the notebooks."""
    with serving("jupyterlab", lab_notebooks, **{"LabApp.expose_app_in_browser": True}) as url:
        yield url


@pytest.fixture(scope="module")
def lab_page(browser: Browser, lab_url: str) -> Iterator[Page]:
    """Load JupyterLab once: it takes longer than most tests."""
    with open_page(browser) as page:
        load_lab(page, lab_url)
        yield page


@pytest.fixture
def lab_tab(lab_page: Page) -> Iterator[Page]:
    """Return the page with JupyterLab; close the notebook of the test."""
    viewport = lab_page.viewport_size
    yield lab_page
    close_notebook(lab_page)
    if viewport:
        lab_page.set_viewport_size(viewport)
