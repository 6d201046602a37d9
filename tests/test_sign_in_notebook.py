"""Tests of the sign-in notebook, without a user: no secret is written or printed."""

import base64
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbconvert import HTMLExporter

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
NOTEBOOK = ROOT / "notebooks" / "02-sign-in.ipynb"

REVEAL = """
secrets = [card.credential.get_token().token for card in (by_code, in_browser, service)]
import base64, os, pathlib
secrets += [hub.client_secret, in_browser.credential.flow.client._cache.find_newest("RefreshToken")]
pathlib.Path(os.environ["SECRETS"]).write_text(" ".join(base64.b64encode(each.encode()).decode() for each in secrets))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the notebook once; return its folder.

    It contains ``out.ipynb``, ``printed`` and the encoded ``secrets``.
    """
    folder = tmp_path_factory.mktemp("run")
    command = [sys.executable, "-m", "nbconvert", "--execute", "--to", "notebook", "--output", "out"]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),  # the kernel starts beside the notebook, not here
        "IPYTHONDIR": str(folder),
        "IMODELS_NB_SAMPLE_AUTO_APPROVE": "1",
        "SECRETS": str(folder / "secrets"),
    }
    with (folder / "printed").open("w") as printed:
        source = str(_write_instrumented(folder / "in.ipynb"))
        done = subprocess.run([*command, source], env=environment, stdout=printed, stderr=printed, check=False)
    assert done.returncode == 0, (folder / "printed").read_text()[-2000:]
    return folder


def _write_instrumented(path: Path) -> Path:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    *shown, signing_out, what_next = notebook.cells
    cells = [nbformat.v4.new_code_cell("%xmode Verbose\nimport logging\nlogging.getLogger().setLevel(logging.DEBUG)")]
    notebook.cells = [*cells, *shown, nbformat.v4.new_code_cell(REVEAL), signing_out, what_next]
    nbformat.write(notebook, path)
    return path


def _secrets_in(written: str, folder: Path) -> list[str]:
    secrets = [base64.b64decode(text).decode() for text in (folder / "secrets").read_text().split()]
    assert len(secrets) == 5
    return [secret for secret in secrets if secret in written]


def test_s2_the_executed_notebook_contains_no_secret(folder: Path) -> None:
    written = (folder / "out.ipynb").read_text()
    assert "application/vnd.jupyter.widget-state+json" in written
    for shown in ("DeviceCodeCredential 500", "AuthorizationCodeCredential 500", "ClientSecretCredential 500"):
        assert shown in written
    assert _secrets_in(written + (folder / "printed").read_text(), folder) == []
    assert not re.search(r"code_verifier|device\?user_code|[?&]code=", written)


def test_s2_its_html_contains_no_secret(folder: Path) -> None:
    written, _ = HTMLExporter().from_filename(str(folder / "out.ipynb"))
    assert "AuthorizationCodeCredential 500" in written
    assert _secrets_in(written, folder) == []
