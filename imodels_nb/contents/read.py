"""Reading of changeset files into frames."""

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from operator import attrgetter
from pathlib import Path
from typing import get_args

import pandas as pd

from imodels_nb._files import validate_file
from imodels_nb._format import format_count
from imodels_nb._validation import validate_int
from imodels_nb.contents.changeset_file import MAX_ROW_SIZE, MAX_UNPACKED_SIZE, ReadLimits
from imodels_nb.contents.file_list import ChangesetEntry, find_earlier_files, list_files
from imodels_nb.contents.imodel_file import SCHEMA_HINT, IModelFile
from imodels_nb.contents.processes import read_in_processes
from imodels_nb.contents.read_task import Detail, ReadTask
from imodels_nb.errors import UnreadableChangeset


def read_changes(
    folder: str | os.PathLike[str],
    changesets: pd.DataFrame | Iterable[int] | None = None,
    *,
    schema: str | os.PathLike[str] | None = None,
    detail: Detail = "elements",
    max_unpacked_size: int = MAX_UNPACKED_SIZE,
    max_row_size: int = MAX_ROW_SIZE,
) -> pd.DataFrame:
    """Read the changes in an iModel from changeset files on this machine.

    Parameters
    ----------
    folder
        Folder with the files, named ``<id>.cs``, as :func:`download_changesets` writes them.
    changesets
        Changesets to read: a frame of :func:`fetch_changesets`, or changeset indexes. ``None`` reads all files of the
        folder. Without a frame, the order of the files is found from the chain of their ids.
    schema
        iModel file (``.bim``) that knows the classes and the elements from before: the baseline, a checkpoint or a
        briefcase. Without it, older classes are shown by their id, and older elements have no label.
    detail
        ``"elements"``: one row for each changed element, model, aspect, relationship, schema item or file property.
        ``"properties"``: one row for each value. ``"tables"``: counts by database table.
    max_unpacked_size
        Most bytes that one file may unpack to; 4 GiB unless given.
    max_row_size
        Most bytes that one row of the database may have; 128 MiB unless given. One row is in memory as a whole.

    Returns
    -------
    DataFrame
        Sorted by its index; columns and dtypes never vary. Indexed by ``changeset_index`` (int64) and:

        ``"elements"``: ``instance_id`` (str, such as ``0x20000000008``); columns ``operation`` (category: inserted,
        updated, deleted), ``entity`` (category: element, model, aspect, relationship, schema, file property, other),
        ``class_name`` (category, ``Schema:Class``), ``label``, ``code``, ``model_id``, ``parent_id`` (str),
        ``briefcase_id`` (int64; the briefcase that made the id), ``properties`` (tuple of updated properties),
        ``indirect`` (bool; the row only follows from other changes), ``new_label`` (str; after an update of the label).

        ``"properties"``: ``instance_id``; columns ``class_name``, ``property`` (category), ``old``, ``new`` (str),
        ``operation``, ``entity`` (category), ``label`` (str), ``indirect`` (bool).

        ``"tables"``: ``table``, ``operation`` (str); columns ``rows``, ``indirect`` (int64).

    Raises
    ------
    TypeError, ValueError
        If an argument is invalid.
    UnreadableChangeset
        If files are missing or damaged, or their content does not fit their id. All other files are read first: the
        attribute `changes` of the error has their frame.

    Notes
    -----
    Names are those at the changeset itself. Class, label and code of an update are those before it. Files of changesets
    before and between in the same folder are read, too, so that several calls return the same as one. Where a file is
    missing, later updates of elements from before have their class, but no label, code and parent: these may have
    changed.

    Large files are read in several processes, at most four, on the cores that this one may use.

    An element and the model below it have the same id. ``changes[changes["entity"] == "element"]`` has a unique index.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with sample.start(10) as hub, IModelsClient(hub.credential, base_url=hub.base_url) as client:
    ...     with TemporaryDirectory() as folder:
    ...         files = download_changesets(client, hub.plant_imodel_id, range(1, 5), folder)
    ...         changes = read_changes(folder, schema=download_baseline(client, hub.plant_imodel_id, folder))
    >>> changes.loc[3].query("entity == 'element'")["label"].tolist()[:2]
    ['P-101', 'P-102']
    """
    validate_detail(detail)
    limits = ReadLimits(
        validate_int("max_unpacked_size", max_unpacked_size, 1), validate_int("max_row_size", max_row_size, 1)
    )
    if schema is not None:
        validate_file("schema", schema, SCHEMA_HINT)
    entries = list_files(folder, changesets, limits.file)
    return read_entries(entries, schema=schema, detail=detail, limits=limits)


