"""Changesets kept on this machine, so that the second fetch of a timeline asks only for what is new.

Append-only Parquet segments, one directory an iModel. A segment is written under another name, synced and put in place
in one step, so that nobody ever sees half of one; readers take no lock. Only what cannot change any more is kept:
changesets before the first that still waits for its file, without links. What is kept is worth no more than the answer
of the service: everybody who reads has made one authorised request first.
"""

import hashlib
import os
import re
import secrets
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from imodels_nb.api.chain import first_break
from imodels_nb.api.schemas import CHANGESETS

if TYPE_CHECKING:
    from collections.abc import Iterator

_VERSION = "v1"
_SCHEMA = CHANGESETS.rows
_SEGMENT = re.compile(r"cs-(\d+)-(\d+)\.parquet")
_MOST_SEGMENTS = 16  # more are joined into one
_READINGS = 5  # other processes may join segments while we list them
_ABANDONED = 3600.0  # seconds after which a file that was never put in place counts as left behind
_OWNER_ONLY_FILE, _OWNER_ONLY_FOLDER = 0o600, 0o700


def default_root() -> Path:
    """Give the folder where ``cache=True`` keeps changesets."""
    return platformdirs.user_cache_path("imodels_nb", appauthor=False)


@dataclass(frozen=True)
class Kept:
    """What is kept of one iModel."""

    origin: str
    imodel_id: str
    changesets: int
    last_index: int
    size: int
    folder: Path


class ChangesetStore:
    """What is kept of one iModel.

    Parameters
    ----------
    root
        Where everything is kept.
    origin
        The service it comes from: the same id elsewhere is another iModel.
    imodel_id
        GUID of the iModel.
    """

    def __init__(self, root: Path, origin: str, imodel_id: str) -> None:
        self._origin = origin
        self._levels = [root, root / _VERSION, root / _VERSION / hashlib.sha256(origin.encode()).hexdigest()[:16]]
        self.folder = self._levels[-1] / imodel_id

    def read(self) -> pa.Table:
        """Give the changesets from the first on that form one unbroken chain; perhaps none."""
        for _ in range(_READINGS):
            try:
                return self._read()
            except FileNotFoundError:  # somebody joined segments between our listing and our reading
                continue
        return _SCHEMA.empty_table()

    def keep(self, news: pa.Table, *, after: int) -> None:
        """Add what was fetched.

        Parameters
        ----------
        news
            Changesets as :meth:`read` gives them.
        after
            The index of the last changeset before them; 0 says that they are the whole, and all else is forgotten.
        """
        settled = _settled(news)
        if after == 0:
            self.clear()
        if settled.num_rows == 0:
            return
        self._make_folder()
        self._write(settled, after + 1)
        if len(list(self._segments())) > _MOST_SEGMENTS:
            self._join()

    def clear(self) -> None:
        """Forget this iModel."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _read(self) -> pa.Table:
        parts, last = [_SCHEMA.empty_table()], 0
        for segment in sorted(self._segments()):
            rows = _load(segment.path) if segment.first <= last + 1 and segment.last > last else None
            if rows is not None:
                parts.append(rows.filter(pc.greater(rows.column("index"), last)))
                last = segment.last
        whole = pa.concat_tables(parts)
        gap = first_break(whole, from_the_start=True)
        if gap is None:
            return whole
        self._forget_from(gap.after)
        return whole.filter(pc.less(whole.column("index"), gap.low if gap.before else 0))

    def _segments(self) -> "Iterator[_Segment]":
        for path in self.folder.iterdir() if self.folder.is_dir() else ():
            if match := _SEGMENT.fullmatch(path.name):
                yield _Segment(int(match[1]), -int(match[2]), path)

    def _forget_from(self, index: int) -> None:
        """Remove what does not belong to the chain; it is fetched again."""
        for segment in self._segments():
            if segment.last >= index:
                segment.path.unlink(missing_ok=True)

    def _make_folder(self) -> None:
        for level in (*self._levels, self.folder):
            level.mkdir(mode=_OWNER_ONLY_FOLDER, parents=True, exist_ok=True)

    def _write(self, rows: pa.Table, first: int) -> Path:
        """Write a segment under another name, and put it in place when it is whole."""
        path = self.folder / f"cs-{first}-{rows.column('index')[-1].as_py()}.parquet"
        unfinished = self.folder / f".{os.getpid()}-{secrets.token_hex(4)}.tmp"
        rows = rows.replace_schema_metadata({"version": _VERSION, "origin": self._origin})
        try:
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY_FILE)
            with os.fdopen(descriptor, "wb") as file:
                pq.write_table(rows, file, compression="zstd", compression_level=1)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
        self._sweep()
        return path

    def _join(self) -> None:
        """Write one segment in the place of many; nobody misses one, whenever this ends."""
        before = list(self._segments())
        whole = self.read()
        if whole.num_rows == 0:
            return
        joined = self._write(whole, 1)
        for segment in before:
            if segment.last <= whole.column("index")[-1].as_py() and segment.path != joined:
                segment.path.unlink(missing_ok=True)

    def _sweep(self) -> None:
        """Remove what a process that was killed left behind."""
        for unfinished in self.folder.glob(".*.tmp"):
            try:
                abandoned = time.time() - unfinished.stat().st_mtime > _ABANDONED
            except FileNotFoundError:
                continue
            if abandoned:
                unfinished.unlink(missing_ok=True)


@dataclass(frozen=True, order=True)
class _Segment:
    """One file: what it covers, the longest first among those that begin alike."""

    first: int
    minus_last: int
    path: Path

    @property
    def last(self) -> int:
        return -self.minus_last


def between(rows: pa.Table, after: int, last: int | None) -> pa.Table:
    """Cut out the changesets after one index, up to and including another."""
    index = rows.column("index")
    wanted = pc.greater(index, after)
    return rows.filter(wanted if last is None else pc.and_(wanted, pc.less_equal(index, last)))


def kept(root: Path) -> list[Kept]:
    """Tell what is kept below `root`, of which iModels."""
    folders = sorted((root / _VERSION).glob("*/*"))
    return [found for folder in folders if folder.is_dir() and (found := _kept(folder)) is not None]


def _kept(folder: Path) -> Kept | None:
    files = sorted(folder.glob("cs-*.parquet"))
    if not files:
        return None
    origin = (pq.read_schema(files[0]).metadata or {}).get(b"origin", b"").decode()
    store = ChangesetStore(folder.parents[2], origin, folder.name)
    index = store.read().column("index")
    last = index[-1].as_py() if len(index) else 0
    return Kept(origin, folder.name, len(index), last, sum(file.stat().st_size for file in files), folder)


def _settled(rows: pa.Table) -> pa.Table:
    """Leave out the first changeset that waits for its file, and all behind it: the file may never come."""
    first = pc.index(pc.equal(rows.column("state"), "waitingForFile"), value=True).as_py()
    return rows.select(_SCHEMA.names).slice(0, None if first < 0 else first)


def _load(path: Path) -> pa.Table | None:
    """Read a segment; ``None`` for what is damaged or of another version."""
    try:
        rows = pq.read_table(path, memory_map=False)
    except pa.ArrowInvalid:
        return None
    known = (rows.schema.metadata or {}).get(b"version") == _VERSION.encode() and rows.schema.equals(_SCHEMA)
    return rows.replace_schema_metadata() if known else None
