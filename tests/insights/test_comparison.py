"""Comparison of two versions, and of two periods."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from imodels_nb import KINDS, compare, milestones, net_changes, sample, with_creator_names

COUNT = 2_000


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return sample.load_changesets("full", changesets=COUNT)


@pytest.fixture(scope="module")
def versions() -> pd.DataFrame:
    return sample.load_named_versions(changesets=COUNT)


def _read(compared: pd.DataFrame, group: str, column: str) -> dict[tuple[str, str], int]:
    rows = compared[compared["group"] == group]
    return dict(zip(zip(rows["name"], rows["measure"], strict=True), rows[column].tolist(), strict=True))


def test_changes_between_two_versions_are_the_milestone_of_the_second(
    frame: pd.DataFrame, versions: pd.DataFrame
) -> None:
    expected = milestones(frame, versions).iloc[3]
    first, second = versions["name"].iloc[[2, 3]]
    compared = compare(frame, first, second, versions)
    total = _read(compared, "total", "between")
    assert [total["all", name] for name in ("changesets", "bytes", "people")] == expected[
        ["changesets", "bytes", "people"]
    ].tolist()
    kinds = _read(compared, "kind", "between")
    assert {kind.label: kinds[kind.label, "changesets"] for kind in KINDS.values()} == {
        KINDS[name].label: expected[name] for name in KINDS
    }
    assert compared.attrs["ranges"] == [[1, versions.index[2]], [versions.index[2] + 1, versions.index[3]]]
    assert compared.attrs["sentence"].startswith(f"Between {first} and {second}: {expected['changesets']:,} changesets")


def test_two_points_are_the_same_as_index_date_and_name(frame: pd.DataFrame, versions: pd.DataFrame) -> None:
    last = frame.loc[: versions.index[4]].iloc[-1]
    day = f"{last['push_date_time']:%Y-%m-%d}"
    until = int(frame.index[frame["push_date_time"].dt.strftime("%Y-%m-%d") <= day].max())
    by_index = compare(frame, 0, until)
    pd.testing.assert_frame_equal(by_index, compare(frame, "2000-01-01", day), check_like=True)
    assert _read(by_index, "total", "between")["all", "changesets"] == until
    assert by_index["before"].eq(0).all()
    assert by_index["ratio"].isna().all()


def test_two_months_stand_side_by_side(frame: pd.DataFrame) -> None:
    month = frame["push_date_time"].dt.strftime("%Y-%m")
    compared = compare(frame, "March 2025", "2025-04")
    for column, name in (("first", "2025-03"), ("second", "2025-04")):
        part = frame[month == name]
        assert _read(compared, "total", column) == {
            ("all", "changesets"): len(part),
            ("all", "waiting"): (part["state"] == "waitingForFile").sum(),
            ("all", "bytes"): part.loc[part["state"] == "fileUploaded", "file_size"].sum(),
            ("all", "people"): part["creator_id"].nunique(),
            ("all", "days"): part["push_date_time"].dt.date.nunique(),
        }
        files = part["changed_files"].dropna().map(set).explode().value_counts().to_dict()
        counted = _read(compared, "source file", column)
        assert {name: count for (name, _), count in counted.items() if count} == files
    assert (compared["second"] - compared["first"]).equals(compared["difference"])
    assert compared.attrs["labels"] == ["March 2025", "2025-04"]
    open_ended = compare(frame, slice(None, 900), (901, COUNT))
    assert open_ended.attrs["labels"] == ["changesets 1 to 900", "changesets 901 to 2,000"]
    known = compared[compared["first"] > 0]
    assert np.allclose(known["ratio"] * known["first"], known["second"])


def test_dtypes_do_not_depend_on_the_data(frame: pd.DataFrame) -> None:
    full = compare(frame, (1, 400), (401, 900))
    empty = compare(frame.iloc[:0], 0, 0)
    assert full.dtypes[["group", "measure"]].equals(empty.dtypes[["group", "measure"]])
    assert list(map(str, full.dtypes)) == ["category", "str", "category", *["int64"] * 3, "float64"]
    assert list(map(str, empty.dtypes)) == ["category", "str", "category", *["int64"] * 2, "float64"]
    assert empty["between"].eq(0).all()


def test_people_are_pseudonyms_unless_names_were_added(frame: pd.DataFrame) -> None:
    people = compare(frame, 0, COUNT).query("group == 'person' and measure == 'changesets'")
    assert people["name"].str.fullmatch("person-[0-9a-f]{8}").all()
    assert people["between"].tolist() == frame["creator_id"].value_counts().tolist()
    ids = pd.Index(frame["creator_id"].cat.categories, name="id")
    users = pd.DataFrame({"label": "x", "display_name": [f"Person {number}" for number in range(len(ids))]}, index=ids)
    named = compare(with_creator_names(frame, users), 0, COUNT).query("group == 'person' and measure == 'changesets'")
    assert named["name"].str.startswith("Person ").all()
    assert named["between"].tolist() == people["between"].tolist()


def test_classes_have_the_net_changes_of_each_range() -> None:
    changes, changesets = sample.load_changes(), sample.load_changesets(plant=True)
    compared = compare(changesets, 30, 90, None, changes)
    for column, bounds in (("before", (1, 30)), ("between", (31, 90))):
        net = net_changes(changes, *bounds)
        pairs = zip(net["class_name"].astype("str"), net["operation"].astype("str"), strict=True)
        expected = pd.Series(list(pairs)).value_counts().to_dict()
        assert {key: count for key, count in _read(compared, "class", column).items() if count} == expected


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ("Kick off", 9, "first: 'Kick off' is neither .* Similar names: 'Kick-off model'"),
        (9, "xyz", r"second: 'xyz' is neither .* Names are .* and \d+ more"),
        ("March 2025", 9, "two points or two ranges, not March 2025 and changeset 9"),
        (900, 9, r"first \(changeset 900\) comes after second"),
        (9, COUNT + 1, "second ends at changeset 2,001, but the newest one of the frame is 2,000. Fetch .* again"),
        ((1, 9_999), (1, 2), "first ends at changeset 9,999"),
        (1.5, 9, "first should be a changeset index, a date"),
        ((1, 2, 3), (1, 2), "first should be two whole numbers"),
        (("2025-04", "2025-03"), (1, 2), r"^first should be \(first, last\) with first <= last"),
    ],
)
def test_an_invalid_side_is_named(
    frame: pd.DataFrame, versions: pd.DataFrame, first: Any, second: Any, message: str
) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        compare(frame, first, second, versions)


def test_a_name_without_named_versions_is_an_error(frame: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="first: 'Kick-off model' is neither a date nor a named version"):
        compare(frame, "Kick-off model", 9)


def test_a_frame_that_starts_later_cannot_be_compared_before_its_start(frame: pd.DataFrame) -> None:
    part = frame.loc[200:]
    between = compare(part, 199, 300)
    assert (between.loc[0, "before"], between.loc[0, "between"]) == (0, 101)
    for first, second in ((198, 300), ("2000-01-01", 300), ((100, 250), (251, 300))):
        with pytest.raises(ValueError, match="first starts before the frame, whose first changeset is 200"):
            compare(part, first, second)
    assert compare(frame.drop(index=1), 2, 9).loc[0, "between"] == 7


def test_times_have_short_labels(frame: pd.DataFrame) -> None:
    compared = compare(frame, pd.Timestamp("2024-06-01 09:30", tz="UTC"), date(2024, 9, 1))
    assert compared.attrs["labels"] == ["2024-06-01 09:30", "2024-09-01"]
