"""What is kept on this machine, of which iModels."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from imodels_nb.store.changesets import ChangesetStore
from imodels_nb.store.segments import VERSION, segments


@dataclass(frozen=True)
class Kept:
    """What is kept of one iModel."""

    origin: str
    imodel_id: str
    changesets: int
    last_index: int
    size: int
    folder: Path

    def clear(self) -> None:
        """Forget it."""
        shutil.rmtree(self.folder)


def kept(root: Path) -> list[Kept]:
    """Tell what is kept below `root`, of which iModels."""
    folders = sorted((root / VERSION).glob("*/*"))
    return [found for folder in folders if folder.is_dir() and (found := _kept(folder)) is not None]


def _kept(folder: Path) -> Kept | None:
    files = [segment.path for segment in segments(folder)]
    if not files:
        return None
    origin = _origin(files[0])
    index = ChangesetStore(folder.parents[2], origin, folder.name).read().column("index")
    last = index[-1].as_py() if len(index) else 0
    return Kept(origin, folder.name, len(index), last, sum(file.stat().st_size for file in files), folder)


def _origin(file: Path) -> str:
    try:
        metadata = pq.read_schema(file).metadata or {}
    except (pa.ArrowException, OSError):
        return "unknown"
    return str(metadata.get(b"origin", b"unknown").decode())
