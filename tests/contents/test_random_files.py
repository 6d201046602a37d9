"""Random edits, and damaged files, whose damage is an error."""

import random
import struct
from pathlib import Path
from typing import Any

import apsw
import pandas as pd
import pytest
from helpers.changeset_files import build_prefix, compress, record_changes, write_changeset
from hypothesis import given, settings
from hypothesis import strategies as st

from imodels_nb.contents import read_changes, verify_files
from imodels_nb.contents.changeset_file import ChangesetStream, unpack
from imodels_nb.errors import UnreadableChangeset

_VALUES = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(max_size=20),
    st.binary(max_size=300),
    st.sampled_from(["x" * 100_000, b"y" * 100_000]),
)
_ROWS = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 6), _VALUES, _VALUES), max_size=15)


def _edit(database: apsw.Connection, rows: list[Any]) -> None:
    for table, key, first, second in rows:
        if first is None and second is None:
            database.execute(f"DELETE FROM {table} WHERE k = ?", (key,))
        else:
            update = f"INSERT INTO {table} VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET x = excluded.x, y = excluded.y"
            database.execute(update, (key, first, second))


def _state(database: apsw.Connection) -> list[Any]:
    return [sorted(database.execute(f"SELECT * FROM {table}")) for table in "ab"]


@pytest.mark.slow
@settings(deadline=None, max_examples=150)
@given(before=_ROWS, after=_ROWS)
def test_recorded_edits_are_read_by_both_decoders(
    tmp_path_factory: pytest.TempPathFactory, before: list[Any], after: list[Any]
) -> None:
    database, replay = apsw.Connection(":memory:"), apsw.Connection(":memory:")
    for each in (database, replay):
        for table in "ab":
            each.execute(f"CREATE TABLE {table} (k INTEGER PRIMARY KEY, x, y)")
        _edit(each, before)
    start = dict.fromkeys("ab")
    start = {table: {row[0]: row for row in database.execute(f"SELECT * FROM {table}")} for table in start}
    body = record_changes(database, lambda: _edit(database, after))
    path = write_changeset(tmp_path_factory.mktemp("edits"), body)
    read = [_read(path, is_text=is_text) for is_text in (True, False)]
    assert read[0] == read[1]
    for name, opcode, old, new in read[0]:  # what was recorded, done again
        row = start[name].get(new[0] if opcode == apsw.SQLITE_INSERT else old[0])
        if opcode == apsw.SQLITE_INSERT:
            assert row is None
            start[name][new[0]] = new
        elif opcode == apsw.SQLITE_DELETE:
            assert row == old
            del start[name][old[0]]
        else:
            assert all(value in (apsw.no_change, present) for value, present in zip(old, row, strict=True))
            patch = zip(new, row, strict=True)
            start[name][old[0]] = tuple(present if value is apsw.no_change else value for value, present in patch)
    assert [sorted(start[table].values(), key=lambda row: row[0]) for table in "ab"] == _state(database)
    apsw.Changeset.apply(ChangesetStream(path, unpack(path)).read, replay)
    assert _state(replay) == _state(database)


def _read(path: Path, *, is_text: bool) -> list[Any]:
    rows = ChangesetStream(path, unpack(path), "", is_text=is_text).iterate_rows()
    return [(change.name, change.opcode, change.old, change.new) for change in rows]


