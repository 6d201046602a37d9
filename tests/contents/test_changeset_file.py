"""One changeset file: what is read, and what is refused."""

import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pandas as pd
import pytest
from helpers.changeset_files import build_prefix, compress, record_changes, write_changeset

from imodels_nb.contents import read_ahead
from imodels_nb.contents.changeset_file import ChangesetStream, get_file_size, unpack
from imodels_nb.contents.read import read_changes
from imodels_nb.contents.read_ahead import ReadAhead
from imodels_nb.errors import UnreadableChangeset

_DOCUMENT = "CREATE TABLE bis_CodeSpec (Id INTEGER PRIMARY KEY, Name TEXT, JsonProperties TEXT)"


@pytest.fixture
def database() -> apsw.Connection:
    database = apsw.Connection(":memory:")
    database.execute(_DOCUMENT)
    return database


def _insert(database: apsw.Connection, *rows: tuple[Any, ...]) -> bytes:
    return record_changes(database, lambda: database.executemany("INSERT INTO bis_CodeSpec VALUES (?, ?, ?)", rows))


def _read(path: Path, **options: Any) -> list[tuple[Any, ...]]:
    return [change.new for change in ChangesetStream(path, unpack(path), "", **options).iterate_rows()]


def test_an_error_of_the_unpacking_thread_reaches_the_reader(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail(*_: object) -> Iterator[bytes]:
        raise MemoryError

    monkeypatch.setattr(read_ahead, "unpack", fail)
    with ReadAhead([tmp_path / "a.cs"], 1) as content, pytest.raises(MemoryError):
        next(content.read_next_file())


def test_a_path_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    path = tmp_path / f"{'a' * 300}.cs"
    assert get_file_size(path) == 0
    with pytest.raises(UnreadableChangeset, match="File name too long"):
        next(unpack(path))


def test_content_prefix_and_id_are_read(tmp_path: Path, database: apsw.Connection) -> None:
    body = _insert(database, (1, "a", None))
    path = write_changeset(tmp_path, body, prefix=build_prefix("CREATE TABLE x (a);"))
    stream = ChangesetStream(path, unpack(path), "")
    assert (stream.prefix.has_schema_changes, stream.prefix.ddl) == (True, "CREATE TABLE x (a);")
    assert [change.new for change in stream.iterate_rows()] == [(1, "a", None)]
    assert stream.id == path.stem


def test_an_empty_changeset_has_no_rows(tmp_path: Path) -> None:
    path = write_changeset(tmp_path, b"")
    assert _read(path) == []
    assert read_changes(tmp_path).empty


def test_large_values_are_read_in_pieces(tmp_path: Path, database: apsw.Connection) -> None:
    rows = [(number, "x" * 3_000_000, str(number) * 5) for number in range(5)]
    assert _read(write_changeset(tmp_path, _insert(database, *rows))) == rows


def test_text_that_is_not_utf8_is_read(tmp_path: Path, database: apsw.Connection) -> None:
    insert = "INSERT INTO bis_CodeSpec VALUES (1, CAST(x'ff41' AS TEXT), 'b'), (2, 'c', NULL)"
    path = write_changeset(tmp_path, record_changes(database, lambda: database.execute(insert)))
    with pytest.raises(UnicodeDecodeError):
        _read(path)
    assert _read(path, is_text=False) == [(1, "\ufffdA", "b"), (2, "c", None)]
    assert read_changes(tmp_path)["label"].tolist() == ["\ufffdA", "c"]


@pytest.mark.slow
def test_a_limit_holds_for_a_file_that_unpacks_to_much_more(tmp_path: Path) -> None:
    path = write_changeset(tmp_path, bytes(90_000_000))
    assert path.stat().st_size < 100_000
    tracemalloc.start()
    with pytest.raises(UnreadableChangeset, match=r"unpacks to more than the limit of 70 MB"):
        list(_sizes(path, 70_000_000))
    assert tracemalloc.get_traced_memory()[1] < 30_000_000  # 16 MiB are the dictionary
    tracemalloc.stop()


def _sizes(path: Path, limit: int) -> Any:
    return (len(piece) for piece in unpack(path, limit))


def test_a_huge_dictionary_is_refused(tmp_path: Path) -> None:
    path = tmp_path / f"{'a' * 40}.cs"
    path.write_bytes(compress(b"\0\0\0\0", dictionary_code=40))
    with pytest.raises(UnreadableChangeset, match="asks for a dictionary of 4"):
        list(unpack(path))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda data: data[:0], "it is not a changeset file, in its header"),
        (lambda data: b"SQLite format 3\0" + data, "it is not a changeset file"),
        (lambda data: data[:18] + b"\x11" + data[19:], "its format .version 17.* Update imodels_nb"),
        (lambda data: data[:40], "it is cut short, before byte 40 of the file"),
        (lambda data: data[:-1], "it is cut short"),
        (lambda data: data + b"\0", "it has bytes after its end"),
        (lambda data: data[:24] + b"\xff" * 20 + data[44:], "compressed data are damaged"),
    ],
)
def test_a_damaged_file_is_named_with_the_place(
    tmp_path: Path, database: apsw.Connection, damage: Any, message: str
) -> None:
    path = write_changeset(tmp_path, _insert(database, *((number, "name", "x" * number) for number in range(100))))
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(UnreadableChangeset, match=rf"{path.name} cannot be read: .*{message}"):
        _read(path)


