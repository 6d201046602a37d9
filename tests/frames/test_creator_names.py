"""Tests of the names of creators."""

import io
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from helpers.timelines import build_frame, make_rows

from imodels_nb import charts, sample, with_creator_names
from imodels_nb.aggregate import ChangesetColumns, with_lanes
from imodels_nb.frames import pseudonymize


@pytest.fixture(scope="module")
def changesets() -> pd.DataFrame:
    return sample.load_changesets(changesets=600)


def _users(frame: pd.DataFrame, **columns: Any) -> pd.DataFrame:
    ids = pd.Index(frame["creator_id"].cat.categories, name="id")
    return pd.DataFrame({"label": [pseudonymize(user) for user in ids]} | columns, index=ids)


def test_two_people_of_one_name_stay_two(changesets: pd.DataFrame) -> None:
    users = _users(changesets, given_name="Maria", surname="Garcia")
    names = with_creator_names(changesets, users)["creator_name"]
    assert names.nunique() == changesets["creator_id"].nunique()
    first = changesets["creator_id"].iloc[0]
    assert names.iloc[0] == f"Maria Garcia ({pseudonymize(first)})"


def test_display_name_is_the_second_choice(changesets: pd.DataFrame) -> None:
    users = _users(changesets, given_name=None, surname=" ")
    users["display_name"] = [None, "B. Builder", *[""] * (len(users) - 2)]
    names = with_creator_names(changesets, users)["creator_name"]
    by_id = dict(zip(changesets["creator_id"], names, strict=True))
    expected = {user: pseudonymize(user) for user in by_id} | {users.index[1]: "B. Builder"}
    assert by_id == expected
    assert set(with_creator_names(changesets, users[["display_name"]])["creator_name"]) == set(expected.values())


DTYPES: dict[str, Callable[[pd.DataFrame], Any]] = {
    "str": lambda frame: frame.astype({"creator_id": "str"}),
    "object": lambda frame: frame.astype({"creator_id": "object"}),
    "pyarrow": lambda frame: frame.astype({"creator_id": "string[pyarrow]"}),
    "csv": lambda frame: pd.read_csv(io.StringIO(frame.to_csv())),
    "concat": lambda frame: pd.concat([frame.iloc[:2], frame.iloc[2:].astype({"creator_id": "str"})]),
    "portfolio": lambda frame: pd.concat({"a": frame}, names=["imodel_id"]),
}


@pytest.mark.parametrize("dtype", DTYPES)
def test_creators_of_any_dtype_get_their_names(changesets: pd.DataFrame, dtype: str) -> None:
    users = _users(changesets, given_name="Maria", surname="Garcia")
    missing = changesets.assign(creator_id=changesets["creator_id"].where(changesets.index != 7))
    expected = with_creator_names(missing, users)["creator_name"]
    named = with_creator_names(DTYPES[dtype](missing), users)["creator_name"]
    assert expected.isna().sum() == 1
    assert str(named.dtype) == "category"
    assert (
        named.astype("object").where(named.notna(), None).tolist()
        == expected.astype("object").where(expected.notna(), None).tolist()
    )


def test_ids_differ_in_case_only(changesets: pd.DataFrame) -> None:
    users = _users(changesets, given_name="Ada", surname="L")
    shouted = users.set_axis(users.index.str.upper())
    assert with_creator_names(changesets, shouted)["creator_name"].equals(
        with_creator_names(changesets, users)["creator_name"]
    )


def test_names_may_be_categories(changesets: pd.DataFrame) -> None:
    users = _users(changesets, given_name="Ada", surname="L", display_name=None)
    categories = users.astype("category").set_axis(pd.CategoricalIndex(users.index, name="id"))
    assert with_creator_names(changesets, categories).equals(with_creator_names(changesets, users))


def test_frames_without_creators_or_names_are_refused(changesets: pd.DataFrame) -> None:
    users = _users(changesets)
    with pytest.raises(ValueError, match="has no creator_id; pass changesets or named versions"):
        with_creator_names(changesets.drop(columns="creator_id"), users)
    with pytest.raises(ValueError, match="no names and no label"):
        with_creator_names(changesets, users.drop(columns="label"))
    with pytest.raises(TypeError, match="changesets should be a DataFrame, not dict"):
        with_creator_names({"creator_id": []}, users)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="users should be a DataFrame"):
        with_creator_names(changesets, None)  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["category", "str", "object", "string[pyarrow]"])
def test_two_creators_of_one_name_have_two_lanes(dtype: str) -> None:
    rows = [row for row in make_rows(60) if row.uploaded]
    creators = [("a", "b", "c")[number % 3] for number in range(len(rows))]
    names = ["Maria Garcia" if creator != "c" else "Ada Lovelace" for creator in creators]
    frame = build_frame(rows).assign(creator_id=pd.array(creators, dtype="str"), creator_name=names)
    frame = frame.astype({"creator_id": dtype, "creator_name": dtype})
    _, lanes = with_lanes(ChangesetColumns.from_frame(frame), frame, "creator_name")
    assert set(lanes.labels) == {
        "Ada Lovelace",
        f"Maria Garcia ({pseudonymize('a')})",
        f"Maria Garcia ({pseudonymize('b')})",
    }
    charts.push_timeline(frame, lanes="creator_name")


def test_names_without_ids_have_lanes_too() -> None:
    frame = build_frame(make_rows(4)).drop(columns="creator_id").assign(creator_name=["x", "y", "x", None])
    _, lanes = with_lanes(ChangesetColumns.from_frame(frame), frame, "creator_name")
    assert lanes.labels == ("x", "y", "unknown")
