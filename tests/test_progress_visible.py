"""Progress and interruption in a kernel and in a terminal."""

import json
import os
import pty
import re
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from queue import Empty
from typing import Any

import pytest
from jupyter_client.manager import start_new_kernel

from imodels_hub import Hub
from imodels_nb.store import ChangesetStore

pytestmark = pytest.mark.slow

TIMEOUT = 60  # seconds, for a machine that is busy
SLOW = "latency:ms=800,times=0"
OPENING = """
from imodels_nb import IModelsClient, StaticTokenCredential, fetch_changesets
client = IModelsClient(StaticTokenCredential({token!r}), base_url={base_url!r})
"""
WORKERS = """
import threading, time
until = time.monotonic() + 1
while time.monotonic() < until and any(one.name.startswith("imodels_nb-") for one in threading.enumerate()):
    time.sleep(0.01)
[one.name for one in threading.enumerate() if one.name.startswith("imodels_nb-")]
"""


class Notebook:
    """A kernel that runs cells."""

    def __init__(self) -> None:
        self.manager, self._client = start_new_kernel(extra_arguments=["--IPKernelApp.capture_fd_output=False"])

    def start(self, cell: str) -> str:
        return self._client.execute(cell)

    def end(self, started: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Return the reply to a cell, and its output."""
        reply = self._client.get_shell_msg(timeout=TIMEOUT)
        while reply["parent_header"].get("msg_id") != started:
            reply = self._client.get_shell_msg(timeout=TIMEOUT)
        shown = []
        with suppress(Empty):
            while (message := self._client.get_iopub_msg(timeout=TIMEOUT))["content"] != {"execution_state": "idle"}:
                shown.append(message)
        return reply["content"], [message for message in shown if message["parent_header"].get("msg_id") == started]

    def run(self, cell: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        return self.end(self.start(cell))

    def value(self, cell: str) -> str:
        (result,) = [message for message in self.run(cell)[1] if message["msg_type"] == "execute_result"]
        return str(result["content"]["data"]["text/plain"])

    def stop(self) -> None:
        self._client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()


@pytest.fixture(scope="module")
def notebook(running_hub: Hub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notebook]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
        notebook = Notebook()
    reply, _ = notebook.run(OPENING.format(token=running_hub.token, base_url=running_hub.base_url))
    assert reply["status"] == "ok", reply
    yield notebook
    notebook.stop()


def test_an_interrupted_fetch_ends_its_workers_and_stores_nothing(hub: Hub, notebook: Notebook, tmp_path: Path) -> None:
    fetch = f"len(fetch_changesets(client, {hub.imodel_id!r}, cache={str(tmp_path)!r}))"
    hub.inject("latency:ms=120000,after=2,times=0")
    before, started = len(hub.log), notebook.start(fetch)
    while len(hub.log) - before < 2:
        time.sleep(0.01)
    notebook.manager.interrupt_kernel()
    reply, _ = notebook.end(started)
    assert (reply["status"], reply["ename"]) == ("error", "KeyboardInterrupt")
    assert notebook.value(WORKERS) == "[]"
    assert not ChangesetStore(tmp_path, hub.base_url, hub.imodel_id).folder.exists()
    hub.clear_faults()
    assert notebook.value(fetch) == "2345"
    assert ChangesetStore(tmp_path, hub.base_url, hub.imodel_id).read().num_rows == 2_345


@pytest.mark.parametrize("cache", [False, True])
def test_a_slow_fetch_shows_a_bar_in_a_notebook(hub: Hub, notebook: Notebook, tmp_path: Path, cache: bool) -> None:
    stored = str(tmp_path) if cache else False
    hub.inject(SLOW)
    _, shown = notebook.run(f"frame = fetch_changesets(client, {hub.imodel_id!r}, cache={stored!r})")
    kinds = [
        kind
        for message in shown
        for kind in message["content"].get("data", {})
        if message["msg_type"] == "display_data"
    ]
    assert "application/vnd.jupyter.widget-view+json" in kinds
    assert " changesets" in json.dumps([message["content"] for message in shown])


def test_a_quick_or_silent_fetch_shows_no_bar(hub: Hub, notebook: Notebook) -> None:
    _, quick = notebook.run(f"frame = fetch_changesets(client, {hub.imodel_id!r})")
    hub.inject(SLOW)
    _, silent = notebook.run(f"frame = fetch_changesets(client, {hub.imodel_id!r}, progress=False)")
    assert {message["msg_type"] for message in quick + silent} <= {"status", "execute_input"}


def _terminal() -> tuple[int, int]:
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 120))
    return ours, theirs


def _read_output(hub: Hub, arguments: str, *, terminal: bool) -> str:
    """Fetch in another process; return the output on its terminal, or its pipe."""
    program = OPENING.format(token=hub.token, base_url=hub.base_url)
    program += f"fetch_changesets(client, {hub.imodel_id!r}, {arguments})"
    ours, theirs = _terminal() if terminal else os.pipe()
    with subprocess.Popen([sys.executable, "-c", program], stderr=theirs, stdout=theirs) as process:
        os.close(theirs)
        seen = b""
        with suppress(OSError):  # a terminal whose last process has gone is an error on Linux
            while part := os.read(ours, 4096):
                seen += part
    os.close(ours)
    assert process.returncode == 0, seen
    return seen.decode()


def test_a_terminal_shows_rows_rate_and_wait(hub: Hub, tmp_path: Path) -> None:
    hub.inject("too-many-requests:retry_after=3,after=1")
    seen = _read_output(hub, f"cache={str(tmp_path)!r}", terminal=True)
    assert " changesets/s" in seen
    assert re.search(r"\b[1-9]\d*/2345 \[", seen)
    assert "0 changesets [" not in seen
    assert " s before the next request" in seen


@pytest.mark.parametrize(("terminal", "progress"), [(True, False), (False, None)])
def test_no_bar_without_a_terminal_or_with_progress_false(hub: Hub, terminal: bool, progress: bool | None) -> None:
    hub.inject(SLOW)
    assert _read_output(hub, f"progress={progress}", terminal=terminal) == ""
