"""Frames of any library, with the index as a column, or of another kind."""

import io
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from imodels_nb import (
    ChangesetExplorer,
    FileSizes,
    PushTimeline,
    aggregate,
    audit_ledger,
    charts,
    checkpoint_debt,
    export_csv,
    export_parquet,
    findings,
    milestones,
    sample,
    with_creator_names,
    write_report,
)
from imodels_nb.download import parse_selection

Frames = dict[str, Any]
Convert = Callable[[pd.DataFrame], Any]
TIMES = ("push_date_time", "created_date_time")


def _parquet(frame: pd.DataFrame, **options: Any) -> pd.DataFrame:
    file = io.BytesIO()
    frame.reset_index().to_parquet(file, index=False)
    return pd.read_parquet(file, **options)


def _csv(frame: pd.DataFrame) -> pd.DataFrame:
    read = pd.read_csv(io.StringIO(frame.to_csv()))
    return read.assign(**{name: pd.to_datetime(read[name], utc=True) for name in TIMES if name in read})


def _duckdb(frame: pd.DataFrame) -> pd.DataFrame:
    rows = duckdb.from_arrow(pa.Table.from_pandas(frame.reset_index(), preserve_index=False))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # DuckDB calls pandas in a way that is deprecated
        return rows.order("changeset_index").df()


ROUND_TRIPS: dict[str, Convert] = {
    "reset_index": pd.DataFrame.reset_index,
    "parquet": _parquet,
    "csv": _csv,
    "duckdb": _duckdb,
    "duckdb relation": lambda frame: duckdb.from_arrow(pa.Table.from_pandas(frame.reset_index(), preserve_index=False)),
    "pyarrow backed": lambda frame: _parquet(frame, dtype_backend="pyarrow"),
    "pyarrow backed index": lambda frame: _parquet(frame, dtype_backend="pyarrow").set_index(frame.index.name),
    "nullable": lambda frame: frame.reset_index().convert_dtypes(),
    "pyarrow table": pa.Table.from_pandas,
    "polars": lambda frame: pl.from_pandas(frame.reset_index()),
}

CALLS: dict[str, Callable[[Frames], Any]] = {
    "findings": lambda all_: findings(**all_).to_csv(),
    "milestones": lambda all_: milestones(all_["changesets"], all_["named_versions"]).to_csv(),
    "checkpoint_debt": lambda all_: checkpoint_debt(all_["changesets"], None, all_["named_versions"]).to_csv(),
    "audit_ledger": lambda all_: audit_ledger(all_["changesets"], now="2026-01-01").to_csv(),
    "pushes_by_time": lambda all_: aggregate.pushes_by_time(all_["changesets"], (3, 200)).to_csv(),
    "sizes_by_index": lambda all_: aggregate.sizes_by_index(all_["changesets"], (3, 200)).to_csv(),
    "download": lambda all_: parse_selection(all_["changesets"]),
    "with_creator_names": lambda all_: with_creator_names(all_["changesets"], pd.DataFrame({"label": []}, index=[]))[
        "creator_name"
    ].tolist(),
}
PICTURES: dict[str, Callable[[Frames], Any]] = {
    "PushTimeline": lambda all_: _widget(PushTimeline(**all_, lanes="creator")),
    "FileSizes": lambda all_: _widget(FileSizes(**all_)),
    "ChangesetExplorer": lambda all_: ChangesetExplorer(**all_).selected.index.tolist(),
    "push_timeline": lambda all_: charts.push_timeline(**all_, lanes="creator").to_dict(validate=False),
    "file_sizes": lambda all_: charts.file_sizes(**all_).to_dict(validate=False),
}
QUESTIONS = CALLS | PICTURES


NEEDS_INDEX = [name for name in QUESTIONS if name != "with_creator_names"]


def _widget(chart: Any) -> Any:
    chart.index_range = (5, 190)
    sent: list[Any] = []
    chart._handle_request(SimpleNamespace(send=sent.append), {"changeset": 5}, None)
    return chart.index_range, chart.describe((5, 190)), chart.selected.index.tolist(), sent


@pytest.fixture(scope="module")
def frames() -> Frames:
    changesets = sample.load_changesets(changesets=300)
    stored = changesets[changesets.index % 7 != 3]  # with gaps, so that row numbers are not off by one only
    return {"changesets": stored, "named_versions": sample.load_named_versions(changesets=300)}


@pytest.fixture(scope="module")
def expect(frames: Frames) -> Callable[[str], Any]:
    """Return a function that computes each result about the frames once."""
    return cache(lambda question: QUESTIONS[question](frames))


@pytest.mark.slow
@pytest.mark.parametrize("question", CALLS)
@pytest.mark.parametrize("round_trip", ROUND_TRIPS)
def test_round_trip_gives_the_same_result(
    frames: Frames, expect: Callable[[str], Any], question: str, round_trip: str
) -> None:
    converted = {name: ROUND_TRIPS[round_trip](frame) for name, frame in frames.items()}
    assert CALLS[question](converted) == expect(question)


@pytest.mark.slow
@pytest.mark.parametrize("question", PICTURES)
@pytest.mark.parametrize("round_trip", ["reset_index", "pyarrow backed", "polars"])
def test_round_trip_draws_the_same(
    frames: Frames, expect: Callable[[str], Any], question: str, round_trip: str
) -> None:
    converted = {name: ROUND_TRIPS[round_trip](frame) for name, frame in frames.items()}
    assert PICTURES[question](converted) == expect(question)


