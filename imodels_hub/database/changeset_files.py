"""Changeset files of the vendor's engine: their ids, and their replay.

A file has a header, and then LZMA2: the length of a prefix, the prefix, and a SQLite session changeset. The prefix is
JSON with the statements that change the schema. The id of a changeset is the SHA-1 of its parent's id, the prefix and
the rest.
"""

import hashlib
import json
import lzma
import struct
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import apsw

_MAGIC = b"ChangeSetLzma"
_HEADER_SIZE = 22
_LZMA2 = 2
_LENGTH = struct.Struct(">I")
_CHUNK = 1 << 20  # bytes
_MAX_UNPACKED = 1 << 30  # bytes
_MAX_DICTIONARY_BITS = 30  # 128 MB
_MAX_SECONDS = 30
_STEPS = 100_000  # steps of SQLite between two checks of the time
_NO_PARENT = bytes(20)


class InvalidChangesetFileError(ValueError):
    """A file that looks like a changeset file cannot be read."""


def is_changeset_file(content: bytes) -> bool:
    """Check whether a file has the header of a changeset file."""
    return content[2 : 2 + len(_MAGIC)] == _MAGIC


def compute_changeset_id(content: bytes, parent_id: str) -> str:
    """Compute the id of the changeset in a file.

    Raises
    ------
    InvalidChangesetFileError
        If the file is damaged, or unpacks to more than 1 GB.
    """
    digest = hashlib.sha1(bytes.fromhex(parent_id) if parent_id else _NO_PARENT, usedforsecurity=False)
    start = b""
    for chunk in _decompress(content):
        if len(start) < _LENGTH.size:
            start += chunk
            digest.update(start[_LENGTH.size :])
        else:
            digest.update(chunk)
    if len(start) < _LENGTH.size:
        raise InvalidChangesetFileError("The changeset file is too short.")
    return digest.hexdigest()


def replay(baseline: bytes, files: Iterable[bytes], changeset_id: str, index: int) -> bytes:
    """Apply changeset files to a baseline file; return the resulting checkpoint file.

    The triggers of the engine call functions that only the engine has. They are removed during the replay, so the
    spatial index of the result is that of the baseline.

    Raises
    ------
    InvalidChangesetFileError
        If a file is damaged, or does not fit.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "replay.bim")
        path.write_bytes(baseline)
        db = apsw.Connection(str(path))
        try:
            _set_limits(db)
            triggers = _remove_triggers(db)
            for content in files:
                _apply(db, content)
            parent = json.dumps({"id": changeset_id, "index": index}, separators=(",", ":"))
            for name, value in (("ParentChangeSetId", changeset_id), ("parentChangeset", parent)):
                db.execute("INSERT OR REPLACE INTO be_Local (Name, Val) VALUES (?, ?)", (name, value))
            for statement in triggers:
                db.execute(statement)
        except (apsw.Error, ValueError) as error:
            raise InvalidChangesetFileError(f"The changeset file does not fit: {error}") from error
        finally:
            db.close()
        return path.read_bytes()


def _set_limits(db: apsw.Connection) -> None:
    """Set limits for statements of clients: no other file, and no endless query."""
    deadline = time.monotonic() + _MAX_SECONDS
    db.limit(apsw.SQLITE_LIMIT_ATTACHED, 0)
    db.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
    db.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)


def _remove_triggers(db: apsw.Connection) -> list[str]:
    rows = list(db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"))
    for name, _ in rows:
        db.execute('DROP TRIGGER "{}"'.format(name.replace('"', '""')))
    return [sql for _, sql in rows]


def _apply(db: apsw.Connection, content: bytes) -> None:
    unpacked = b"".join(_decompress(content))
    if len(unpacked) < _LENGTH.size:
        raise InvalidChangesetFileError("The changeset file is too short.")
    (length,) = _LENGTH.unpack_from(unpacked)
    prefix = unpacked[_LENGTH.size : _LENGTH.size + length].rstrip(b"\0")
    parsed = json.loads(prefix) if prefix else {}
    if isinstance(parsed, dict) and isinstance(statements := parsed.get("DDL"), str):
        db.execute(statements)
    apsw.Changeset.apply(unpacked[_LENGTH.size + length :], db)


def _decompress(content: bytes) -> Iterator[bytes]:
    """Decompress a changeset file piece by piece, up to a limit."""
    if len(content) <= _HEADER_SIZE or not is_changeset_file(content) or content[20] != _LZMA2:
        raise InvalidChangesetFileError("The file is not a changeset file of a known version.")
    bits = content[_HEADER_SIZE]
    if bits > _MAX_DICTIONARY_BITS:
        raise InvalidChangesetFileError("The changeset file is damaged: its dictionary is too large.")
    size = (2 | (bits & 1)) << (bits // 2 + 11)
    decompressor = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": size}])
    data = content[_HEADER_SIZE + 1 :]
    total = 0
    try:
        while not decompressor.eof:
            chunk = decompressor.decompress(data, _CHUNK)
            data = b""
            total += len(chunk)
            if total > _MAX_UNPACKED:
                raise InvalidChangesetFileError("The changeset file unpacks to more than 1 GB.")
            if not chunk and decompressor.needs_input:
                raise InvalidChangesetFileError("The changeset file ends too early.")
            yield chunk
    except (lzma.LZMAError, MemoryError) as error:
        raise InvalidChangesetFileError(f"The changeset file is damaged: {error}") from error
