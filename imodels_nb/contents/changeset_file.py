"""Changeset files: header, LZMA2 stream, prefix and session changeset."""

import hashlib
import json
import lzma
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG
from typing import Any, BinaryIO, NamedTuple

import apsw

from imodels_nb._format import format_bytes
from imodels_nb.contents.session_format import DecodeError, decode_changes
from imodels_nb.errors import UnreadableChangeset

MAX_UNPACKED_SIZE = 4 << 30  # bytes; default limit of one file
MAX_ROW_SIZE = 128 << 20  # bytes; default limit of one row, which is in memory as a whole
PIECE_SIZE = 1 << 20  # bytes; unit of reading and unpacking

_MAGIC = b"ChangeSetLzma"
_HEADER_SIZE = 22
_FORMAT_VERSION = 0x10
_LZMA2 = 2
_MAX_DICTIONARY_SIZE = 256 << 20  # bytes; the vendor's engine uses 16 MiB
_MAX_PREFIX_SIZE = 8 << 20  # bytes
_MAX_STATEMENTS = 5_000  # of a schema change; real ones have some hundreds
_PREFIX_LENGTH_SIZE = 4
_FIRST_TABLE = b"T"

# Each of SQLite's own chunks of 1 kB would cost a call into Python.
apsw.session_config(apsw.SQLITE_SESSION_CONFIG_STRMSIZE, 1 << 16)


class ReadLimits(NamedTuple):
    """Most bytes that a file may unpack to, and that one row may have."""

    file: int = MAX_UNPACKED_SIZE
    row: int = MAX_ROW_SIZE


@dataclass(frozen=True)
class Prefix:
    """Text before the session changeset: schema changes only."""

    has_schema_changes: bool = False
    ddl: str = ""


class ChangesetStream:
    """Unpacked content of one changeset file, read from its pieces.

    Parameters
    ----------
    path
        Changeset file; errors name it.
    pieces
        Unpacked content, from :func:`unpack`.
    parent_id
        Id of the parent changeset, ``""`` for the first one. ``None`` leaves out the computation of the id.
    max_row_size
        Most bytes that one row may have.
    is_text
        Whether all text is UTF-8. If not, rows are decoded more slowly, and bytes that are not characters are replaced.
    """

    def __init__(
        self,
        path: Path,
        pieces: Iterator[bytes],
        parent_id: str | None = None,
        *,
        max_row_size: int = MAX_ROW_SIZE,
        is_text: bool = True,
    ) -> None:
        self.path = path
        self.size = 0
        self._pieces = pieces
        self._max_row_size = max_row_size
        self._row_size = 0  # bytes that were read since the last complete row
        self._is_text = is_text
        self._rest = memoryview(b"")
        self._hash = None if parent_id is None else create_id_hash(parent_id)
        self.prefix = self._read_prefix()
        self._check_start()

    @property
    def id(self) -> str | None:
        """Id computed from the content that was read; ``None`` without a parent id."""
        return None if self._hash is None else self._hash.hexdigest()

    def iterate_rows(self) -> Iterator[Any]:
        """Yield the row changes, each an :class:`apsw.TableChange`.

        A row change is valid until the next one only. Text that is not UTF-8 raises
        `UnicodeDecodeError` where its values are read, unless ``is_text=False``.
        """
        decode = apsw.Changeset.iter if self._is_text else decode_changes
        try:
            for change in decode(self._read_row):
                self._row_size = 0
                yield change
        except (apsw.Error, DecodeError, OverflowError, MemoryError) as error:
            raise self.build_error(f"its rows cannot be read ({error})") from None

    def _read_row(self, size: int) -> bytes:
        """Return the next bytes of a row, which the decoders keep until it is complete."""
        part = self.read(size)
        self._row_size += len(part)
        if self._row_size > self._max_row_size:
            reason = f"a row has more than the limit of {format_bytes(self._max_row_size)}"
            place = self._format_place()
            raise build_unreadable_error(self.path, reason, place, "Pass a larger max_row_size to read_changes.")
        return part

    def read(self, size: int) -> bytes:
        """Return the next bytes: at most `size`, and none at the end."""
        if not self._rest:
            piece = next(self._pieces, b"")
            if not piece:
                return b""
            self._add(piece)
        part = self._rest[:size]
        self._rest = self._rest[size:]
        return bytes(part)

    def skip_rows(self) -> None:
        """Read the file to its end, so that its id is complete."""
        while self.read(PIECE_SIZE):
            pass

    def build_error(self, reason: str) -> UnreadableChangeset:
        """Build the error that names this file and the current place."""
        return build_unreadable_error(self.path, reason, self._format_place())

    def _format_place(self) -> str:
        return f"around byte {self.size - len(self._rest):,} of its unpacked content"

    def _add(self, piece: bytes) -> None:
        start = max(0, _PREFIX_LENGTH_SIZE - self.size)  # the length of the prefix is not part of the id
        self.size += len(piece)
        self._rest = memoryview(piece)
        if self._hash is not None:
            self._hash.update(self._rest[start:])

    def _read_prefix(self) -> Prefix:
        size = int.from_bytes(self._read_exactly(_PREFIX_LENGTH_SIZE), "big")
        if size > _MAX_PREFIX_SIZE:
            raise self.build_error(f"its prefix would have {size:,} bytes")
        text = self._read_exactly(size)
        if not text:
            return Prefix()
        try:
            fields = json.loads(text.rstrip(b"\0"))
            prefix = Prefix(bool(fields.get("ContainsSchemaChanges")), str(fields.get("DDL", "")))
        except (ValueError, AttributeError, RecursionError):
            raise self.build_error("its prefix is not JSON") from None
        if prefix.ddl.count(";") > _MAX_STATEMENTS:
            raise self.build_error(f"its schema change has more than {_MAX_STATEMENTS:,} statements")
        return prefix

    def _check_start(self) -> None:
        # The id does not cover the length of the prefix, so check it: a table begins here, or the file ends.
        if not self._rest:
            self._add(next(self._pieces, b""))
        if bytes(self._rest[:1]) not in {b"", _FIRST_TABLE}:
            raise self.build_error("its rows do not start after its prefix")

    def _read_exactly(self, size: int) -> bytes:
        parts = []
        missing = size
        while missing:
            part = self.read(missing)
            if not part:
                raise self.build_error("it ends inside its prefix")
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)