@pytest.mark.parametrize(
    "content", [b"", b"\0\0", b"\0\0\0\x05{}", b"\xff\xff\xff\xff", b"\0\0\0\x03[1]", b"\0\0\0\x02{]"]
)
def test_a_broken_prefix_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / f"{'a' * 40}.cs"
    path.write_bytes(compress(content))
    with pytest.raises(UnreadableChangeset, match="its prefix"):
        _read(path)


@pytest.mark.parametrize(
    "body", [b"T\x03\x01\0\0t\0\x12", b"junk", b"T\x03\x01\0\0t\0\x12\0\x09", b"T\xff\xff\xff\xff"]
)
@pytest.mark.parametrize("is_text", [True, False])
def test_broken_rows_are_refused(tmp_path: Path, body: bytes, is_text: bool) -> None:
    path = write_changeset(tmp_path, body)
    with pytest.raises(UnreadableChangeset, match="its rows "):
        _read(path, is_text=is_text)


def test_hostile_ddl_is_left_out(tmp_path: Path, database: apsw.Connection) -> None:
    endless = "CREATE TABLE y AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n;"
    ddl = (
        f"ATTACH '{tmp_path / 'stolen.db'}' AS s; CREATE TABLE s.t (a); {endless} PRAGMA writable_schema = 1; nonsense"
    )
    write_changeset(tmp_path, _insert(database, (1, "a", None)), prefix=build_prefix(ddl))
    assert len(read_changes(tmp_path)) == 1
    assert not (tmp_path / "stolen.db").exists()


def test_one_unreadable_file_loses_no_other(tmp_path: Path, database: apsw.Connection) -> None:
    paths = []
    for number in range(1, 6):
        parent_id = paths[-1].stem if paths else ""
        paths.append(
            write_changeset(tmp_path, _insert(database, (number, f"name {number}", None)), parent_id=parent_id)
        )
    changesets = pd.DataFrame({"id": [path.stem for path in paths]}, index=pd.RangeIndex(1, 6, name="changeset_index"))
    paths[1].write_bytes(paths[1].read_bytes()[:-3])
    paths[3].unlink()
    with pytest.raises(UnreadableChangeset, match="1 more file") as caught:
        read_changes(tmp_path, changesets)
    assert caught.value.changes["label"].tolist() == ["name 1", "name 3", "name 5"]
    assert [paths[1].name in str(caught.value.failures[0]), "is not there" in str(caught.value.failures[1])] == [
        True,
        True,
    ]


def test_content_that_does_not_fit_the_id_is_refused(tmp_path: Path, database: apsw.Connection) -> None:
    first = write_changeset(tmp_path, _insert(database, (1, "a", None)))
    second = write_changeset(tmp_path, _insert(database, (2, "b", None)), parent_id=first.stem)
    second.write_bytes(first.read_bytes())
    changesets = pd.DataFrame({"id": [first.stem, second.stem]}, index=pd.Index([1, 2], name="changeset_index"))
    with pytest.raises(UnreadableChangeset, match=rf"{second.name} .* belongs to the id"):
        read_changes(tmp_path, changesets)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"detail": "rows"}, "detail should be"),
        ({"changesets": "all"}, "changesets should be"),
        ({"changesets": [9]}, "no file of changeset 9"),
        ({"changesets": pd.DataFrame({"name": [1]})}, "changesets frame lacks id"),
        ({"changesets": pd.DataFrame({"id": ["../../x"], "changeset_index": [1]})}, "not 40 hexadecimal digits"),
        ({"max_row_size": 0}, "max_row_size should be a whole number of at least 1"),
        ({"changesets": [True]}, "each of changesets should be a whole number"),
        ({"changesets": [1.0]}, r"whole number of at least 1, not 1\.0"),
        ({"changesets": [[1]]}, r"whole number of at least 1, not \[1\]"),
        ({"changesets": 5}, "changesets should be a frame of fetch_changesets, or changeset indexes"),
        ({"schema": __file__}, "is not an iModel file"),
        ({"schema": "missing.bim"}, "schema should be a file: 'missing.bim' cannot be read: there is no such file"),
        ({"schema": "/"}, "it is a folder"),
        ({"schema": 5}, "schema should be a file: int cannot be read: it is not a path"),
        ({"schema": pd.DataFrame()}, "DataFrame cannot be read: it is not a path"),
        ({"schema": "a\0b"}, "null character"),
        ({"schema": "~missing-user/x"}, "no such home directory"),
    ],
)
def test_invalid_arguments_are_refused(tmp_path: Path, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_changes(tmp_path, **arguments)


@pytest.mark.parametrize("detail", ["elements", "properties", "tables"])
def test_an_empty_result_has_the_same_columns(tmp_path: Path, detail: Any, database: apsw.Connection) -> None:
    empty = read_changes(tmp_path, detail=detail)
    write_changeset(tmp_path, _insert(database, (1, "a", None)))
    full = read_changes(tmp_path, detail=detail)
    assert len(full) > len(empty) == 0
    assert empty.index.names == full.index.names
    assert [level.dtype for level in empty.index.levels] == [level.dtype for level in full.index.levels]
    for name in full.columns:
        if isinstance(full[name].dtype, pd.CategoricalDtype):
            assert isinstance(empty[name].dtype, pd.CategoricalDtype)
            assert empty[name].cat.categories.dtype == full[name].cat.categories.dtype
        else:
            assert empty[name].dtype == full[name].dtype
