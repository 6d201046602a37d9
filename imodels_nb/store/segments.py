"""Segments: Parquet files that hold a part of a timeline each, put in place whole and never changed."""

import os
import re
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from imodels_nb.api.schemas import CHANGESETS

VERSION = "v1"
SCHEMA = CHANGESETS.row_schema

_NAME = re.compile(r"cs-(\d+)-(\d+)\.parquet")
_ABANDONED = 3600.0  # seconds after which a file that was never put in place counts as left behind
_OWNER_ONLY = 0o600


@dataclass(frozen=True, order=True)
class Segment:
    """One file: what it covers, the longest first among those that begin alike."""

    first: int
    minus_last: int
    path: Path

    @property
    def last(self) -> int:
        """The last index that it covers."""
        return -self.minus_last

    def load(self) -> pa.Table | None:
        """Read its rows; ``None`` for what is damaged, out of reach or of another version.

        Raises
        ------
        FileNotFoundError
            When somebody has removed it.
        """
        try:
            with pq.ParquetFile(self.path, page_checksum_verification=True) as file:
                rows = file.read()
        except FileNotFoundError:
            raise
        except (pa.ArrowException, OSError):
            return None
        known = (rows.schema.metadata or {}).get(b"version") == VERSION.encode() and rows.schema.equals(SCHEMA)
        return rows.replace_schema_metadata() if known else None


def segments(folder: Path) -> Iterator[Segment]:
    """Give the segments in a folder, in any order."""
    for path in folder.iterdir() if folder.is_dir() else ():
        if match := _NAME.fullmatch(path.name):
            yield Segment(int(match[1]), -int(match[2]), path)


def write(folder: Path, rows: pa.Table, *, first: int, origin: str) -> Path:
    """Write a segment under another name, and put it in place when it is whole.

    Parameters
    ----------
    folder
        Where to.
    rows
        What it holds.
    first
        The index from which on it covers everything up to its last row.
    origin
        The service that the rows come from.
    """
    path = folder / f"cs-{first}-{rows.column('index')[-1].as_py()}.parquet"
    unfinished = folder / f".{os.getpid()}-{secrets.token_hex(4)}.tmp"
    rows = rows.replace_schema_metadata({"version": VERSION, "origin": origin})
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
        with os.fdopen(descriptor, "wb") as file:
            pq.write_table(rows, file, compression="zstd", compression_level=1, write_page_checksum=True)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def sweep(folder: Path) -> None:
    """Remove what a process that was killed left behind."""
    for unfinished in folder.glob(".*.tmp"):
        try:
            abandoned = time.time() - unfinished.stat().st_mtime > _ABANDONED
        except FileNotFoundError:
            continue
        if abandoned:
            unfinished.unlink(missing_ok=True)
