"""Reading of changeset files into frames."""

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from functools import partial
from operator import attrgetter
from typing import Literal, NamedTuple, get_args

import apsw
import pandas as pd

from imodels_nb._files import validate_file
from imodels_nb._validation import validate_int
from imodels_nb.contents.change_rows import ElementWriter, PropertyWriter
from imodels_nb.contents.changeset_file import MAX_ROW_SIZE, MAX_UNPACKED_SIZE, ChangesetStream, ReadLimits, unpack
from imodels_nb.contents.file_list import ChangesetEntry, find_context, list_files
from imodels_nb.contents.frame_builders import build_table_frame, create_element_builder, create_property_builder
from imodels_nb.contents.imodel_file import SCHEMA_HINT, IModelFile
from imodels_nb.contents.instances import KnownInstances, RowCollector
from imodels_nb.contents.read_ahead import ReadAhead
from imodels_nb.contents.schema import Schema
from imodels_nb.errors import UnreadableChangeset

Detail = Literal["elements", "properties", "tables"]

_OPERATIONS = {apsw.SQLITE_INSERT: "inserted", apsw.SQLITE_UPDATE: "updated", apsw.SQLITE_DELETE: "deleted"}


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
    limits: ReadLimits = ReadLimits(),  # noqa: B008  # a tuple
    context: Sequence[ChangesetEntry] | None = None,
    on_file: Callable[[ChangesetEntry], None] | None = None,
) -> pd.DataFrame:
    """Read changeset files in their order.

    Parameters
    ----------
    entries, schema, detail, limits
        As in :func:`read_changes`.
    context
        Changesets before and between `entries`, which are read for their names only; ``None`` finds their files.
    on_file
        Function that is called after each file of `entries`.
    """
    if detail == "tables":
        return _read_tables(entries, limits, on_file)
    with ExitStack() as stack:
        file = stack.enter_context(IModelFile(schema)) if schema is not None else None
        plan = _plan_files(entries, context, file, limits.file)
        reader = _InstanceReader(file, detail, is_newer=plan.is_newer)
        return _read_instances(reader, plan.entries, {entry.id for entry in entries}, limits, on_file)


def _read_tables(
    entries: Sequence[ChangesetEntry], limits: ReadLimits, on_file: Callable[[ChangesetEntry], None] | None
) -> pd.DataFrame:
    """Read the numbers of changed rows, by database table."""
    counts: dict[tuple[int, str, str], list[int]] = {}

    def count(entry: ChangesetEntry, stream: ChangesetStream) -> None:
        _count_rows(entry, stream, counts)

    failures = [error for _, error in _read_files(entries, limits, count, on_file)]
    return _return_or_raise(build_table_frame(counts), failures)


class _Plan(NamedTuple):
    """Files to read after an iModel file.

    Attributes
    ----------
    entries
        All changesets to read, ascending: those that were requested, and those that only give names.
    is_newer
        Whether the iModel file is newer than the first requested changeset, so that a label in it could be another one.
    """

    entries: list[ChangesetEntry]
    is_newer: bool


def _plan_files(
    entries: Sequence[ChangesetEntry], context: Sequence[ChangesetEntry] | None, file: IModelFile | None, limit: int
) -> _Plan:
    """Find the files to read, and where in the timeline the iModel file is."""
    if not entries:
        return _Plan([], is_newer=False)
    first, last = entries[0].index, entries[-1].index
    file_index = _find_file_index(file, [*(context or ()), *entries])
    if context is None:
        after_index = file_index if file_index is not None and file_index < first else 0
        context = find_context(entries, after_index, limit, ancestor=file.changeset_id if file else "")
        file_index = _find_file_index(file, [*context, *entries])
    is_newer = file_index is None or file_index >= first
    after_index = 0 if is_newer or file_index is None else file_index
    planned = [entry for entry in [*context, *entries] if after_index < entry.index <= last]
    return _Plan(sorted(planned, key=attrgetter("index")), is_newer)


