"""Export of frames and charts as files."""

import csv
import json
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pyarrow import dataset

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
FORMULAS = "=+-@＝＋－＠﹦﹢﹣﹫"  # noqa: RUF001  # of full width, too
UNSEEN = "\u200b\ufeff\u200e\u2060\x01"
PARTS = [
    *FORMULAS,
    *",;|\t\r\n\"' ",
    *UNSEEN,
    "cmd",
    "=cmd|' /C calc'!A0",
    "=HYPERLINK(A1)",
    "x",
    "5",
    "\u2028",
    "\x85",
]


def _rows(file: Path, separator: str = ",") -> list[list[str]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.reader(lines, delimiter=separator))


def _is_formula(cell: str) -> bool:
    return cell.startswith(tuple(STARTERS)) or cell.lstrip(UNSEEN + "\t\r\n\v\f\x85\u2028\u2029 ").startswith(
        tuple(FORMULAS)
    )


texts = st.lists(
    st.text(st.characters(codec="utf-8", exclude_characters="\0")) | st.lists(st.sampled_from(PARTS)).map("".join),
    min_size=1,
    max_size=5,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=texts)
@example(texts=["=1", " =1", "\t+1", "\ufeff=1", "＝1", "a;=1", "a; -5;b", "\n", "plain"])  # noqa: RUF001
@example(texts=['x;"=cmd', 'x;""=cmd', "x\n=cmd", "x\t=cmd", "x|=cmd", "x,=cmd", 'x\n"a;=b', 'x, "=cmd', ';"\t'])
def test_no_cell_is_a_formula_with_any_separator(tmp_path: Path, texts: list[str]) -> None:
    frame = pd.DataFrame({"name": texts, "kind": pd.Categorical(texts), "number": 1})
    file = export_csv(frame, tmp_path / "names.csv")
    for separator in ",;|\t":
        assert not [cell for row in _rows(file, separator) for cell in row if _is_formula(cell)], separator
    for text, (name, kind, _) in zip(texts, _rows(file)[1:], strict=True):
        assert name == kind
        assert name.replace("'", "") == text.replace("'", "")


def test_no_cell_is_a_call_with_spaces_as_separator(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"name": ['x =HYPERLINK("http://a.invalid/"&A1)', "x =cmd|'/Ccalc'!A0", "x +SUM(A1)", 'x "=a!b']}
    )
    cells = [cell for row in _rows(export_csv(frame, tmp_path / "names.csv"), " ") for cell in row]
    assert not [cell for cell in cells if _is_formula(cell)]


@pytest.mark.parametrize(
    "text",
    [
        "Pump - old",
        "at -5 degrees",
        "for @anna, with thanks",
        "a+b=c",
        "3-1; 4-2",
        "x (=2)",
        "Level 2, north",
        "'=1",
        "",
    ],
)
def test_a_harmless_text_is_not_changed(tmp_path: Path, text: str) -> None:
    assert _rows(export_csv(pd.DataFrame({"name": [text]}), tmp_path / "names.csv"))[1:] == [[text]]


@pytest.mark.parametrize("starter", STARTERS)
def test_headings_and_index_are_escaped(tmp_path: Path, starter: str) -> None:
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
    stored = pd.read_parquet(export_parquet(frame, tmp_path / "frame.parquet"))
    assert list(stored.columns) == list(frame.columns)
    assert stored.index.equals(frame.index)
    numbers = frame.select_dtypes(np.number).columns
    pd.testing.assert_frame_equal(stored[numbers], frame[numbers])


@pytest.mark.parametrize(("write", "name"), [(export_csv, "frame.xlsx"), (export_parquet, "frame.csv")])
def test_a_wrong_suffix_is_refused(tmp_path: Path, write: Any, name: str) -> None:
    with pytest.raises(ValueError, match="should end with"):
        write(pd.DataFrame(), tmp_path / name)


REPEATED = {
    "index": pd.DataFrame({"id": [1]}, index=pd.Index([1], name="id")),
    "level": pd.DataFrame({"id": [1]}, index=pd.MultiIndex.from_tuples([(1, 2)], names=["a", "id"])),
    "columns": pd.DataFrame([[1, 2]], columns=["id", "id"]),
}


@pytest.mark.parametrize("write", [export_csv, export_parquet])
@pytest.mark.parametrize("repeated", REPEATED)
def test_a_repeated_name_is_refused(tmp_path: Path, write: Any, repeated: str) -> None:
    ending = write.__name__.removeprefix("export_")
    with pytest.raises(ValueError, match="more than one column or index level named id"):
        write(REPEATED[repeated], tmp_path / f"frame.{ending}")
    assert not list(tmp_path.iterdir())


HALF = "pump \ud83d"


