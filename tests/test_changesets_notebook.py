"""Tests of the notebook on changesets, run without a user."""

import nbformat
import pytest
from helpers.notebooks import NOTEBOOKS, run_notebook

pytestmark = pytest.mark.slow

NAME = "03-changesets.ipynb"


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return the output of each code cell, as text."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
        return run_notebook(NAME)


def test_the_cells_show_what_the_text_says(outputs: list[str]) -> None:
    _fetch, window, kinds, again, timeline, sizes, lanes, own, fault, watched = outputs
    assert "6000" in window
    assert "spatial data" in kinds
    assert again == "6,003 changesets, 1 request\n"
    for chart in (timeline, sizes):
        assert "changesets 3,000 – 4,000 · 1,001 uploaded" in chart  # noqa: RUF001  # a range has an en dash
    assert "Pushes over time: changesets 1 – 6,003 · 6,003 uploaded" in lanes  # noqa: RUF001  # an en dash, too
    assert "Sample data: share of pushes" in own
    assert all(f">{label}<" in own for label in ("schema", "definition", "spatial data", "regular"))
    assert fault.startswith("IncompleteTimeline: The timeline breaks between changesets")
    assert fault.endswith("6,003 changesets: whole again\n")
    assert "Pushes over time: changesets 5,900" in watched


def test_it_starts_with_a_note_on_sample_data() -> None:
    notebook = nbformat.read(NOTEBOOKS / NAME, as_version=4)
    assert "**Everything here is SAMPLE DATA**" in notebook.cells[0].source
    assert "**Next**" in notebook.cells[-1].source
    assert len(notebook.cells) <= 13
    assert [cell.id for cell in notebook.cells] == [str(number) for number in range(len(notebook.cells))]
