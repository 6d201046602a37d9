"""Tests of the changesets frame and the kinds of change."""

import json
import warnings
from typing import Any

import pandas as pd
import pytest
from helpers.spec_sample import PAGE
from hypothesis import given
from hypothesis import strategies as st

from imodels_nb.api.decode import decode
from imodels_nb.api.schemas import CHANGESETS, CHANGESETS_FULL, NAMED_VERSIONS
from imodels_nb.errors import UnknownChangeWarning
from imodels_nb.frames import KINDS, ContainingChanges, build_changesets_frame, build_named_versions_frame

BITS = {
    "has_schema": 1,
    "has_definition": 2,
    "has_spatial_data": 4,
    "has_sheets_and_drawings": 8,
    "has_views_and_models": 16,
    "has_global_properties": 32,
    "has_schema_sync": 64,
}
DTYPES = (
    dict.fromkeys(["id", "display_name", "description", "parent_id"], "str")
    | dict.fromkeys(["creator_id", "group_id", "state"], "category")
    | {"push_date_time": "datetime64[us, UTC]"}
    | dict.fromkeys(["file_size", "briefcase_id", "containing_changes"], "int64")
    | dict.fromkeys(["is_regular", *BITS], "bool")
    | {"unknown_bits": "int64"}
)
FULL_DTYPES = DTYPES | {
    "application_id": "category",
    "application_name": "category",
    "task_id": "str",
    "changed_files": "object",
    "named_version_id": "str",
    "checkpoint_index": "Int64",
}
NAMED_VERSION_DTYPES = {
    "id": "str",
    "name": "str",
    "description": "str",
    "changeset_id": "str",
    "created_date_time": "datetime64[us, UTC]",
    "state": "category",
    "application_name": "category",
    "creator_id": "category",
}
EMPTY = b'{"changesets": [], "namedVersions": [], "_links": {}}'


def _frame(body: bytes = PAGE, *, is_full: bool = False) -> pd.DataFrame:
    return build_changesets_frame([decode(body, CHANGESETS_FULL if is_full else CHANGESETS).rows], is_full=is_full)


def _dtypes(frame: pd.DataFrame) -> dict[str, str]:
    return {name: str(dtype) for name, dtype in frame.dtypes.items()}


def _with_first(**changed: Any) -> bytes:
    document = json.loads(PAGE)
    document["changesets"][0].update(changed)
    return json.dumps(document).encode()


def test_published_changesets() -> None:
    frame = _frame()
    assert _dtypes(frame) == DTYPES
    assert list(frame.columns) == list(DTYPES)
    assert frame.index.tolist() == [1, 2, 3, 4]
    assert (frame.index.name, str(frame.index.dtype)) == ("changeset_index", "int64")
    assert frame.loc[1, "id"] == "a1ecbdc8c4f6173004f9f881914a57c5511a362b"
    assert frame["parent_id"].tolist() == ["", *frame["id"].tolist()[:-1]]
    assert frame["display_name"].tolist() == ["1", "2", "3", "4"]
    assert frame["file_size"].tolist() == [109, 139, 109, 109]
    assert frame["group_id"].isna().tolist() == [False, False, True, True]
    assert frame["push_date_time"].tolist() == [
        pd.Timestamp("2020-10-21T06:34:45.007Z"),
        pd.Timestamp("2020-10-21T06:34:48.123Z"),
        pd.Timestamp("2020-10-21T06:34:51.130Z"),
        pd.Timestamp("2020-10-21T06:34:54.130Z"),
    ]
    assert frame["containing_changes"].tolist() == [0, 0, 2, 18]
    assert frame["is_regular"].tolist() == [True, True, False, False]
    assert frame["has_definition"].tolist() == [False, False, True, True]
    assert frame["has_views_and_models"].tolist() == [False, False, False, True]
    assert not frame[["has_schema", "has_spatial_data", "has_schema_sync"]].any(axis=None)


@pytest.mark.parametrize(("is_full", "dtypes"), [(False, DTYPES), (True, FULL_DTYPES)])
@pytest.mark.parametrize("body", [PAGE, EMPTY, _with_first(pushDateTime="2020-10-21T06:34:45.1234567Z", groupId=None)])
def test_dtypes_do_not_depend_on_the_data(body: bytes, is_full: bool, dtypes: dict[str, str]) -> None:
    frame = _frame(body, is_full=is_full)
    assert _dtypes(frame) == dtypes
    assert str(frame.index.dtype) == "int64"
    assert frame["state"].cat.categories.tolist() == ["waitingForFile", "fileUploaded"]


def test_empty_named_versions_have_the_same_columns() -> None:
    assert _dtypes(build_named_versions_frame([decode(EMPTY, NAMED_VERSIONS).rows])) == NAMED_VERSION_DTYPES


def test_seventh_digit_of_a_time_is_cut() -> None:
    frame = _frame(_with_first(pushDateTime="2020-10-21T06:34:45.1234569Z"))
    assert frame["push_date_time"].iloc[0] == pd.Timestamp("2020-10-21T06:34:45.123456Z")


@pytest.mark.slow
@given(st.integers(0, 2**62))
def test_bits_have_columns_and_unknown_bits_stay(flags: int) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        row = _frame(_with_first(containingChanges=flags)).iloc[0]
    assert row["is_regular"] == (flags == 0)
    assert {name: bool(row[name]) for name in BITS} == {name: bool(flags & bit) for name, bit in BITS.items()}
    assert row["unknown_bits"] == flags & ~127
    assert [w.category for w in caught] == [UnknownChangeWarning] * (flags > 127)


def test_kinds_have_every_flag_once() -> None:
    assert [kind.flag for kind in KINDS.values()] == list(ContainingChanges.__members__.values())
    assert [kind.column for kind in KINDS.values()] == ["is_regular", *BITS]


def test_unknown_state_stays() -> None:
    state = _frame(_with_first(state="quarantined"))["state"]
    assert state.cat.categories.tolist() == ["waitingForFile", "fileUploaded", "quarantined"]
    assert state.iloc[0] == "quarantined"


def test_links_name_changesets_by_index_or_id() -> None:
    document = json.loads(PAGE)
    root = "https://api.bentley.com/imodels/5e19bee0-3aea-4355-a9f0-c6df9989ee7d"
    third = document["changesets"][2]["id"]
    checkpoints = ["0", "2", third, None]
    for row, key in zip(document["changesets"], checkpoints, strict=True):
        link = key and {"href": f"{root}/changesets/{key}/checkpoint"}
        row["_links"] |= {"currentOrPrecedingCheckpoint": link, "namedVersion": None}
    document["changesets"][1]["_links"]["namedVersion"] = {"href": f"{root}/namedversions/nv-2"}
    document["changesets"][1]["synchronizationInfo"] = {"taskId": "t", "changedFiles": ["a.dgn"]}
    frame = _frame(json.dumps(document).encode(), is_full=True)
    assert frame["checkpoint_index"].tolist() == [0, 2, 3, pd.NA]
    assert frame["named_version_id"].fillna("-").tolist() == ["-", "nv-2", "-", "-"]
    assert frame["changed_files"].tolist() == [None, ["a.dgn"], None, None]
