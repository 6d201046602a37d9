"""Decoder of SQLite session changesets for text that is not UTF-8.

`apsw` reads a changeset faster, but it cannot return text that is not UTF-8. SQLite stores such text, and programs
write it. This decoder replaces the bytes that are not characters. The format is documented at
https://sqlite.org/session/changesetfmt.html.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import apsw

Read = Callable[[int], bytes]

_TABLE_HEADER = 0x54
_MAX_COLUMNS = 32_767
_MAX_NAME_SIZE = 1 << 20
_MAX_VALUE_SIZE = 1 << 30  # bytes; SQLite's own limit
_LONGEST_VARINT = 9
_OPCODES = (apsw.SQLITE_INSERT, apsw.SQLITE_UPDATE, apsw.SQLITE_DELETE)
_UNDEFINED = 0
_INTEGER = 1
_FLOAT = 2
_TEXT = 3
_BLOB = 4
_NULL = 5


class DecodeError(Exception):
    """Bytes that are not a session changeset."""


@dataclass(slots=True)
class RowChange:
    """One row change, with the attributes of :class:`apsw.TableChange`."""

    name: str
    column_count: int
    pk_columns: set[int]
    opcode: int
    indirect: bool
    old: tuple[Any, ...] | None
    new: tuple[Any, ...] | None


def copy_row(change: Any) -> RowChange:
    """Return a copy of a row change, which is valid until the next row only."""
    names = ("name", "column_count", "pk_columns", "opcode", "indirect", "old", "new")
    return RowChange(*(getattr(change, name) for name in names))


def decode_changes(read: Read) -> Iterator[RowChange]:
    """Yield the row changes of a session changeset.

    Parameters
    ----------
    read
        Function that returns the next bytes: at most as many as its argument says, and none at the end.

    Raises
    ------
    DecodeError
        If the bytes are not a session changeset.
    """
    reader = _Reader(read)
    name, columns, keys = "", 0, set[int]()
    while (code := reader.read_byte()) is not None:
        if code == _TABLE_HEADER:
            name, columns, keys = _decode_table(reader)
        elif code in _OPCODES and columns:
            indirect = bool(reader.read_exactly(1)[0])
            old = None if code == apsw.SQLITE_INSERT else _decode_record(reader, columns)
            new = None if code == apsw.SQLITE_DELETE else _decode_record(reader, columns)
            yield RowChange(name, columns, keys, code, indirect, old, new)
        else:
            raise DecodeError(f"unknown record type {code}")


class _Reader:
    def __init__(self, read: Read) -> None:
        self._read = read

    def read_byte(self) -> int | None:
        byte = self._read(1)
        return byte[0] if byte else None

    def read_exactly(self, size: int) -> bytes:
        parts = []
        while size:
            part = self._read(size)
            if not part:
                raise DecodeError("it ends inside a row")
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def read_varint(self) -> int:
        value = 0
        for position in range(1, _LONGEST_VARINT + 1):
            byte = self.read_exactly(1)[0]
            if position == _LONGEST_VARINT:
                return value << 8 | byte
            value = value << 7 | byte & 0x7F
            if byte < 0x80:  # noqa: PLR2004  # the top bit says that more bytes follow
                break
        return value


def _decode_table(reader: _Reader) -> tuple[str, int, set[int]]:
    columns = reader.read_varint()
    if not 0 < columns <= _MAX_COLUMNS:
        raise DecodeError(f"a table with {columns} columns")
    keys = {position for position, is_key in enumerate(reader.read_exactly(columns)) if is_key}
    name = bytearray()
    while (byte := reader.read_exactly(1)[0]) and len(name) < _MAX_NAME_SIZE:
        name.append(byte)
    return name.decode("utf-8", "replace"), columns, keys


def _decode_record(reader: _Reader, columns: int) -> tuple[object, ...]:
    return tuple(_decode_value(reader) for _ in range(columns))


def _decode_value(reader: _Reader) -> object:
    kind = reader.read_exactly(1)[0]
    if kind == _UNDEFINED:
        return apsw.no_change
    if kind == _NULL:
        return None
    if kind == _INTEGER:
        return int.from_bytes(reader.read_exactly(8), "big", signed=True)
    if kind == _FLOAT:
        return struct.unpack(">d", reader.read_exactly(8))[0]
    if kind not in {_TEXT, _BLOB}:
        raise DecodeError(f"unknown value type {kind}")
    size = reader.read_varint()
    if size > _MAX_VALUE_SIZE:
        raise DecodeError(f"a value of {size:,} bytes")
    value = reader.read_exactly(size)
    return value.decode("utf-8", "replace") if kind == _TEXT else value
