"""Tests of the notebooks on findings and reports, without a user and by papermill."""

from pathlib import Path

import nbformat
import papermill
import pytest
from nbclient import NotebookClient

pytestmark = pytest.mark.slow

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
REPORT = "report.ipynb"


@pytest.fixture(autouse=True)
def _own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))


def test_both_notebooks_write_their_files(tmp_path: Path) -> None:
    findings, report = (nbformat.read(NOTEBOOKS / name, as_version=4) for name in ("04-findings.ipynb", REPORT))
    assert len(findings.cells) <= 10
    code = [cell.source for cell in (*findings.cells, *report.cells) if cell.cell_type == "code"]
    both = nbformat.v4.new_notebook(cells=[*map(nbformat.v4.new_code_cell, code)])  # in one kernel, which starts once
    resources = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(both, kernel_name="python3", timeout=110, resources=resources).execute()
    assert "size outlier" in (tmp_path / "findings.html").read_text("utf-8")
    assert "size outlier" in (tmp_path / "findings.csv").read_text("utf-8-sig")
    assert "All times are in UTC" in (tmp_path / "report.html").read_text("utf-8")


def test_papermill_sets_parameters_and_reports_a_failure(tmp_path: Path) -> None:
    parameters = {"output": "tokyo.html", "time_zone": "Asia/Tokyo", "fail_on": "warning"}
    with pytest.raises(papermill.PapermillExecutionError, match="SystemExit"):
        papermill.execute_notebook(
            NOTEBOOKS / REPORT,
            tmp_path / "out.ipynb",
            parameters,
            cwd=tmp_path,
            kernel_name="python3",
            progress_bar=False,
        )
    assert "All times are in Asia/Tokyo" in (tmp_path / "tokyo.html").read_text("utf-8")
    assert "injected-parameters" in (tmp_path / "out.ipynb").read_text("utf-8")
