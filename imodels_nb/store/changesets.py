"""One iModel's changesets on this machine."""

import hashlib
import shutil
from contextlib import suppress
from pathlib import Path

import platformdirs
import pyarrow as pa
import pyarrow.compute as pc

from imodels_nb.api.changesets import find_chain_break
from imodels_nb.store.owner import insist_on_ours, is_ours
from imodels_nb.store.segments import SCHEMA, VERSION, Segment, segments, sweep, write

_MOST_SEGMENTS = 16  # more are joined into one
_READINGS = 5  # other processes may join segments while we list them
_OWNER_ONLY = 0o700


def default_root() -> Path:
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
        service = root / VERSION / hashlib.sha256(origin.encode()).hexdigest()[:16]
        self.folder = service / imodel_id
        self._root, self._levels = root, [root / VERSION, service, self.folder]

    def read(self) -> pa.Table:
        """Give the changesets from the first on that form one unbroken chain; perhaps none.

        What cannot be read, or what somebody else may have put there, counts as none.
        """
        for _ in range(_READINGS):
            try:
                return self._read() if all(map(is_ours, self._levels)) else SCHEMA.empty_table()
            except FileNotFoundError:  # somebody joined segments between our listing and our reading
                continue
            except OSError:
                break
        return SCHEMA.empty_table()

    def keep(self, news: pa.Table, *, after: int) -> None:
        """Add what was fetched.

        Parameters
        ----------
        news
            Changesets as :meth:`read` gives them.
        after
            The index of the last changeset before them; 0 says that they are the whole, and all else is forgotten.

        Raises
        ------
        OSError
            When it cannot be written, or the folder is not ours alone.
        """
        settled = _settled(news)
        if after == 0:
            shutil.rmtree(self.folder, ignore_errors=True)
        if settled.num_rows == 0:
            return
        self._make_folder()
        write(self.folder, settled, first=after + 1, origin=self._origin)
        sweep(self.folder)
        if len(self._segments()) > _MOST_SEGMENTS:
            self._join()

    def _read(self) -> pa.Table:
        parts, last = [SCHEMA.empty_table()], 0
        for segment in sorted(self._segments()):
            rows = segment.load() if segment.first <= last + 1 and segment.last > last else None
            if rows is not None:
                parts.append(rows.filter(pc.greater(rows.column("index"), last)))
                last = segment.last
        whole = pa.concat_tables(parts)
        gap = find_chain_break(whole, from_first=True)
        if gap is None:
            return whole
        self._forget_from(gap.after)
        return whole.filter(pc.less(whole.column("index"), gap.low if gap.before else 0))

    def _segments(self) -> list[Segment]:
        return list(segments(self.folder))

    def _forget_from(self, index: int) -> None:
        """Remove what does not belong to the chain, if we may; it is fetched again."""
        for segment in self._segments():
            if segment.last >= index:
                with suppress(OSError):
                    segment.path.unlink()

    def _make_folder(self) -> None:
        for level in (self._root, *self._levels):
            level.mkdir(mode=_OWNER_ONLY, parents=True, exist_ok=True)
        for level in self._levels:
            insist_on_ours(level)

    def _join(self) -> None:
        """Write one segment in the place of many; nobody misses one, whenever this ends."""
        before = self._segments()
        whole = self.read()
        if whole.num_rows == 0:
            return
        joined = write(self.folder, whole, first=1, origin=self._origin)
        for segment in before:
            if segment.last <= whole.column("index")[-1].as_py() and segment.path != joined:
                segment.path.unlink(missing_ok=True)


def between(rows: pa.Table, after: int, last: int | None) -> pa.Table:
    """Cut out the changesets after one index, up to and including another."""
    index = rows.column("index")
    wanted = pc.greater(index, after)
    return rows.filter(wanted if last is None else pc.and_(wanted, pc.less_equal(index, last)))


def _settled(rows: pa.Table) -> pa.Table:
    """Leave out the first changeset that waits for its file, and all behind it: the file may never come."""
    first = pc.index(pc.equal(rows.column("state"), "waitingForFile"), value=True).as_py()
    return rows.select(SCHEMA.names).slice(0, None if first < 0 else first)
