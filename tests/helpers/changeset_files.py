"""Changeset files that tests write."""

import hashlib
import json
import lzma
import struct
from collections.abc import Callable
from pathlib import Path

import apsw
import pandas as pd

from imodels_hub import build_plant_project

_DICTIONARY_CODE = 24  # 16 MiB


def record_changes(database: apsw.Connection, edit: Callable[[], object]) -> bytes:
    """Return the session changeset of an edit of a database."""
    session = apsw.Session(database, "main")
    session.attach(None)
    with database:
        edit()
    body = session.changeset()
    session.close()
    return body


def compress(content: bytes, *, dictionary_code: int = _DICTIONARY_CODE) -> bytes:
    """Return a changeset file with this content: header and LZMA2 stream."""
    header = struct.pack("<H15sxHH", 22, b"ChangeSetLzma", 0x10, 2)
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 16, "preset": 0}]  # small, since the encoder allocates it
    return header + bytes([dictionary_code]) + lzma.compress(content, lzma.FORMAT_RAW, filters=filters)


def build_prefix(ddl: str = "") -> bytes:
    """Return the prefix of a schema change."""
    fields = {"ContainsSchemaChanges": True} | ({"DDL": ddl} if ddl else {})
    return json.dumps(fields, separators=(",", ":")).encode() + b"\0"


def write_changeset(folder: Path, body: bytes, *, parent_id: str = "", prefix: bytes = b"") -> Path:
    """Write a changeset file, named by its id."""
    parent = bytes.fromhex(parent_id) if parent_id else bytes(20)
    changeset_id = hashlib.sha1(parent + prefix + body, usedforsecurity=False).hexdigest()
    path = folder / f"{changeset_id}.cs"
    path.write_bytes(compress(struct.pack(">I", len(prefix)) + prefix + body))
    return path


def list_plant_changesets() -> pd.DataFrame:
    """Return the frame of the plant's changesets, with their ids only."""
    rows = [
        (changeset.changeset_index, changeset.id, changeset.parent_id) for changeset in build_plant_project().changesets
    ]
    return pd.DataFrame(rows, columns=["changeset_index", "id", "parent_id"]).set_index("changeset_index")
