"""The notebooks about findings run with nobody there, as they are and with parameters put in as papermill puts them."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"


def _run(name: str, folder: Path, parameters: str = "") -> nbformat.NotebookNode:
    notebook = nbformat.read(NOTEBOOKS / name, as_version=4)
    if parameters:
        place = next(at for at, cell in enumerate(notebook.cells) if "parameters" in cell.metadata.get("tags", []))
        notebook.cells.insert(place + 1, nbformat.v4.new_code_cell(parameters))
    resources = {"metadata": {"path": str(folder)}}
    return NotebookClient(notebook, kernel_name="python3", timeout=110, resources=resources).execute()


@pytest.fixture(autouse=True)
def _own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))


def test_the_findings_notebook_leaves_a_report_and_a_table(tmp_path: Path) -> None:
    notebook = _run("04-findings.ipynb", tmp_path)
    assert len(notebook.cells) <= 10
    assert "size outlier" in (tmp_path / "findings.html").read_text("utf-8")
    assert "size outlier" in (tmp_path / "findings.csv").read_text("utf-8-sig")


def test_the_report_notebook_takes_parameters(tmp_path: Path) -> None:
    _run("report.ipynb", tmp_path, 'output = "tokyo.html"\ntime_zone = "Asia/Tokyo"')
    assert "Times are in Asia/Tokyo" in (tmp_path / "tokyo.html").read_text("utf-8")


def test_the_report_notebook_fails_for_a_scheduler_to_see(tmp_path: Path) -> None:
    with pytest.raises(CellExecutionError, match="SystemExit"):
        _run("report.ipynb", tmp_path, 'fail_on = "warning"')
    assert (tmp_path / "report.html").exists()