def _content() -> bytes:
    """Return the unpacked content of a changeset with schema rows and elements."""
    database = apsw.Connection(":memory:")
    for statement in (
        "CREATE TABLE ec_Class (Id INTEGER PRIMARY KEY, SchemaId, Name)",
        """CREATE TABLE bis_Element (Id INTEGER PRIMARY KEY, ECClassId, ModelId, LastMod, CodeSpecId, CodeScopeId,
        CodeValue, UserLabel, ParentId, ParentRelECClassId, FederationGuid, JsonProperties)""",
        "CREATE TABLE be_Prop (Namespace, Name, Id, SubId, StrData, PRIMARY KEY (Namespace, Name, Id, SubId))",
    ):
        database.execute(statement)

    def edit() -> None:
        database.execute("INSERT INTO ec_Class VALUES (7, 1, 'Pump')")
        for key in range(1, 12):
            values = (key, f"Pump-{key}", bytes(16), "{}")
            database.execute("INSERT INTO bis_Element VALUES (?, 7, 1, 2e6, 1, 1, 'c', ?, NULL, NULL, ?, ?)", values)
        database.execute("INSERT INTO be_Prop VALUES ('dgn_Db', 'Extents', 0, 0, 'text')")

    prefix = build_prefix("CREATE TABLE x (a, b);ALTER TABLE x ADD COLUMN c;")
    return struct.pack(">I", len(prefix)) + prefix + record_changes(database, edit)


def _damage(data: bytes, dice: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(dice.randint(1, 4)):
        position = dice.randrange(len(changed))
        match dice.randrange(4):
            case 0:
                changed[position] = dice.randrange(256)
            case 1:
                changed[position] ^= 1 << dice.randrange(8)
            case 2:
                del changed[position : position + dice.randint(1, 20)]
            case _:
                changed[position:position] = dice.randbytes(dice.randint(1, 20))
    return bytes(changed)


@pytest.mark.parametrize(
    "count", [pytest.param(1_000, marks=pytest.mark.slow), pytest.param(10_000, marks=pytest.mark.long)]
)
@pytest.mark.timeout(900)
def test_damage_is_an_error_and_never_a_wrong_answer(tmp_path: Path, count: int) -> None:
    content = _content()
    path = write_changeset(tmp_path, content[4 + int.from_bytes(content[:4], "big") :], prefix=_prefix(content))
    packed = path.read_bytes()
    frame = pd.DataFrame({"id": [path.stem], "parent_id": [""]}, index=pd.Index([1], name="changeset_index"))
    sound = {detail: read_changes(tmp_path, frame, detail=detail) for detail in ("elements", "properties", "tables")}
    dice = random.Random(7)
    refused = 0
    for number in range(count):
        # Half of the files are damaged behind LZMA, where nothing but the id can find it.
        damaged = _damage(packed, dice) if number % 2 else compress(_damage(content, dice))
        path.write_bytes(damaged)
        detail = dice.choice(("elements", "properties", "tables"))
        changes, error = _try_to_read(tmp_path, frame, detail)
        matches = bool(verify_files(frame, tmp_path, max_unpacked_size=1_000_000)["matches"].all())
        assert matches == (error is None)
        if error is None:  # bytes of LZMA that mean the same
            pd.testing.assert_frame_equal(changes, sound[detail])
        else:
            refused += 1
            assert path.name in str(error)
            assert len(changes) == 0
    assert refused > 0.9 * count


def _try_to_read(folder: Path, frame: pd.DataFrame, detail: Any) -> tuple[pd.DataFrame, UnreadableChangeset | None]:
    try:
        return read_changes(folder, frame, detail=detail, max_unpacked_size=1_000_000), None
    except UnreadableChangeset as error:
        return error.changes, error


@pytest.mark.slow
def test_damaged_rows_without_a_parent_id_do_not_crash(tmp_path: Path) -> None:
    content = _content()
    path = tmp_path / f"{'a' * 40}.cs"
    frame = pd.DataFrame({"id": [path.stem]}, index=pd.Index([5], name="changeset_index"))
    dice = random.Random(8)
    for _ in range(500):
        path.write_bytes(compress(_damage(content, dice)))
        changes, _ = _try_to_read(tmp_path, frame, dice.choice(("elements", "properties")))
        assert list(changes.index.names) == ["changeset_index", "instance_id"]


def _prefix(content: bytes) -> bytes:
    return content[4 : 4 + int.from_bytes(content[:4], "big")]