def create_id_hash(parent_id: str) -> "hashlib._Hash":
    """Start the hash of a changeset's id: SHA-1 of parent id, prefix and rows."""
    parent = bytes.fromhex(parent_id) if parent_id else bytes(20)
    return hashlib.sha1(parent, usedforsecurity=False)


def iterate_content(pieces: Iterable[bytes]) -> Iterator[memoryview]:
    """Yield prefix and rows, without the length of the prefix."""
    skip = _PREFIX_LENGTH_SIZE
    for piece in pieces:
        part = memoryview(piece)[skip:]
        skip = max(0, skip - len(piece))
        if part:
            yield part


def unpack(path: Path, limit: int = MAX_UNPACKED_SIZE) -> Iterator[bytes]:
    """Yield the unpacked content of a changeset file in pieces of at most 1 MiB.

    Parameters
    ----------
    path
        Changeset file.
    limit
        Most bytes that the content may have.

    Raises
    ------
    UnreadableChangeset
        If the file is missing, damaged, no changeset file, or larger than `limit` when unpacked.
    """
    try:
        if path.exists() and not path.is_file():  # opening a pipe would wait for ever
            raise build_unreadable_error(path, "it is no regular file", "at its start")
        with path.open("rb") as file:
            yield from _unpack(path, file, limit)
    except OSError as error:
        if isinstance(error, FileNotFoundError):
            raise build_unreadable_error(path, "it is not there", "at its start", "Download it.") from None
        raise build_unreadable_error(path, error.strerror or type(error).__name__, "at its start") from None


def get_file_size(path: Path) -> int:
    """Return the size of a file in bytes; 0 if it is missing, or may not be seen."""
    try:
        status = path.stat()
    except OSError:
        return 0
    return status.st_size if S_ISREG(status.st_mode) else 0


def build_unreadable_error(
    path: Path, reason: str, place: str, advice: str = "Delete it and download it again."
) -> UnreadableChangeset:
    """Build the error of one file."""
    return UnreadableChangeset(f"Changeset file {path} cannot be read: {reason}, {place}. {advice}")


def _unpack(path: Path, file: BinaryIO, limit: int) -> Iterator[bytes]:
    decompressor = _open_lzma(path, file.read(_HEADER_SIZE + 1))
    unpacked = 0
    while not decompressor.eof:
        packed = file.read(PIECE_SIZE) if decompressor.needs_input else b""
        place = f"before byte {file.tell():,} of the file"
        if not packed and decompressor.needs_input:
            raise build_unreadable_error(path, "it is cut short", place)
        try:
            piece = decompressor.decompress(packed, PIECE_SIZE)
        except (lzma.LZMAError, MemoryError):
            raise build_unreadable_error(path, "its compressed data are damaged", place) from None
        unpacked += len(piece)
        if unpacked > limit:
            reason = f"it unpacks to more than the limit of {format_bytes(limit)}"
            raise build_unreadable_error(path, reason, place, "Pass a larger max_unpacked_size if you trust the file.")
        if piece:
            yield piece
    if decompressor.unused_data or file.read(1):
        raise build_unreadable_error(path, "it has bytes after its end", "at the end of the file")


def _open_lzma(path: Path, header: bytes) -> lzma.LZMADecompressor:
    place = "in its header"
    if header and header == hashlib.shake_256(path.name.encode()).digest(len(header)):
        reason = "it is a file that the sample hub made up, without contents"
        advice = "Use the sample's hub.plant_imodel_id, whose files have contents, or sample.load_changes()."
        raise build_unreadable_error(path, reason, place, advice)
    if len(header) <= _HEADER_SIZE or header[2:17].rstrip(b"\0") != _MAGIC:
        raise build_unreadable_error(path, "it is not a changeset file", place)
    size, version, compression = (int.from_bytes(header[offset : offset + 2], "little") for offset in (0, 18, 20))
    if (size, version, compression) != (_HEADER_SIZE, _FORMAT_VERSION, _LZMA2):
        reason = f"its format (version {version}, compression {compression}) is unknown"
        raise build_unreadable_error(path, reason, place, "Update imodels_nb; if that does not help, report it.")
    dictionary_size = _read_dictionary_size(header[_HEADER_SIZE])
    if dictionary_size > _MAX_DICTIONARY_SIZE:
        raise build_unreadable_error(path, f"it asks for a dictionary of {format_bytes(dictionary_size)}", place)
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": dictionary_size}]
    return lzma.LZMADecompressor(format=lzma.FORMAT_RAW, filters=filters)


def _read_dictionary_size(code: int) -> int:
    return (2 | (code & 1)) << (code // 2 + 11)