def validate_detail(detail: Detail) -> None:
    """Raise `ValueError` if `detail` is invalid."""
    if detail not in get_args(Detail):
        raise ValueError(f'detail should be "elements", "properties" or "tables", not {detail!r}.')


def read_entries(
    entries: Sequence[ChangesetEntry],
    *,
    schema: str | os.PathLike[str] | None,
    detail: Detail,
    limits: ReadLimits = ReadLimits(),  # noqa: B008  # a named tuple never changes
    earlier: Sequence[ChangesetEntry] | None = None,
    on_file: Callable[[ChangesetEntry], None] | None = None,
) -> pd.DataFrame:
    """Read changeset files in their order.

    Parameters
    ----------
    entries, schema, detail, limits
        As in :func:`read_changes`.
    earlier
        Changesets before and between `entries`, which are read for their names only; ``None`` finds their files.
    on_file
        Function that is called after each file of `entries`.
    """
    selected = frozenset(entry.id for entry in entries)
    start_file = None if schema is None or detail == "tables" else Path(schema)
    task = ReadTask(entries, selected, start_file, detail, limits)
    result = read_in_processes(_add_earlier_files(task, earlier), on_file)
    return _return_or_raise(result.builder.build_frame(), result.failures)


def _add_earlier_files(task: ReadTask, earlier: Sequence[ChangesetEntry] | None) -> ReadTask:
    """Add the files that are read for names only.

    Where the iModel file is newer than the first changeset, its names may be later ones.
    """
    entries = task.entries
    if task.detail == "tables" or not entries:
        return task
    with ExitStack() as stack:
        file = None if task.start_file is None else stack.enter_context(IModelFile(task.start_file))
        first, last = entries[0].index, entries[-1].index
        file_index = _find_file_index(file, [*(earlier or ()), *entries])
        if earlier is None:
            after_index = file_index if file_index is not None and file_index < first else 0
            ancestor = file.changeset_id if file else ""
            earlier = find_earlier_files(entries, after_index, task.limits.file, ancestor=ancestor)
            file_index = _find_file_index(file, [*earlier, *entries])
    is_newer = file_index is None or file_index >= first
    after_index = 0 if is_newer or file_index is None else file_index
    needed = [entry for entry in [*earlier, *entries] if after_index < entry.index <= last]
    return task._replace(entries=sorted(needed, key=attrgetter("index")), is_newer=is_newer)


def _find_file_index(file: IModelFile | None, entries: Sequence[ChangesetEntry]) -> int | None:
    """Return the index of the last changeset in an iModel file, or ``None``."""
    if file is None:
        return 0
    if file.changeset_index is not None:
        return file.changeset_index
    indexes = {entry.id: entry.index for entry in entries}
    indexes |= {entry.parent_id: entry.index - 1 for entry in entries if entry.parent_id is not None}
    return indexes.get(file.changeset_id)


def _return_or_raise(frame: pd.DataFrame, failures: list[UnreadableChangeset]) -> pd.DataFrame:
    """Return the frame, or raise an error that has it if a file is unreadable."""
    if not failures:
        return frame
    first = failures[0]
    others = format_count(len(failures) - 1, "more file", "more files")
    more = f" {others} cannot be read either." if len(failures) > 1 else ""
    error = UnreadableChangeset(f"{first}{more}")
    error.changes = frame
    error.failures = tuple(failures)
    raise error
