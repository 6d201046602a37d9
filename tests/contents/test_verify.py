"""Proof of files: what verify_files finds."""

import shutil
from pathlib import Path
from typing import Any

import apsw
import pandas as pd
import pytest
from helpers.changeset_files import compress, record_changes, write_changeset

from imodels_nb.contents import verify_files


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
    assert result.dtypes.astype(str).tolist() == ["str", "str", "bool", "int64", "str"]
    assert verify_files(frame.iloc[:0], tmp_path).dtypes.astype(str).tolist() == ["str", "str", "bool", "int64", "str"]


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
    for place, reason in enumerate(["has the content of changeset 5", "was changed", "cut short", "is not there"]):
        assert reason in result["reason"].iloc[place]
        assert paths[place].name in result["reason"].iloc[place]
    assert result["size"].iloc[3] == 0


def test_the_place_in_the_chain_is_proved(timeline: Any, tmp_path: Path) -> None:
    frame, _ = timeline
    wrong = frame.assign(parent_id=frame["parent_id"].where(frame.index != 3, frame["id"][1]))
    assert verify_files(wrong, tmp_path)["matches"].tolist() == [True, True, False, True, True, True]
    part = frame.drop(columns="parent_id").loc[4:]
    result = verify_files(part, tmp_path)
    assert result["matches"].tolist() == [False, True, True]
    assert "parent is unknown" in result["reason"].iloc[0]


def test_real_files_match(real: Any) -> None:
    assert verify_files(real.changesets, real.folder)["matches"].all()


def test_a_missing_folder_is_refused(timeline: Any, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is not a folder"):
        verify_files(timeline[0], tmp_path / "missing")
