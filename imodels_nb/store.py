"""Changesets stored on this machine.

A stored timeline is a folder of Parquet segments that are added and never changed. A segment is put in place in one
step, so readers need no lock. Only what cannot change any more is stored: changesets before the first one that waits
for its file, without links. A stored timeline is returned only after the service has accepted a request for it.
"""

import errno
import hashlib
import re
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import platformdirs
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from imodels_nb._files import atomic_write, is_private
from imodels_nb.api.integrity import find_chain_break
from imodels_nb.api.schemas import CHANGESETS
from imodels_nb.frames import WAITING

SCHEMA = CHANGESETS.row_schema

_VERSION = "v1"
_FILES = "files-v1"
_ORIGIN_NAME = "origin"
_SEGMENT_NAME = re.compile(r"cs-(\d+)-(\d+)\.parquet")
_MAX_SEGMENTS = 16  # more are joined into one
_MAX_READS = 5  # other processes may join segments between listing and reading
_STALE_AFTER = 3600.0  # seconds; an older temporary file belongs to a process that was killed
_OWNER_ONLY = 0o700
_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def find_default_root() -> Path:
    """Return the folder where ``cache=True`` stores changesets.

    Raises
    ------
    ValueError
        If the user has no home directory.
    """
    try:
        root = platformdirs.user_cache_path("imodels_nb", appauthor=False)
    except RuntimeError:  # older versions return a relative path
        root = Path()
    if not root.is_absolute():
        raise ValueError(
            "This user has no home directory to store changesets in. "
            "Name a folder, as cache='folder' or --path, or set XDG_CACHE_HOME."
        )
    return root


class ChangesetStore:
    """The stored timeline of one iModel.

    Parameters
    ----------
    root
        Folder of all stored timelines.
    origin
        URL of the service: the same id elsewhere is another iModel.
    imodel_id
        GUID of the iModel.

    Attributes
    ----------
    folder
        Folder of this timeline.
    """

    def __init__(self, root: Path, origin: str, imodel_id: str) -> None:
        self._origin = origin
        self._root = root
        service = root / _VERSION / _hash_origin(origin)
        self.folder = service / imodel_id
        self._levels = [root / _VERSION, service, self.folder]

    def read(self) -> pa.Table:
        """Read the changesets from the first one on that form one unbroken chain.

        The table is empty if nothing is stored, if it cannot be read, or if other users could have written it.
        """
        for _ in range(_MAX_READS):
            try:
                return self._read() if all(map(_is_ours, self._levels)) else SCHEMA.empty_table()
            except FileNotFoundError:  # another process joined segments between listing and reading
                continue
            except OSError:
                break
        return SCHEMA.empty_table()

    def append(self, rows: pa.Table, *, after: int) -> None:
        """Store new changesets.

        Parameters
        ----------
        rows
            Changesets, as :meth:`read` returns them.
        after
            Index of the last changeset before them. With 0 they replace what is stored.

        Raises
        ------
        OSError
            If they cannot be written, or other users can write in the folder.
        """
        final = _select_final(rows)
        if after == 0:
            shutil.rmtree(self.folder, ignore_errors=True)
        if final.num_rows == 0:
            return
        _create_levels(self._root, self._levels)
        self._write_segment(final, first=after + 1)
        self._remove_stale_files()
        if len(list_segments(self.folder)) > _MAX_SEGMENTS:
            self._join_segments()

    def _read(self) -> pa.Table:
        parts = [SCHEMA.empty_table()]
        last = 0
        for segment in list_segments(self.folder):
            rows = segment.load() if segment.first <= last + 1 and segment.last > last else None
            if rows is not None:
                parts.append(rows.filter(pc.greater(rows.column("index"), last)))
                last = segment.last
        timeline = pa.concat_tables(parts)
        chain_break = find_chain_break(timeline, from_first=True)
        if chain_break is None:
            return timeline
        self._remove_segments_from(chain_break.next_index)
        return timeline.filter(pc.less(timeline.column("index"), chain_break.low if chain_break.previous_index else 0))

    def _remove_segments_from(self, index: int) -> None:
        """Remove segments outside the chain if possible; they are fetched again."""
        for segment in list_segments(self.folder):
            if segment.last >= index:
                with suppress(OSError):
                    segment.path.unlink()

    def _write_segment(self, rows: pa.Table, *, first: int) -> Path:
        """Write a segment from index `first` to its last row, and return its path."""
        path = self.folder / f"cs-{first}-{rows.column('index')[-1].as_py()}.parquet"
        rows = rows.replace_schema_metadata({"version": _VERSION, "origin": self._origin})
        with atomic_write(path, private=True) as unfinished:
            pq.write_table(rows, unfinished, compression="zstd", compression_level=1, write_page_checksum=True)
        return path

    def _remove_stale_files(self) -> None:
        for unfinished in self.folder.glob(".*.tmp"):
            with suppress(FileNotFoundError):
                if time.time() - unfinished.stat().st_mtime > _STALE_AFTER:
                    unfinished.unlink()

    def _join_segments(self) -> None:
        """Write one segment in place of many; a reader finds all rows at any time."""
        before = list_segments(self.folder)
        timeline = self.read()
        if timeline.num_rows == 0:
            return
        joined = self._write_segment(timeline, first=1)
        for segment in before:
            if segment.last <= timeline.column("index")[-1].as_py() and segment.path != joined:
                segment.path.unlink(missing_ok=True)


