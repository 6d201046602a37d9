"""Limits of what a changeset file can make the reader do."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import apsw
import pytest
from helpers.changeset_files import build_prefix, record_changes, write_changeset

from imodels_nb.contents import read_changes
from imodels_nb.contents.tables import TableColumns
from imodels_nb.errors import UnreadableChangeset


@pytest.fixture
def database() -> apsw.Connection:
    database = apsw.Connection(":memory:")
    database.execute("CREATE TABLE bis_CodeSpec (Id INTEGER PRIMARY KEY, Name TEXT, JsonProperties TEXT)")
    return database


@pytest.mark.parametrize("is_text", [True, False])
@pytest.mark.parametrize("detail", ["elements", "properties", "tables"])
def test_a_huge_row_is_refused(tmp_path: Path, database: apsw.Connection, detail: Any, is_text: bool) -> None:
    name = "'a'" if is_text else "CAST(x'ff41' AS TEXT)"  # the latter is no UTF-8, which the slow decoder reads
    insert = f"INSERT INTO bis_CodeSpec VALUES (1, {name}, zeroblob(3000000))"  # two constants
    write_changeset(tmp_path, record_changes(database, lambda: database.execute(insert)))
    with pytest.raises(UnreadableChangeset, match=r"a row has more than the limit of 2 MB, .*max_row_size") as caught:
        read_changes(tmp_path, detail=detail, max_row_size=2_000_000)
    assert caught.value.changes.empty
    assert len(read_changes(tmp_path, detail=detail)) > 0


def test_many_rows_are_no_huge_row(tmp_path: Path, database: apsw.Connection) -> None:
    insert = "INSERT INTO bis_CodeSpec VALUES (?, 'a', zeroblob(100000))"
    body = record_changes(database, lambda: database.executemany(insert, [(key,) for key in range(50)]))
    write_changeset(tmp_path, body)
    assert len(read_changes(tmp_path, max_row_size=300_000)) == 50


_MEASURE = """
import resource, sys
from imodels_nb.contents import read_changes
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]), -1))
try:
    print(read_changes(sys.argv[1], detail="properties").shape)
except Exception as error:
    print(type(error).__name__, error)
"""


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not limit memory")
@pytest.mark.parametrize(
    ("rows", "size", "message"), [(1, 900 << 20, "a row has more than the limit of"), (900, 1 << 20, "(900, 8)")]
)
def test_memory_does_not_grow_with_the_blobs(tmp_path: Path, rows: int, size: int, message: str) -> None:
    column = b"\x04" + _varint(size) + bytes(size)
    table = b"T\x02\x01\x00bis_CodeSpec\x00"
    body = [b"\x12\x00\x01" + key.to_bytes(8, "big") + column for key in range(1, rows + 1)]
    write_changeset(tmp_path, table + b"".join(body))
    command = [sys.executable, "-c", _MEASURE, str(tmp_path), str(1_800 << 20)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    assert message in done.stdout, done.stderr


def _varint(value: int) -> bytes:
    groups = [value >> shift & 0x7F for shift in range(28, -1, -7)]
    while len(groups) > 1 and groups[0] == 0:
        groups.pop(0)
    return bytes([group | 0x80 for group in groups[:-1]] + groups[-1:])


@pytest.mark.parametrize(
    ("ddl", "message"),
    [("x;" * 5_001, "more than 5,000 statements"), ("x" * (9 << 20), "its prefix would have")],
)
def test_an_endless_schema_change_is_refused(tmp_path: Path, ddl: str, message: str) -> None:
    write_changeset(tmp_path, b"", prefix=build_prefix(ddl))
    with pytest.raises(UnreadableChangeset, match=message):
        read_changes(tmp_path)


@pytest.mark.parametrize(
    "ddl",
    [
        "CREATE TABLE a (b); INSERT INTO a VALUES (randomblob(900000000))",
        "CREATE TABLE a AS SELECT randomblob(900000000) b",
        "CREATE TABLE a AS SELECT 1 b UNION SELECT 2; CREATE TABLE c AS SELECT x.b FROM a x, a, a y, a z, a t, a u",
        "ATTACH 'other.db' AS other",
        "PRAGMA cache_size = 9999999",
    ],
)
def test_a_schema_change_cannot_do_more_than_change_tables(ddl: str) -> None:
    columns = TableColumns({"t": ("Id",)}).apply(f"{ddl}; ALTER TABLE t ADD COLUMN js1")
    assert columns.find("t", 2) == ("Id", "js1")