@pytest.fixture(scope="module")
def report(frames: Frames, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_report(tmp_path_factory.mktemp("report") / "report.html", **frames).read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("round_trip", ["reset_index", "pyarrow backed", "polars"])
def test_round_trip_writes_the_same_report(frames: Frames, report: bytes, round_trip: str, tmp_path: Path) -> None:
    converted = {name: ROUND_TRIPS[round_trip](frame) for name, frame in frames.items()}
    assert write_report(tmp_path / "report.html", **converted).read_bytes() == report


@pytest.mark.parametrize("question", NEEDS_INDEX)
def test_row_numbers_are_refused_by_name(frames: Frames, question: str) -> None:
    numbered = frames["changesets"].reset_index(drop=True)
    with pytest.raises(ValueError, match=r"changesets frame should be indexed by changeset_index; .* row numbers"):
        QUESTIONS[question](frames | {"changesets": numbered})


@pytest.mark.parametrize("question", ["findings", "milestones", "checkpoint_debt", "PushTimeline", "file_sizes"])
def test_row_numbers_of_named_versions_are_refused_by_name(frames: Frames, question: str) -> None:
    numbered = frames["named_versions"].reset_index(drop=True)
    with pytest.raises(ValueError, match=r"named versions frame should be indexed by changeset_index; .* row numbers"):
        QUESTIONS[question](frames | {"named_versions": numbered})


@pytest.mark.parametrize("question", NEEDS_INDEX)
@pytest.mark.parametrize("as_columns", [False, True])
def test_portfolio_is_refused(frames: Frames, question: str, as_columns: bool) -> None:
    both = pd.concat(dict.fromkeys(("a", "b"), frames["changesets"]), names=["imodel_id"])
    with pytest.raises(ValueError, match=r"more than one iModel.* frame\.loc\[imodel_id\]"):
        QUESTIONS[question](frames | {"changesets": both.reset_index() if as_columns else both})


def test_an_index_and_a_column_that_differ_are_refused(frames: Frames) -> None:
    changesets = frames["changesets"]
    findings(changesets.assign(changeset_index=changesets.index))
    with pytest.raises(ValueError, match="index and column of that name differ"):
        findings(changesets.assign(changeset_index=0))


SWAPPED: dict[str, tuple[Callable[[Frames], Any], str]] = {
    "findings": (
        lambda all_: findings(all_["named_versions"], all_["changesets"]),
        "given as changesets is a named versions frame; pass one from fetch_changesets",
    ),
    "versions": (
        lambda all_: findings(all_["changesets"], all_["changesets"]),
        "given as named_versions is a changesets frame; pass one from fetch_named_versions",
    ),
    "checkpoints": (
        lambda all_: checkpoint_debt(all_["changesets"], all_["named_versions"]),
        "given as checkpoints is a named versions frame; pass one from fetch_checkpoints",
    ),
    "debt": (
        lambda all_: checkpoint_debt(all_["changesets"], named_versions=all_["changesets"]),
        "given as named_versions is a changesets frame",
    ),
    "charts": (
        lambda all_: charts.file_sizes(all_["named_versions"], all_["changesets"]),
        "given as changesets is a named versions frame",
    ),
    "download": (lambda all_: parse_selection(all_["named_versions"]), "given as changesets is a named versions frame"),
    "users": (
        lambda all_: findings(all_["changesets"], users=all_["named_versions"]),
        "given as users is a named versions frame; pass one from fetch_users",
    ),
    "names": (
        lambda all_: with_creator_names(all_["changesets"], all_["named_versions"]),
        "given as users is a named versions frame",
    ),
    "previous": (
        lambda all_: audit_ledger(all_["changesets"], previous=all_["changesets"]),
        "given as previous is a changesets frame; pass one from audit_ledger",
    ),
}


@pytest.mark.parametrize("call", SWAPPED)
def test_swapped_frames_are_refused(frames: Frames, call: str) -> None:
    question, words = SWAPPED[call]
    with pytest.raises(ValueError, match=words):
        question(frames)


def test_users_of_a_round_trip_keep_their_labels(frames: Frames) -> None:
    ids = frames["changesets"]["creator_id"].cat.categories
    users = pd.DataFrame({"label": [f"role {number}" for number in range(len(ids))]}, index=pd.Index(ids, name="id"))
    expected = findings(frames["changesets"], users=users)["sentence"].tolist()
    assert any("role " in sentence for sentence in expected)
    assert findings(frames["changesets"], users=users.reset_index())["sentence"].tolist() == expected
    with pytest.raises(ValueError, match="users frame should be indexed by unique ids"):
        findings(frames["changesets"], users=users.reset_index(drop=True))


@pytest.mark.parametrize("round_trip", ["duckdb relation", "pyarrow backed", "pyarrow table", "polars"])
def test_frames_of_any_library_are_exported(frames: Frames, round_trip: str, tmp_path: Path) -> None:
    given = ROUND_TRIPS[round_trip](frames["named_versions"])
    read = pd.read_csv(export_csv(given, tmp_path / "versions.csv"))
    assert read["name"].tolist() == frames["named_versions"]["name"].tolist()
    assert len(pd.read_parquet(export_parquet(given, tmp_path / "versions.parquet"))) == len(frames["named_versions"])


@pytest.mark.parametrize("question", QUESTIONS)
def test_argument_that_is_no_table_is_refused(frames: Frames, question: str) -> None:
    lazy = pl.from_pandas(frames["changesets"].reset_index()).lazy()
    for nothing in (frames["changesets"]["id"], pl.Series([1]), lazy):
        with pytest.raises((TypeError, ValueError), match=r"changesets (must|should) be"):
            QUESTIONS[question](frames | {"changesets": nothing})