@pytest.mark.parametrize("index", [pd.Index([HALF], dtype=object, name="key"), None], ids=["named", "numbers"])
def test_half_a_character_is_replaced(tmp_path: Path, index: pd.Index | None) -> None:
    frame = pd.DataFrame({"text": pd.Series([HALF], dtype=object), "list": [[HALF, "x"]], "number": [1]})
    frame = frame.set_axis(pd.Index(["text", "list", HALF], dtype=object), axis=1)
    frame = frame if index is None else frame.set_axis(index)
    whole = HALF.replace("\ud83d", "\ufffd")
    stored = pd.read_parquet(export_parquet(frame, tmp_path / "frame.parquet"))
    assert stored["text"].tolist() == [whole]
    assert [list(row) for row in stored["list"]] == [[whole, "x"]]
    assert stored[whole].tolist() == [1]
    head, row = _rows(export_csv(frame, tmp_path / "frame.csv"))
    assert row[-3:] == [whole, f"{whole}; x", "1"]
    assert head[-1] == whole
    assert index is None or (row[0], stored.index.tolist()) == (whole, [whole])


@pytest.mark.parametrize("write", [export_csv, export_parquet])
@pytest.mark.parametrize("nothing", [None, [1], pd.Series([1])])
def test_other_objects_than_frames_are_refused(tmp_path: Path, write: Any, nothing: Any) -> None:
    ending = write.__name__.removeprefix("export_")
    with pytest.raises(TypeError, match="frame should be a DataFrame, not"):
        write(nothing, tmp_path / f"frame.{ending}")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("draw", [charts.push_timeline, charts.file_sizes])
def test_each_chart_is_saved_as_a_picture(tmp_path: Path, draw: Any) -> None:
    chart = draw(sample.load_changesets(changesets=300), sample.load_named_versions(changesets=300))
    chart.save(tmp_path / "chart.png")
    chart.save(tmp_path / "chart.svg")
    assert (tmp_path / "chart.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "chart.svg").read_text("utf-8").startswith("<svg")


def _one_of_each(folder: Path) -> list[pd.DataFrame]:
    """Write frames of one kind that differ in what is in them, and return them."""
    whole = sample.load_changesets("full", changesets=600)
    many = whole.assign(creator_id=pd.Categorical([f"user {number}" for number in range(600)]))
    without = whole.iloc[300:310].assign(changed_files=None, task_id=None, named_version_id=None)
    without = without.assign(**{name: pd.Categorical([None] * 10) for name in ("group_id", "application_name")})
    listed = whole.iloc[:5].assign(changed_files=[[]] * 5)
    frames = [without, many, listed, whole.iloc[:0], whole]
    for number, frame in enumerate(frames):
        export_parquet(frame, folder / f"{number}.parquet")
    return frames


def test_files_of_one_kind_of_frame_have_one_schema(tmp_path: Path) -> None:
    frames = _one_of_each(tmp_path)
    schemas = [pq.read_schema(file).remove_metadata() for file in sorted(tmp_path.iterdir())]
    assert all(schema.equals(schemas[0]) for schema in schemas)
    rows = sum(map(len, frames))
    by_pandas = pd.read_parquet(tmp_path)
    by_arrow = dataset.dataset(tmp_path).to_table()
    query, files = "SELECT creator_id FROM read_parquet($files)", {"files": str(tmp_path / "*.parquet")}
    by_duckdb = [user for (user,) in duckdb.execute(query, files).fetchall()]
    assert len(by_pandas) == len(by_arrow) == len(by_duckdb) == rows
    users = pd.concat([frame["creator_id"].astype("str") for frame in frames])
    for read in (by_pandas["creator_id"].astype("str"), by_arrow.column("creator_id").to_pylist(), by_duckdb):
        assert sorted(read) == sorted(users)
    assert by_pandas.index.tolist() == [index for frame in frames for index in frame.index]


def test_a_file_is_read_back_as_its_frame(tmp_path: Path) -> None:
    for number, frame in enumerate(_one_of_each(tmp_path)[1:], start=1):
        again = pd.read_parquet(tmp_path / f"{number}.parquet")
        files = [None if value is None else list(value) for value in again["changed_files"]]
        again["changed_files"] = pd.Series(files, again.index, dtype=object)
        pd.testing.assert_frame_equal(again, frame, check_categorical=False)


def test_dicts_are_written_as_json(tmp_path: Path) -> None:
    data = [{"job": "=1+1", "rows": [1, 2]}, None, {"job": "sync"}]
    frame = pd.DataFrame({"data": data}, index=pd.Index([1, 2, 3], name="changeset_index"), dtype="object")
    read = pd.read_parquet(export_parquet(frame, tmp_path / "data.parquet"))
    assert [json.loads(text) if isinstance(text, str) else None for text in read["data"]] == data
    schemas = [
        pq.read_schema(export_parquet(part, tmp_path / "part.parquet")).field("data").type
        for part in (frame, frame.iloc[:0], frame.iloc[[1]])
    ]
    assert set(schemas) == {pa.large_string()}
    lines = export_csv(frame, tmp_path / "data.csv").read_text("utf-8-sig").splitlines()
    assert lines[1:] == ['1,"{""job"": ""=1+1"", ""rows"": [1, 2]}"', "2,", '3,"{""job"": ""sync""}"']
