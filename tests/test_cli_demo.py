"""The commands demo and notebooks, without a kernel."""

import sys
from pathlib import Path

import pytest

from imodels_nb.cli import main

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"


def test_the_demo_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "nbformat", None)
    assert main(["demo", "-o", str(tmp_path / "page.html")]) == 1
    assert '-m pip install "imodels-nb[notebook]"' in capsys.readouterr().err
    assert not [*tmp_path.iterdir()]


def test_notebooks_are_copied_and_changed_ones_stay(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed = tmp_path / "mine" / "01-quickstart.ipynb"
    changed.parent.mkdir()
    changed.write_text("mine")
    assert main(["notebooks", str(changed.parent)]) == 0
    assert changed.read_text() == "mine"
    assert {file.name for file in changed.parent.iterdir()} == {file.name for file in NOTEBOOKS.glob("*.ipynb")}
    assert f"{changed} exists and stays as it is" in capsys.readouterr().out
