"""A real browser, and a real JupyterLab for it, with every address but loopback out of reach."""

import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from socket import create_server
from time import monotonic, sleep

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[2]
NO_INTERNET = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
PATIENCE = 60


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium")
    assert executable, "No Chromium: run this through 'make test', or set CHROMIUM to its path."
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=[*QUIET, NO_INTERNET])
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    context.set_default_timeout(PATIENCE * 1000)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="session")
def screenshots() -> Path:
    folder = ROOT / "build" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def lab_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the notebooks to where JupyterLab finds them; a test may add its own."""
    return Path(shutil.copytree(ROOT / "notebooks", tmp_path_factory.mktemp("lab") / "notebooks"))


@pytest.fixture(scope="session")
def lab_url(lab_root: Path) -> Iterator[str]:
    """Serve JupyterLab on a copy of the notebooks, with settings of its own."""
    home = lab_root.parent
    with closing(create_server(("127.0.0.1", 0))) as probe:
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    options = {
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.root_dir": lab_root,
        "ServerApp.open_browser": False,
        "ServerApp.allow_root": True,
        "IdentityProvider.token": "",
        "LabApp.expose_app_in_browser": True,
    }
    command = [sys.executable, "-m", "jupyterlab", *(f"--{name}={value}" for name, value in options.items())]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("IMODELS_NB_")}
    places = {f"JUPYTER_{name}_DIR": str(home / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    places["JUPYTERLAB_WORKSPACES_DIR"] = str(home / "workspaces")
    places["JUPYTERLAB_SETTINGS_DIR"] = str(_settings(home / "settings"))
    with (home / "lab.log").open("w") as log:
        server = subprocess.Popen(command, env=environment | places, stdout=log, stderr=log)
        try:
            _wait_for(f"{url}/api", server, home / "lab.log")
            yield url
        finally:
            server.terminate()
            server.wait(PATIENCE)


def _settings(folder: Path) -> Path:
    """Ask no question about news over the picture, and keep the cells in the page that are scrolled away."""
    wanted = {
        "apputils-extension/notification": '{"fetchNews": "false"}',
        "notebook-extension/tracker": '{"windowingMode": "none"}',
    }
    for name, text in wanted.items():
        file = folder / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True)
        file.write_text(text)
    return folder


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = monotonic() + PATIENCE
    while server.poll() is None and monotonic() < deadline:
        try:
            with urllib.request.urlopen(url):
                return
        except OSError:
            sleep(0.2)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()}")
