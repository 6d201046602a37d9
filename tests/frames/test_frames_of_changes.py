"""Frames of changes that were joined, sorted, stored or made by another library."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from imodels_nb import elements_at, export_csv, findings, net_changes, sample
from imodels_nb.frames import OPERATIONS, validate_changes


@pytest.fixture(scope="module")
def changes() -> pd.DataFrame:
    return sample.load_changes().loc[1:40]


def _to_csv(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(frame.to_csv()))


def _to_safe_csv(frame: pd.DataFrame, folder: Path) -> pd.DataFrame:
    return pd.read_csv(export_csv(frame, folder / "changes.csv"))


def _sort_operations_by_name(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(operation=frame["operation"].astype("str").astype("category"))


EQUAL: dict[str, Callable[[pd.DataFrame], Any]] = {
    "shuffled": lambda frame: frame.sample(frac=1, random_state=5),
    "later part first": lambda frame: pd.concat([frame.loc[20:], frame.loc[:19]]),
    "index as columns": pd.DataFrame.reset_index,
    "half of the index": lambda frame: frame.reset_index("instance_id"),
    "other order of the index": pd.DataFrame.swaplevel,
    "one iModel of a portfolio": lambda frame: pd.concat({"a": frame}, names=["imodel_id"]),
    "operations by name": _sort_operations_by_name,
    "flags as objects": lambda frame: frame.assign(indirect=frame["indirect"].astype(object)),
    "flags as text": lambda frame: frame.assign(indirect=frame["indirect"].map({True: "true", False: "False"})),
    "lists": lambda frame: frame.assign(properties=frame["properties"].map(list)),
    "CSV": _to_csv,
    "nullable": lambda frame: frame.convert_dtypes(),
    "Arrow dtypes": lambda frame: (
        frame.drop(columns="properties").convert_dtypes(dtype_backend="pyarrow").assign(properties=frame["properties"])
    ),
    "Arrow": pa.Table.from_pandas,
    "Polars": lambda frame: pl.from_pandas(frame.reset_index()),
    "repeated text": lambda frame: frame.assign(label=frame["label"].astype("category")),
}


@pytest.mark.parametrize("convert", EQUAL.values(), ids=EQUAL)
def test_other_forms_of_a_frame_mean_the_same(changes: pd.DataFrame, convert: Callable[[pd.DataFrame], Any]) -> None:
    pd.testing.assert_frame_equal(net_changes(convert(changes), 5, 20), net_changes(changes, 5, 20))
    pd.testing.assert_frame_equal(elements_at(convert(changes), 20), elements_at(changes, 20))


@pytest.mark.parametrize("write", [_to_csv, lambda frame: frame.convert_dtypes().sample(frac=1, random_state=5)])
def test_a_round_trip_returns_the_dtypes_of_the_frame(changes: pd.DataFrame, write: Any) -> None:
    valid = validate_changes(write(changes))
    assert valid["properties"].tolist() == changes["properties"].tolist() or write is not _to_csv
    pd.testing.assert_series_equal(valid.dtypes.astype(str), changes.dtypes.astype(str))
    assert valid["operation"].cat.categories.tolist() == list(OPERATIONS)
    assert valid.index.dtypes.astype(str).tolist() == changes.index.dtypes.astype(str).tolist()


def test_a_safe_csv_file_is_read_again(changes: pd.DataFrame, tmp_path: Path) -> None:
    pd.testing.assert_frame_equal(validate_changes(_to_safe_csv(changes, tmp_path)), changes, check_categorical=False)


def test_a_valid_frame_is_returned_as_it_is(changes: pd.DataFrame) -> None:
    assert validate_changes(changes) is changes


def _with_index(function: Callable[[pd.Series], Any]) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda frame: frame.reset_index().assign(changeset_index=lambda rows: function(rows["changeset_index"]))


def _in_third_row(name: str, value: Any) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        values = frame[name].astype(object).tolist()
        values[2] = value
        return frame.assign(**{name: pd.Series(values, frame.index, dtype=object)})

    return change


REFUSED: dict[str, tuple[Callable[[pd.DataFrame], Any], str]] = {
    "doubled": (lambda frame: pd.concat([frame, frame]), "element 0x20000000001 twice at changeset 2"),
    "overlapping": (lambda frame: pd.concat([frame.loc[:20], frame.loc[20:]]), "twice at changeset 20"),
    "text as index": (_with_index(lambda index: index.astype("str")), "whole numbers, not str"),
    "missing index": (_with_index(lambda index: index.where(index != 3)), "drop the rows without one"),
    "missing nullable index": (_with_index(lambda index: index.astype("Int64").where(index != 3)), "not Int64"),
    "fractions": (_with_index(lambda index: index + 0.5), "whole numbers, not float64"),
    "negative index": (_with_index(lambda index: -index), "it goes from -40 to -1"),
    "row numbers": (lambda frame: frame.reset_index(drop=True), "row numbers do not replace it"),
    "no instances": (lambda frame: frame.reset_index("instance_id", drop=True), "it has no instance_id"),
    "numbers as ids": (lambda frame: frame.reset_index().assign(instance_id=1.5), "instance_id .* text in each row"),
    "two iModels": (lambda frame: pd.concat({"a": frame, "b": frame}, names=["imodel_id"]), "more than one iModel"),
    "other index": (lambda frame: frame.assign(changeset_index=7), "index and the column changeset_index"),
    "unknown operation": (
        _in_third_row("operation", "removed"),
        "operation should be .* not 'removed', at changeset 1",
    ),
    "missing operation": (_in_third_row("operation", None), "operation should be inserted, updated or deleted, not"),
    "unknown entity": (_in_third_row("entity", "Element"), "entity should be .* not 'Element', at changeset 1"),
    "missing flag": (_in_third_row("indirect", None), "indirect should be True or False, not None, at changeset 1"),
    "numbers as flags": (_in_third_row("indirect", 2), "indirect should be True or False, not 2"),
    "numbers as labels": (lambda frame: frame.assign(label=1.5), "label .* should contain text, not float64"),
    "numbers as names": (_in_third_row("properties", 7), "properties should be a list of names .* not 7"),
    "broken names": (_in_third_row("properties", "['a', ..."), "properties should be a list of names"),
    "no new label": (lambda frame: frame.drop(columns="new_label"), "lacks new_label"),
    "lazy": (lambda frame: pl.from_pandas(frame.reset_index()).lazy(), r"LazyFrame; compute it first, with \.collect"),
    "one column": (lambda frame: frame["label"], "not Series"),
    "net changes": (net_changes, "is a net changes frame"),
    "elements": (lambda frame: elements_at(frame, 5), "is a snapshot frame"),
    "changesets": (lambda _: sample.load_changesets(), "is a changesets frame"),
    "column twice": (lambda frame: pd.concat([frame, frame[["label"]]], axis="columns"), "has label twice"),
}


@pytest.mark.parametrize(("convert", "message"), REFUSED.values(), ids=REFUSED)
def test_a_wrong_frame_is_refused_by_name(
    changes: pd.DataFrame, convert: Callable[[pd.DataFrame], Any], message: str
) -> None:
    wrong = convert(changes)
    for call in (net_changes, lambda frame: elements_at(frame, 20)):
        with pytest.raises(ValueError, match=message):
            call(wrong)


def test_an_empty_csv_file_is_an_empty_frame(changes: pd.DataFrame) -> None:
    empty = net_changes(_to_csv(changes.iloc[:0]))
    pd.testing.assert_frame_equal(empty, net_changes(changes.iloc[:0]))


def test_changes_in_the_place_of_changesets_are_named(changes: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="The frame given as changesets is a changes frame"):
        findings(changes)