def _read_instances(
    reader: "_InstanceReader",
    entries: Sequence[ChangesetEntry],
    selected: set[str],
    limits: ReadLimits,
    on_file: Callable[[ChangesetEntry], None] | None,
) -> pd.DataFrame:
    """Read files to instances; only the rows of the selected ids are in the frame."""

    def read(entry: ChangesetEntry, stream: ChangesetStream) -> None:
        reader.read(entry, stream, write_rows=entry.id in selected)

    def report_progress(entry: ChangesetEntry) -> None:
        if on_file is not None and entry.id in selected:
            on_file(entry)

    failed = _read_files(entries, limits, read, report_progress)
    failures = [error for entry, error in failed if entry.id in selected]
    return _return_or_raise(reader.builder.build_frame(), failures)


class _InstanceReader:
    """Reader that joins the rows of one changeset after another to instances.

    Parameters
    ----------
    file
        iModel file to start from.
    detail
        Detail of the frame.
    is_newer
        Whether the file is newer than the first changeset, so that a label in it could be another one.
    """

    def __init__(self, file: IModelFile | None, detail: Detail, *, is_newer: bool) -> None:
        self.builder = create_element_builder() if detail == "elements" else create_property_builder()
        self._schema = Schema(file)
        self._collector = RowCollector(self._schema, keep_values=detail == "properties")
        self._known = KnownInstances(file)
        self._last_id = None if is_newer else "" if file is None else file.changeset_id
        self._writer = (
            ElementWriter(self.builder, self._schema, self._known, self._collector)
            if detail == "elements"
            else PropertyWriter(self.builder, self._schema, self._known)
        )

    def read(self, entry: ChangesetEntry, stream: ChangesetStream, *, write_rows: bool = True) -> None:
        """Read one changeset; the rows of a damaged file are dropped."""
        self._schema.apply_ddl(stream.prefix.ddl)
        try:
            groups, schema_rows = self._collector.collect(stream.iterate_rows())
            _check_id(entry, stream)
        except (UnreadableChangeset, UnicodeDecodeError):
            self._schema.undo_ddl()
            raise
        if entry.parent_id != self._last_id:
            self._known.skip_changesets()
        self._last_id = entry.id
        self._schema.apply_rows(schema_rows)
        self._writer.write(entry.index, groups, write_rows=write_rows)
        self._schema.finish()


def _read_files(
    entries: Sequence[ChangesetEntry],
    limits: ReadLimits,
    read: Callable[[ChangesetEntry, ChangesetStream], None],
    on_file: Callable[[ChangesetEntry], None] | None = None,
) -> list[tuple[ChangesetEntry, UnreadableChangeset]]:
    """Read files one after the other; return the unreadable ones with their errors."""
    failures = []
    with ReadAhead([entry.path for entry in entries], limits.file) as content:
        for entry in entries:
            open_stream = partial(ChangesetStream, entry.path, parent_id=entry.parent_id, max_row_size=limits.row)
            try:
                try:
                    read(entry, open_stream(content.read_next_file()))
                except UnicodeDecodeError:
                    read(entry, open_stream(unpack(entry.path, limits.file), is_text=False))
            except UnreadableChangeset as error:
                failures.append((entry, error))
            if on_file is not None:
                on_file(entry)
    return failures


def _count_rows(entry: ChangesetEntry, stream: ChangesetStream, counts: dict[tuple[int, str, str], list[int]]) -> None:
    found: defaultdict[tuple[str, int, bool], int] = defaultdict(int)
    for change in stream.iterate_rows():
        found[change.name, change.opcode, change.indirect] += 1
    _check_id(entry, stream)
    for (table, opcode, indirect), rows in found.items():
        count = counts.setdefault((entry.index, table, _OPERATIONS[opcode]), [0, 0])
        count[0] += rows
        count[1] += rows * indirect


def _check_id(entry: ChangesetEntry, stream: ChangesetStream) -> None:
    if stream.id not in {None, entry.id}:
        raise stream.build_error(f"its content belongs to the id {stream.id}")


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
    more = f" {len(failures) - 1} more files cannot be read either." if len(failures) > 1 else ""
    error = UnreadableChangeset(f"{first}{more}")
    error.changes = frame
    error.failures = tuple(failures)
    raise error