def create_file_folder(root: Path, origin: str, imodel_id: str) -> Path:
    """Return the private folder for the changeset files of one iModel; create it.

    Parameters
    ----------
    root
        Folder of all stored timelines and files.
    origin
        URL of the service.
    imodel_id
        GUID of the iModel.

    Raises
    ------
    OSError
        If it cannot be created, or other users can write in it.
    """
    service = root / _FILES / _hash_origin(origin)
    folder = service / imodel_id.lower()
    _create_levels(root, [root / _FILES, service, folder])
    (folder / _ORIGIN_NAME).write_text(origin, "utf-8")
    return folder


@dataclass(frozen=True)
class StoredTimeline:
    """The size and the origin of one iModel's stored timeline and files."""

    origin: str
    imodel_id: str
    changesets: int
    last_index: int
    size: int
    folder: Path
    files: int = 0
    files_size: int = 0
    files_folder: Path | None = None

    def clear(self) -> None:
        """Delete the stored timeline and files."""
        shutil.rmtree(self.folder, ignore_errors=not self.changesets)
        if self.files_folder is not None:
            shutil.rmtree(self.files_folder)


def list_stored(root: Path) -> list[StoredTimeline]:
    """Return the stored timelines and files, one entry for each iModel."""
    folders = [folder.relative_to(level) for level in (root / _VERSION, root / _FILES) for folder in level.glob("*/*")]
    entries = (_read_entry(root, folder) for folder in sorted(set(folders)))
    return [entry for entry in entries if entry.changesets or entry.files or entry.size]


def _read_entry(root: Path, relative: Path) -> StoredTimeline:
    folder = root / _VERSION / relative
    files_folder = root / _FILES / relative
    segments = [segment.path for segment in list_segments(folder)]
    files = [file for file in files_folder.glob("*.*") if file.is_file()]
    origin = _read_origin(segments[0]) if segments else _read_origin_file(files_folder)
    index = ChangesetStore(root, origin, folder.name).read().column("index")
    return StoredTimeline(
        origin,
        folder.name,
        changesets=len(index),
        last_index=index[-1].as_py() if len(index) else 0,
        size=sum(file.stat().st_size for file in segments),
        folder=folder,
        files=len(files),
        files_size=sum(file.stat().st_size for file in files),
        files_folder=files_folder if files_folder.is_dir() else None,
    )


def _read_origin(file: Path) -> str:
    try:
        metadata = pq.read_schema(file).metadata or {}
    except (pa.ArrowException, OSError):
        return "unknown"
    return str(metadata.get(b"origin", b"unknown").decode())


def _read_origin_file(folder: Path) -> str:
    try:
        return (folder / _ORIGIN_NAME).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return "unknown"


@dataclass(frozen=True)
class Segment:
    """A Parquet file that covers all changesets from `first` to `last`."""

    path: Path
    first: int
    last: int

    def load(self) -> pa.Table | None:
        """Load the rows; ``None`` if the file is unreadable or of another version.

        Raises
        ------
        FileNotFoundError
            If another process has removed it.
        """
        try:
            with pq.ParquetFile(self.path, page_checksum_verification=True) as file:
                rows = file.read()
        except FileNotFoundError:
            raise
        except (pa.ArrowException, OSError):
            return None
        is_known = (rows.schema.metadata or {}).get(b"version") == _VERSION.encode() and rows.schema.equals(SCHEMA)
        return rows.replace_schema_metadata() if is_known else None


def list_segments(folder: Path) -> list[Segment]:
    """Return the segments in a folder by first index, the longest one first."""
    return sorted(_iterate_segments(folder), key=lambda segment: (segment.first, -segment.last))


def _iterate_segments(folder: Path) -> Iterator[Segment]:
    for path in folder.iterdir() if folder.is_dir() else ():
        if match := _SEGMENT_NAME.fullmatch(path.name):
            yield Segment(path, int(match[1]), int(match[2]))


def _select_final(rows: pa.Table) -> pa.Table:
    """Select the changesets before the first one that waits for its file."""
    # The file may never be uploaded. Then the service deletes the changeset.
    first = pc.index(pc.equal(rows.column("state"), WAITING), value=True).as_py()
    return rows.select(SCHEMA.names).slice(0, None if first < 0 else first)


def _hash_origin(origin: str) -> str:
    return hashlib.sha256(origin.encode()).hexdigest()[:16]


def _create_levels(root: Path, levels: list[Path]) -> None:
    for level in (root, *levels):
        level.mkdir(mode=_OWNER_ONLY, parents=True, exist_ok=True)
    for level in levels:
        if not _is_ours(level):
            raise PermissionError(errno.EPERM, "others can write there", str(level))


def _is_ours(folder: Path) -> bool:
    """Return whether only this user can write in a folder, if it exists."""
    try:
        return is_private(folder.stat(), _WRITABLE_BY_OTHERS)
    except FileNotFoundError:
        return True
