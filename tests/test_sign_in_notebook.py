"""The sign-in notebook runs with nobody there, by nbclient and by nbconvert, and what they write holds no secret."""

import base64
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
NOTEBOOK = ROOT / "notebooks" / "02-sign-in.ipynb"

REVEAL = """
secrets = [card.credential.get_token().token for card in (by_code, in_browser, service)]
import base64, os, pathlib
secrets += [hub.client_secret, in_browser.credential.flow.client._cache.newest("RefreshToken")]
pathlib.Path(os.environ["SECRETS"]).write_text(" ".join(base64.b64encode(each.encode()).decode() for each in secrets))
"""


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the notebook under test writes its own secrets, in disguise, for this test alone."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.setenv("IMODELS_NB_SAMPLE_AUTO_APPROVE", "1")
    monkeypatch.setenv("SECRETS", str(tmp_path / "secrets"))
    return tmp_path / "secrets"


def instrumented(path: Path) -> Path:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    last = notebook.cells.pop()
    cells = [nbformat.v4.new_code_cell("%xmode Verbose\nimport logging\nlogging.getLogger().setLevel(logging.DEBUG)")]
    notebook.cells = [*cells, *notebook.cells, nbformat.v4.new_code_cell(REVEAL), last]
    nbformat.write(notebook, path)
    return path


def secrets_in(written: str, told: Path) -> list[str]:
    secrets = [base64.b64decode(each).decode() for each in told.read_text().split()]
    assert len(secrets) == 5
    return [secret for secret in secrets if secret in written]


def test_s2_the_notebook_run_by_nbclient_shows_each_door_and_holds_no_secret(told: Path, tmp_path: Path) -> None:
    notebook = nbformat.read(instrumented(tmp_path / "in.ipynb"), as_version=4)
    NotebookClient(notebook, kernel_name="python3").execute()
    written = nbformat.writes(notebook)
    assert "application/vnd.jupyter.widget-state+json" in written
    for shown in ("DeviceCodeCredential 500", "AuthorizationCodeCredential 500", "ClientSecretCredential 500"):
        assert shown in written
    assert secrets_in(written, told) == []
    assert not re.search(r"code_verifier|device\?user_code|[?&]code=", written)


def test_s2_the_notebook_run_by_nbconvert_holds_no_secret_as_html_either(told: Path, tmp_path: Path) -> None:
    source = instrumented(tmp_path / "in.ipynb")
    command = [sys.executable, "-m", "nbconvert", "--execute", "--to", "html", "--output", "out", str(source)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}  # the kernel starts beside the notebook, not here
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=110
    )
    assert done.returncode == 0, done.stderr[-2000:]
    written = (tmp_path / "out.html").read_text()
    assert "AuthorizationCodeCredential 500" in written
    assert secrets_in(written + done.stdout + done.stderr, told) == []
