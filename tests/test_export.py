"""Frames and charts as files for other programs."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
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


def _rows(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.reader(lines))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=1, max_size=5))
def test_no_text_begins_like_a_formula_and_none_is_lost(tmp_path: Path, texts: list[str]) -> None:
    frame = pd.DataFrame({"name": texts, "kind": pd.Categorical(texts), "number": -1})
    rows = _rows(export_csv(frame, tmp_path / "names.csv"))[1:]
    assert not [cell for row in rows for cell in row[:2] if cell.startswith(tuple(STARTERS))]
    for text, (name, kind, number) in zip(texts, rows, strict=True):
        assert name == kind == ("'" + text if text.startswith(tuple(STARTERS)) else text)
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


@pytest.mark.parametrize("name", list(_frames()))
def test_every_frame_goes_to_csv_and_back_from_parquet(tmp_path: Path, name: str) -> None:
    frame = _frames()[name]
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


@pytest.mark.parametrize("draw", [charts.push_timeline, charts.file_sizes])
def test_each_chart_is_saved_as_a_picture(tmp_path: Path, draw: Any) -> None:
    chart = draw(sample.load_changesets(changesets=300), sample.load_named_versions(changesets=300))
    chart.save(tmp_path / "chart.png")
    chart.save(tmp_path / "chart.svg")
    assert (tmp_path / "chart.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "chart.svg").read_text("utf-8").startswith("<svg")
