"""Proof of files: what verify_files finds."""

import shutil
from pathlib import Path
from typing import Any

import apsw
import pandas as pd
import pytest
from helpers.changeset_files import compress, record_changes, write_changeset

from imodels_nb.contents import read_changes, verify_files


@pytest.fixture
def timeline(tmp_path: Path) -> tuple[pd.DataFrame, list[Path]]:
    database = apsw.Connection(":memory:")
    database.execute("CREATE TABLE t (Id INTEGER PRIMARY KEY, Name)")
    paths: list[Path] = []
    for number in range(1, 7):
        body = record_changes(database, lambda: database.execute("INSERT INTO t VALUES (?, 'name')", (number,)))  # noqa: B023
        paths.append(write_changeset(tmp_path, body, parent_id=paths[-1].stem if paths else ""))
    ids = [path.stem for path in paths]
    index = pd.Index(range(1, 7), name="changeset_index")
    return pd.DataFrame({"id": ids, "parent_id": ["", *ids[:-1]]}, index=index), paths


def test_files_of_a_sound_timeline_match(timeline: Any, tmp_path: Path) -> None:
    frame, paths = timeline
    result = verify_files(frame, tmp_path)
    assert result["matches"].all()
    assert result["computed_id"].tolist() == frame["id"].tolist()
    assert result["size"].tolist() == [path.stat().st_size for path in paths]
    assert result["reason"].isna().all()
    assert result.dtypes.astype(str).tolist() == ["str", "str", "bool", "int64", "str", "bool"]
    pd.testing.assert_series_equal(verify_files(frame.iloc[:0], tmp_path).dtypes, result.dtypes)
    assert result["checked"].all()


def test_swapped_altered_truncated_and_missing_files_are_named(timeline: Any, tmp_path: Path) -> None:
    frame, paths = timeline
    shutil.copy(paths[4], paths[0])
    content = bytearray(paths[1].read_bytes())
    paths[1].write_bytes(compress(b"\0\0\0\0" + b"T\x02\x01\0t\0\x12\0\x01\0\0\0\0\0\0\0\x09\x05"))
    paths[2].write_bytes(paths[2].read_bytes()[:-2])
    paths[3].unlink()
    result = verify_files(frame, tmp_path)
    assert len(content) > 0
    assert result["matches"].tolist() == [False, False, False, False, True, True]
    for number, reason in enumerate(["has the content of changeset 5", "was changed", "cut short", "is not there"]):
        assert reason in result["reason"].iloc[number]
        assert paths[number].name in result["reason"].iloc[number]
    assert result["size"].iloc[3] == 0


def test_the_place_in_the_chain_is_proved(timeline: Any, tmp_path: Path) -> None:
    frame, _ = timeline
    wrong = frame.assign(parent_id=frame["parent_id"].where(frame.index != 3, frame["id"][1]))
    assert verify_files(wrong, tmp_path)["matches"].tolist() == [True, True, False, True, True, True]


@pytest.mark.parametrize("parents", ["no column", "all missing", "only the first missing"])
def test_a_missing_parent_is_found_by_its_index(timeline: Any, tmp_path: Path, parents: str) -> None:
    frame, _ = timeline
    missing = {
        "no column": frame.drop(columns="parent_id"),
        "all missing": frame.assign(parent_id=None),
        "only the first missing": frame.assign(parent_id=frame["parent_id"].where(frame.index > 1)),
    }[parents]
    assert verify_files(missing, tmp_path)["matches"].all()
    assert len(read_changes(tmp_path, missing, detail="tables")) == 6
    part = verify_files(missing.loc[4:], tmp_path)
    is_known = parents == "only the first missing"
    assert part["matches"].tolist() == [is_known, True, True]
    assert part["checked"].tolist() == [is_known, True, True]
    assert is_known or "its parent is not known" in part["reason"].iloc[0]


def test_ids_of_any_case_are_accepted(timeline: Any, tmp_path: Path) -> None:
    frame, _ = timeline
    upper = frame.assign(id=frame["id"].str.upper(), parent_id=frame["parent_id"].str.upper())
    pd.testing.assert_frame_equal(verify_files(upper, tmp_path), verify_files(frame, tmp_path))
    pd.testing.assert_frame_equal(read_changes(tmp_path, upper), read_changes(tmp_path, frame))


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("id", None, "id is missing at changeset 3"),
        ("id", "../../x", "id is not 40 hexadecimal digits at changeset 3"),
        ("parent_id", "x", "parent_id is not 40 hexadecimal digits at changeset 3"),
        ("id", "", "id is not 40 hexadecimal digits at changeset 3"),
    ],
)
def test_an_invalid_id_is_named(timeline: Any, tmp_path: Path, column: str, value: Any, message: str) -> None:
    frame, _ = timeline
    values = frame[column].tolist()
    values[2] = value
    for call in (verify_files, lambda frame, folder: read_changes(folder, frame)):
        with pytest.raises(ValueError, match=message):
            call(frame.assign(**{column: values}), tmp_path)


def test_real_files_match(real: Any) -> None:
    assert verify_files(real.changesets, real.folder)["matches"].all()


@pytest.mark.parametrize(
    ("folder", "message"),
    [
        ("missing", "folder should be a folder: 'missing' is not a folder. Pass the folder that download_changesets"),
        (None, "folder should be a folder: NoneType cannot be read: it is not a path"),
        ("", "'' cannot be read: it is not a path"),
        (pd.DataFrame(), "DataFrame cannot be read: it is not a path"),
        ("a\0b", "it contains a null character"),
        ("~missing-user/x", "there is no such home directory"),
        (__file__, "is not a folder"),
        ("x" * 5_000, "File name too long"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_an_invalid_folder_is_refused(timeline: Any, folder: Any, message: str) -> None:
    frame, _ = timeline
    with pytest.raises(ValueError, match=message):
        verify_files(frame, folder)
    for changesets in (frame, None, [1]):
        with pytest.raises(ValueError, match=message):
            read_changes(folder, changesets)


@pytest.mark.parametrize("limit", [0, -1, True, "1", 1.5, None])
def test_an_invalid_limit_is_refused(timeline: Any, tmp_path: Path, limit: Any) -> None:
    for call in (verify_files, lambda frame, folder, **options: read_changes(folder, frame, **options)):
        with pytest.raises(ValueError, match="max_unpacked_size should be a whole number of at least 1"):
            call(timeline[0], tmp_path, max_unpacked_size=limit)
