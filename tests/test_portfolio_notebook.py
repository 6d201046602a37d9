"""Tests of the notebook on many iModels, run without a user."""

import nbformat
import pytest
from helpers.notebooks import NOTEBOOKS, run_notebook

pytestmark = pytest.mark.slow

NAME = "05-portfolio.ipynb"


def test_the_cells_show_what_the_text_says(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
    imodels, board, table, growth, found, saved = run_notebook(NAME)
    projects = ["Riverside Station", *(f"Riverside Station, part {part}" for part in range(2, 6))]
    assert all(f"<td>{project}</td>" in imodels for project in projects)
    assert "5e19bee0-3aea-4355-a9f0-c6df9989ee7d" in board
    assert board.count("<tr") == 1 + len(projects)  # the header, and no row of a fetch that failed
    assert all(f"<bdi>{project}</bdi>" in board for project in projects)
    assert all(f">{project}</td>" in table for project in projects)
    assert table.count("pushed a file of") == len(projects)
    assert "Sample data: storage of each iModel" in growth
    assert found.count("size outlier") == len(projects)
    assert "..." not in found
    assert saved.startswith("6,000 changesets in ")
    assert "A page of " in saved


def test_it_starts_with_a_note_on_sample_data() -> None:
    notebook = nbformat.read(NOTEBOOKS / NAME, as_version=4)
    assert "**Everything here is SAMPLE DATA**" in notebook.cells[0].source
    assert "**Next**" in notebook.cells[-1].source
    assert [cell.id for cell in notebook.cells] == [str(number) for number in range(len(notebook.cells))]
