"""Proof of changeset files: their ids, computed again from their content."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from imodels_nb._validation import validate_int
from imodels_nb.contents.changeset_file import (
    MAX_UNPACKED_SIZE,
    ChangesetStream,
    create_id_hash,
    get_file_size,
    iterate_content,
    unpack,
)
from imodels_nb.contents.file_list import MAX_SEARCH_SIZE, ChangesetEntry, list_frame_entries
from imodels_nb.contents.processes import count_cores
from imodels_nb.errors import UnreadableChangeset

_NO_PARENT = "its parent is not known; pass a frame with parent_id, or with the changeset before"


class _Result(NamedTuple):
    id: str
    computed_id: str | None
    matches: bool
    size: int
    reason: str | None
    checked: bool = True


def verify_files(
    changesets: pd.DataFrame, folder: str | os.PathLike[str], *, max_unpacked_size: int = MAX_UNPACKED_SIZE
) -> pd.DataFrame:
    """Check that changeset files contain what was pushed.

    The id of a changeset is the SHA-1 of its parent's id and its content. A file whose computed id equals its id in the
    frame has the content that was pushed, byte by byte, at its place in the timeline.

    Parameters
    ----------
    changesets
        Frame of :func:`fetch_changesets`; columns `id` and `parent_id` are used.
    folder
        Folder with the files, as :func:`download_changesets` writes them.
    max_unpacked_size
        Most bytes that one file may unpack to; 4 GiB unless given.

    Returns
    -------
    DataFrame
        One row per changeset, indexed by ``changeset_index`` (int64). Columns: ``id``, ``computed_id`` (str),
        ``matches`` (bool), ``size`` (int64; bytes of the file, 0 if it is missing), ``reason`` (str; why it does not
        match), ``checked`` (bool; whether the parent's id is known, without which nothing can be proved). A parent that
        `changesets` does not name is found by its index.

    Raises
    ------
    TypeError, ValueError
        If `changesets` is not a frame of one iModel with valid ids, or `folder` is not a folder.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with sample.start(10) as hub, IModelsClient(hub.credential, base_url=hub.base_url) as client:
    ...     changesets = fetch_changesets(client, hub.plant_imodel_id, last_index=4)
    ...     with TemporaryDirectory() as folder:
    ...         files = download_changesets(client, hub.plant_imodel_id, changesets, folder)
    ...         verify_files(changesets, folder)["matches"].tolist()
    [True, True, True, True]
    """
    limit = validate_int("max_unpacked_size", max_unpacked_size, 1)
    entries = list_frame_entries(changesets, folder)
    # LZMA and SHA-1 release Python's global lock, so that threads use all cores.
    with ThreadPoolExecutor(count_cores()) as pool:
        results = list(pool.map(partial(_verify, entries=entries, limit=limit), entries))
    index = pd.Index([entry.index for entry in entries], dtype="int64", name="changeset_index")
    dtypes = {"id": "str", "computed_id": "str", "matches": "bool", "size": "int64", "reason": "str", "checked": "bool"}
    return pd.DataFrame(results, index=index, columns=list(_Result._fields)).astype(dtypes)


def _verify(entry: ChangesetEntry, *, entries: Sequence[ChangesetEntry], limit: int) -> _Result:
    size = get_file_size(entry.path)
    if entry.parent_id is None:
        return _Result(entry.id, None, False, size, _NO_PARENT, checked=False)
    try:
        computed, unpacked = _compute_id(entry.path, entry.parent_id, limit)
        reason = None if computed == entry.id else _explain(entry, entries, unpacked, limit)
    except UnreadableChangeset as error:
        return _Result(entry.id, None, False, size, str(error))
    return _Result(entry.id, computed, computed == entry.id, size, reason)


def _compute_id(path: Path, parent_id: str, limit: int) -> tuple[str, int]:
    stream = ChangesetStream(path, unpack(path, limit), parent_id)
    stream.skip_rows()
    return str(stream.id), stream.size


def _explain(entry: ChangesetEntry, entries: Sequence[ChangesetEntry], unpacked: int, limit: int) -> str:
    """Return why a file does not fit: it belongs to another changeset, or was changed."""
    others = [other for other in entries if other.parent_id is not None]
    if unpacked * len(others) <= MAX_SEARCH_SIZE:
        hashes = [create_id_hash(str(other.parent_id)) for other in others]
        for part in iterate_content(unpack(entry.path, limit)):
            for hash_ in hashes:
                hash_.update(part)
        for other, hash_ in zip(others, hashes, strict=True):
            if hash_.hexdigest() == other.id:
                return f"{entry.path.name} has the content of changeset {other.index}"
    return f"the content of {entry.path.name} was changed: it does not fit the id"
