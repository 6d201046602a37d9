"""Frames and charts as files for other programs."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from imodels_nb import (
    audit_ledger,
    charts,
    checkpoint_debt,
    export_csv,
    export_parquet,
    findings,
    milestones,
    sample,
)

STARTERS = "=+-@\t\r\n"
FORMULAS = "=+-@＝＋－＠"  # noqa: RUF001  # of full width, too
UNSEEN = "\u200b\ufeff"


def _rows(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.reader(lines))


def _expected(text: str) -> str:
    """Put an apostrophe before each part between semicolons whose first visible letter begins a formula."""
    parts = text.split(";")
    firsts = [next((letter for letter in part if not letter.isspace() and letter not in UNSEEN), "") for part in parts]
    marked = [f"'{part}" if first and first in FORMULAS else part for part, first in zip(parts, firsts, strict=True)]
    lone = text.startswith(("\t", "\r", "\n")) and not marked[0].startswith("'")
    return "'" * lone + ";".join(marked)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=1, max_size=5))
@example(texts=["=1", " =1", "\t+1", "\ufeff=1", "＝1", "a;=1", "a; -5;b", "\n", "plain"])  # noqa: RUF001
def test_no_text_begins_like_a_formula_and_none_is_lost(tmp_path: Path, texts: list[str]) -> None:
    frame = pd.DataFrame({"name": texts, "kind": pd.Categorical(texts), "number": -1})
    rows = _rows(export_csv(frame, tmp_path / "names.csv"))[1:]
    assert not [cell for row in rows for cell in row[:2] if cell.startswith(tuple(STARTERS))]
    for text, (name, kind, number) in zip(texts, rows, strict=True):
        assert name == kind == _expected(text)
        assert number == "-1"


@pytest.mark.parametrize("starter", STARTERS)
def test_headings_and_index_are_defused_like_cells(tmp_path: Path, starter: str) -> None:
    frame = pd.DataFrame({f"{starter}1": [1]}, index=pd.Index([f"{starter}cmd"], name="id"))
    assert _rows(export_csv(frame, tmp_path / "names.csv")) == [["id", f"'{starter}1"], [f"'{starter}cmd", "1"]]


def _frames() -> dict[str, pd.DataFrame]:
    changesets = sample.load_changesets("full", changesets=300)
    versions = sample.load_named_versions(changesets=300)
    return {
        "changesets": changesets,
        "none": changesets.iloc[:0],
        "versions": versions,
        "findings": findings(changesets, versions),
        "debt": checkpoint_debt(changesets, named_versions=versions),
        "milestones": milestones(changesets, versions),
        "audit": audit_ledger(changesets),
    }


FRAMES = _frames()


@pytest.mark.parametrize("name", FRAMES)
def test_every_frame_goes_to_csv_and_back_from_parquet(tmp_path: Path, name: str) -> None:
    frame = FRAMES[name]
    rows = _rows(export_csv(frame, tmp_path / "frame.csv"))
    assert len(rows) == len(frame) + 1
    kept = pd.read_parquet(export_parquet(frame, tmp_path / "frame.parquet"))
    assert list(kept.columns) == list(frame.columns)
    assert kept.index.equals(frame.index)
    numbers = frame.select_dtypes(np.number).columns
    pd.testing.assert_frame_equal(kept[numbers], frame[numbers])


@pytest.mark.parametrize(("write", "name"), [(export_csv, "frame.xlsx"), (export_parquet, "frame.csv")])
def test_a_wrong_ending_is_refused(tmp_path: Path, write: Any, name: str) -> None:
    with pytest.raises(ValueError, match="should end with"):
        write(pd.DataFrame(), tmp_path / name)


@pytest.mark.parametrize("write", [export_csv, export_parquet])
@pytest.mark.parametrize("nothing", [None, [1], pd.Series([1])])
def test_what_is_no_frame_is_refused(tmp_path: Path, write: Any, nothing: Any) -> None:
    ending = write.__name__.removeprefix("export_")
    with pytest.raises(TypeError, match="frame must be a DataFrame, not"):
        write(nothing, tmp_path / f"frame.{ending}")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("draw", [charts.push_timeline, charts.file_sizes])
def test_each_chart_is_saved_as_a_picture(tmp_path: Path, draw: Any) -> None:
    chart = draw(sample.load_changesets(changesets=300), sample.load_named_versions(changesets=300))
    chart.save(tmp_path / "chart.png")
    chart.save(tmp_path / "chart.svg")
    assert (tmp_path / "chart.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "chart.svg").read_text("utf-8").startswith("<svg")
