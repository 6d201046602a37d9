"""Servers of notebook front ends, each with its own settings."""

import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from socket import create_server
from time import monotonic, sleep

TIMEOUT = 60
_NO_NEWS = {  # no dialog over the page, and cells stay in the page when they are scrolled away
    "apputils-extension/notification": '{"fetchNews": "false"}',
    "notebook-extension/tracker": '{"windowingMode": "none"}',
}


@contextmanager
def serving(app: str, notebooks: Path, *, python: str | Path = sys.executable, **options: object) -> Iterator[str]:
    """Serve a folder of notebooks by an app such as ``jupyterlab``; yield the URL.

    The log and the settings of the server are beside the folder.
    """
    with closing(create_server(("127.0.0.1", 0))) as probe:
        port = probe.getsockname()[1]
    base = str(options.get("ServerApp.base_url", "/")).rstrip("/")
    url, log = f"http://127.0.0.1:{port}{base}", notebooks.parent / f"{app}.log"
    with log.open("w") as out:
        command = [python, "-m", app, *_arguments(app, notebooks, port, options)]
        home = _environment(notebooks.parent / app)
        server = subprocess.Popen(command, cwd=notebooks, env=home, stdout=out, stderr=out)
        try:
            _wait_for(f"{url}/", server, log)
            yield url
        finally:
            server.terminate()
            server.wait(TIMEOUT)


def _arguments(app: str, notebooks: Path, port: int, options: dict[str, object]) -> list[str]:
    if app == "voila":
        return [str(notebooks), f"--port={port}", "--no-browser", "--Voila.ip=127.0.0.1"]
    server = {
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.root_dir": notebooks,
        "ServerApp.open_browser": False,
        "ServerApp.allow_root": True,
        "IdentityProvider.token": "",
    }
    return [f"--{name}={value}" for name, value in (server | options).items()]


def _environment(home: Path) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("IMODELS_NB_")}
    folders = {f"JUPYTER_{name}_DIR": str(home / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    folders["JUPYTERLAB_WORKSPACES_DIR"] = str(home / "workspaces")
    folders["JUPYTERLAB_SETTINGS_DIR"] = str(_settings(home / "settings"))
    return inherited | folders


def _settings(folder: Path) -> Path:
    for name, text in _NO_NEWS.items():
        file = folder / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True)
        file.write_text(text)
    return folder


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = monotonic() + TIMEOUT
    while server.poll() is None and monotonic() < deadline:
        try:
            with urllib.request.urlopen(url):
                return
        except OSError:
            sleep(0.2)
    raise RuntimeError(f"The server did not start:\n{log.read_text()}")
