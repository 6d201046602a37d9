"""Changeset files of a folder, in the order of the timeline."""

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from imodels_nb._files import validate_folder
from imodels_nb._validation import CHANGESET_ID, validate_indexes
from imodels_nb.contents.changeset_file import create_id_hash, iterate_content, unpack
from imodels_nb.errors import UnreadableChangeset
from imodels_nb.frames import validate_changeset_files

MAX_SEARCH_SIZE = 8 << 30  # bytes; hashing of a few seconds

FOLDER_HINT = "Pass the folder that download_changesets wrote to."

_FILE_NAME = re.compile(rf"({CHANGESET_ID})\.cs")


@dataclass(frozen=True)
class ChangesetEntry:
    """A changeset and its file.

    Attributes
    ----------
    parent_id
        Id of the parent changeset, ``""`` for the first one, ``None`` where it is unknown.
    """

    index: int
    id: str
    parent_id: str | None
    path: Path


def list_files(
    folder: str | os.PathLike[str], changesets: pd.DataFrame | Iterable[int] | None, limit: int
) -> list[ChangesetEntry]:
    """Return the changesets to read, ascending, each with its file.

    Raises
    ------
    ValueError
        If `folder` or `changesets` is invalid, or the order of the files is unknown.
    """
    if not isinstance(changesets, pd.Series) and hasattr(changesets, "__arrow_c_stream__"):
        return list_frame_entries(changesets, folder)
    indexes = None if changesets is None else set(validate_indexes("changesets", changesets))
    root = validate_folder("folder", folder, FOLDER_HINT)
    entries = _order_files(root, limit)
    if indexes is None:
        return entries
    if missing := sorted(indexes - {entry.index for entry in entries}):
        raise ValueError(f"{root} has no file of changeset {missing[0]}. Download it with download_changesets.")
    return [entry for entry in entries if entry.index in indexes]


def list_frame_entries(changesets: Any, folder: str | os.PathLike[str]) -> list[ChangesetEntry]:
    """Return an entry for each row of a changesets frame, ascending.

    Raises
    ------
    TypeError, ValueError
        If `changesets` or `folder` is invalid.
    """
    changesets = validate_changeset_files(changesets)
    root = validate_folder("folder", folder, FOLDER_HINT)
    ids = dict(zip(map(int, changesets.index), changesets["id"], strict=True))
    parents = _find_parents(changesets, ids)
    return [ChangesetEntry(index, ids[index], parents[index], root / f"{ids[index]}.cs") for index in sorted(ids)]


def find_earlier_files(
    entries: Sequence[ChangesetEntry], after_index: int, limit: int, *, ancestor: str = ""
) -> list[ChangesetEntry]:
    """Return the files of a folder before and between `entries`.

    A file names no parent, but its content and the parent's id together give its own id.

    Parameters
    ----------
    entries
        Changesets to read, ascending.
    after_index
        Index of the last changeset that is not needed.
    limit
        Most bytes that one file may unpack to.
    ancestor
        Id of the changeset `after_index`, whose file may be missing.
    """
    candidates = _find_files(entries[0].path.parent)
    for entry in entries:
        candidates.pop(entry.id, None)
    found: list[ChangesetEntry] = []
    budget = MAX_SEARCH_SIZE
    for entry in entries:
        child = entry
        while child.parent_id in candidates and child.index - 1 > after_index and budget >= 0:
            parent = str(child.parent_id)
            path = candidates.pop(parent)
            try:
                before, size = _find_parent(path, [*candidates, "", ancestor, *(other.id for other in entries)], limit)
            except UnreadableChangeset:
                break  # as if the file were not there
            child = ChangesetEntry(child.index - 1, parent, before, path)
            found.append(child)
            budget -= size * len(candidates)
        after_index = entry.index
    return sorted(found, key=lambda entry: entry.index)


def _find_parents(changesets: pd.DataFrame, ids: dict[int, str]) -> dict[int, str | None]:
    """Return the id of each parent; a parent that is missing is found by its index."""
    parents: dict[int, str | None] = {index: ids.get(index - 1) for index in ids}
    if 1 in parents:
        parents[1] = ""  # which CSV files do not distinguish from a missing value
    if "parent_id" in changesets:
        known = zip(map(int, changesets.index), changesets["parent_id"], strict=True)
        parents |= {index: parent for index, parent in known if isinstance(parent, str) and parent}
    return parents


def _order_files(folder: Path, limit: int) -> list[ChangesetEntry]:
    """Return all files of a folder, ordered by the chain of their ids."""
    files = _find_files(folder)
    if sum(path.stat().st_size for path in files.values()) * len(files) > MAX_SEARCH_SIZE:
        raise ValueError(f"{folder} has too many files to find their order. Pass the frame of fetch_changesets.")
    children = {}
    for changeset_id, path in files.items():
        try:
            parent, _ = _find_parent(path, ["", *files], limit)
        except UnreadableChangeset:
            continue
        if parent is not None:
            children[parent] = changeset_id
    entries: list[ChangesetEntry] = []
    parent = ""
    while parent in children:
        changeset_id = children.pop(parent)
        entries.append(ChangesetEntry(len(entries) + 1, changeset_id, parent, files[changeset_id]))
        parent = changeset_id
    if len(entries) < len(files):
        raise ValueError(
            f"The {len(files)} files of {folder} are not one unbroken timeline from its first changeset on. "
            "Pass the frame of fetch_changesets as changesets."
        )
    return entries


def _find_files(folder: Path) -> dict[str, Path]:
    found = ((_FILE_NAME.fullmatch(path.name), path) for path in sorted(folder.iterdir()))
    return {match[1]: path for match, path in found if match}


def _find_parent(path: Path, candidates: Iterable[str], limit: int) -> tuple[str | None, int]:
    """Find the parent that fits the id of a file; also return the content's size."""
    hashes = {candidate: create_id_hash(candidate) for candidate in candidates}
    pieces = unpack(path, limit)
    size = 0
    for piece in iterate_content(pieces):
        size += len(piece)
        for hash_ in hashes.values():
            hash_.update(piece)
    fitting = (candidate for candidate, hash_ in hashes.items() if hash_.hexdigest() == path.stem)
    return next(fitting, None), size
