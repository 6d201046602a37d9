"""Test of the notebook on what changed, run without a user."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

pytestmark = pytest.mark.slow

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "06-what-changed.ipynb"


def test_the_notebook_shows_what_changed_in_the_plant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    resources = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, kernel_name="python3", timeout=110, resources=resources).execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "stream"]
    texts = ["\n".join(map(str, output.data.values())) for output in outputs]
    assert any("Chloe Nakamura" in text and "supplier" in text for text in texts)
    assert any("P-101A" in text for text in texts)
    assert any("True    228" in text for text in texts)
    assert any("changesets 1" in text and "2,196 inserted" in text for text in texts)
    assert not [output for output in outputs if "image/png" in output.data]  # white in a dark page
