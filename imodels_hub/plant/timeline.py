"""The whole timeline of the plant: changesets, their files and the baseline.

A changeset file has a prefix and a session changeset of SQLite, compressed by LZMA2.
"""

import hashlib
import json
import lzma
import struct
from functools import cache
from typing import NamedTuple

from imodels_hub.plant.edits import SCHEMA, PlantEdits, PlantPush
from imodels_hub.plant.imodel import PlantIModel

FIRST_BRIEFCASE = 2

_HEADER = struct.pack("<H15sxHH", 22, b"ChangeSetLzma", 0x10, 2)
_DICTIONARY_CODE = 24  # 16 MiB, as the vendor's engine writes
_FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 1, "dict_size": 1 << 18}]


class ChangesetFile(NamedTuple):
    """A changeset file with its id, a hash of its content and its parent's id."""

    id: str
    content: bytes


class PlantChangeset(NamedTuple):
    """A changeset of the plant with its file."""

    changeset_index: int
    id: str
    parent_id: str
    push: PlantPush
    content: bytes


class PlantTimeline(NamedTuple):
    """All files of the plant.

    Attributes
    ----------
    baseline
        The iModel before its first changeset, as a file.
    changesets
        All changesets, ascending.
    tip
        The iModel after its last changeset, as a file.
    """

    baseline: bytes
    changesets: tuple[PlantChangeset, ...]
    tip: bytes


@cache
def build_timeline() -> PlantTimeline:
    """Build the timeline, once in a process; every process gets the same ids."""
    imodel = PlantIModel()
    baseline = imodel.read_file()
    changesets: list[PlantChangeset] = []
    parent_id = ""
    for index, push in enumerate(PlantEdits(imodel).iterate_pushes(), start=1):
        imodel.briefcase = FIRST_BRIEFCASE + push.user
        imodel.moment = push.moment
        file = build_file(parent_id, imodel.record(push.edit), has_schema_changes=bool(push.kinds & SCHEMA))
        changesets.append(PlantChangeset(index, file.id, parent_id, push, file.content))
        parent_id = file.id
    return PlantTimeline(baseline, tuple(changesets), imodel.read_file(parent_id, len(changesets)))


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
