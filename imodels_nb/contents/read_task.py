"""Reading of changeset files, one after the other, in one process."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple

import apsw

from imodels_nb.contents.change_rows import ElementWriter, PropertyWriter
from imodels_nb.contents.changeset_file import ChangesetStream, ReadLimits, unpack
from imodels_nb.contents.file_list import ChangesetEntry
from imodels_nb.contents.frame_builders import (
    FrameBuilder,
    TableBuilder,
    create_element_builder,
    create_property_builder,
)
from imodels_nb.contents.imodel_file import IModelFile
from imodels_nb.contents.instances import KnownInstances, RowCollector
from imodels_nb.contents.read_ahead import ReadAhead
from imodels_nb.contents.schema import Schema
from imodels_nb.errors import UnreadableChangeset

Detail = Literal["elements", "properties", "tables"]

_OPERATIONS = {apsw.SQLITE_INSERT: "inserted", apsw.SQLITE_UPDATE: "updated", apsw.SQLITE_DELETE: "deleted"}


class ReadTask(NamedTuple):
    """Changeset files that one process reads.

    Attributes
    ----------
    entries
        All changesets to read, ascending: the selected ones, and earlier ones that only give names.
    selected
        Ids of the changesets whose rows are in the frame.
    start_file
        iModel file to start from, or ``None``.
    detail
        Detail of the frame.
    limits
        Most bytes of a file and of a row.
    is_newer
        Whether the iModel file is newer than the first selected changeset, so that a label in it may be a later one.
    """

    entries: Sequence[ChangesetEntry]
    selected: frozenset[str]
    start_file: Path | None
    detail: Detail
    limits: ReadLimits
    is_newer: bool = False

    @property
    def selected_entries(self) -> list[ChangesetEntry]:
        """Changesets whose rows are in the frame, ascending."""
        return [entry for entry in self.entries if entry.id in self.selected]


class ReadResult(NamedTuple):
    """Changes in the readable files of a task, and one error for each other file."""

    builder: FrameBuilder | TableBuilder
    failures: list[UnreadableChangeset]


def read_task(task: ReadTask, on_file: Callable[[ChangesetEntry], None] | None = None) -> ReadResult:
    """Read the files of a task in their order; call `on_file` after each selected one."""
    with ExitStack() as stack:
        file = None if task.start_file is None else stack.enter_context(IModelFile(task.start_file))
        reader = (
            _TableReader() if task.detail == "tables" else _InstanceReader(file, task.detail, is_newer=task.is_newer)
        )
        content = stack.enter_context(ReadAhead([entry.path for entry in task.entries], task.limits.file))
        failures = []
        for entry in task.entries:
            is_selected = entry.id in task.selected
            try:
                _read_file(entry, content.read_next_file(), task.limits, partial(reader.read, write_rows=is_selected))
            except UnreadableChangeset as error:
                if is_selected:
                    failures.append(error)
            if on_file is not None and is_selected:
                on_file(entry)
        return ReadResult(reader.builder, failures)


def _read_file(
    entry: ChangesetEntry,
    pieces: Iterator[bytes],
    limits: ReadLimits,
    read: Callable[[ChangesetEntry, ChangesetStream], None],
) -> None:
    """Read one file, again with the slower decoder if it has text that is not UTF-8."""
    open_stream = partial(ChangesetStream, entry.path, parent_id=entry.parent_id, max_row_size=limits.row)
    try:
        read(entry, open_stream(pieces))
    except UnicodeDecodeError:
        read(entry, open_stream(unpack(entry.path, limits.file), is_text=False))


class _TableReader:
    """Reader that counts the changed rows of each database table."""

    def __init__(self) -> None:
        self.builder = TableBuilder()

    def read(self, entry: ChangesetEntry, stream: ChangesetStream, *, write_rows: bool) -> None:
        """Read one changeset; the rows of a damaged file are dropped."""
        rows = Counter((change.name, change.opcode, change.indirect) for change in stream.iterate_rows())
        _check_id(entry, stream)
        if write_rows:
            for (table, opcode, indirect), count in rows.items():
                self.builder.add(entry.index, table, _OPERATIONS[opcode], count, indirect=indirect)


class _InstanceReader:
    """Reader that joins the rows of one changeset after another to instances.

    Parameters
    ----------
    file
        iModel file to start from.
    detail
        ``"elements"`` or ``"properties"``.
    is_newer
        As in :class:`ReadTask`.
    """

    def __init__(self, file: IModelFile | None, detail: Detail, *, is_newer: bool) -> None:
        self.builder = create_element_builder() if detail == "elements" else create_property_builder()
        self._schema = Schema(file)
        self._collector = RowCollector(self._schema, keep_values=detail == "properties")
        self._known = KnownInstances(file)
        # None: labels of a newer file are not used, as if files were missing before the first one.
        self._previous_id: str | None = None
        if not is_newer:
            self._previous_id = "" if file is None else file.changeset_id
        self._writer = (
            ElementWriter(self.builder, self._schema, self._known, self._collector)
            if detail == "elements"
            else PropertyWriter(self.builder, self._schema, self._known)
        )

    def read(self, entry: ChangesetEntry, stream: ChangesetStream, *, write_rows: bool) -> None:
        """Read one changeset; the rows of a damaged file are dropped."""
        self._schema.apply_ddl(stream.prefix.ddl)
        try:
            all_instances, schema_rows = self._collector.collect(stream.iterate_rows())
            _check_id(entry, stream)
        except (UnreadableChangeset, UnicodeDecodeError):
            self._schema.undo_ddl()
            raise
        if entry.parent_id != self._previous_id:
            self._known.skip_changesets()
        self._previous_id = entry.id
        self._schema.apply_rows(schema_rows)
        self._writer.write(entry.index, all_instances, write_rows=write_rows)
        self._schema.finish()


def _check_id(entry: ChangesetEntry, stream: ChangesetStream) -> None:
    if stream.id not in {None, entry.id}:
        raise stream.build_error(f"its content belongs to the id {stream.id}")
