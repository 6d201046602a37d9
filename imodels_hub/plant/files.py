"""Changeset files: a prefix and a session changeset, compressed by LZMA2."""

import hashlib
import json
import lzma
import struct
from typing import NamedTuple

_HEADER = struct.pack("<H15sxHH", 22, b"ChangeSetLzma", 0x10, 2)
_DICTIONARY_CODE = 24  # 16 MiB, as the vendor's engine writes
_FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 1, "dict_size": 1 << 18}]


class ChangesetFile(NamedTuple):
    """A changeset file with its id, a hash of its content and its parent's id."""

    id: str
    content: bytes


def build_file(parent_id: str, body: bytes, *, has_schema_changes: bool = False) -> ChangesetFile:
    """Build a changeset file.

    Parameters
    ----------
    parent_id
        Id of the parent, ``""`` for the first changeset.
    body
        Session changeset of SQLite.
    has_schema_changes
        Whether the changeset changes a schema, which a prefix says.
    """
    prefix = b""
    if has_schema_changes:
        prefix = json.dumps({"ContainsSchemaChanges": True}, separators=(",", ":")).encode() + b"\0"
    parent = bytes.fromhex(parent_id) if parent_id else bytes(20)
    changeset_id = hashlib.sha1(parent + prefix + body, usedforsecurity=False).hexdigest()
    packed = lzma.compress(struct.pack(">I", len(prefix)) + prefix + body, lzma.FORMAT_RAW, filters=_FILTERS)
    return ChangesetFile(changeset_id, _HEADER + bytes([_DICTIONARY_CODE]) + packed)
