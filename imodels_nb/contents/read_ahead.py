"""Unpacking of changeset files in a second thread, ahead of the reader."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from queue import Full, Queue
from threading import Event, Thread
from typing import Self

from imodels_nb.contents.changeset_file import unpack

_MAX_WAITING = 16  # pieces of 1 MiB
_POLL_INTERVAL = 0.1  # seconds

_Item = bytes | Exception | None


class ReadAhead:
    """Content of several files, one after the other; a context manager.

    LZMA and SHA-1 release Python's global lock, so that unpacking and reading use two cores.

    Parameters
    ----------
    paths
        Changeset files, in the order in which they are read.
    limit
        Most bytes that one file may unpack to.
    """

    def __init__(self, paths: Sequence[Path], limit: int) -> None:
        self._paths = paths
        self._limit = limit
        self._queue: Queue[_Item] = Queue(_MAX_WAITING)
        self._stop = Event()
        self._is_inside_file = False
        self._thread = Thread(target=self._unpack_all, name="unpack changesets", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def read_next_file(self) -> Iterator[bytes]:
        """Return the pieces of the next file; the rest of the file before is skipped."""
        while self._is_inside_file:
            self._is_inside_file = isinstance(self._queue.get(), bytes)
        self._is_inside_file = True
        return self._read_pieces()

    def _read_pieces(self) -> Iterator[bytes]:
        while isinstance(item := self._queue.get(), bytes):
            yield item
        self._is_inside_file = False
        if item is not None:
            raise item

    def _unpack_all(self) -> None:
        for path in self._paths:
            try:
                for piece in unpack(path, self._limit):
                    self._put(piece)
                    if self._stop.is_set():
                        return
                self._put(None)
            except Exception as error:  # noqa: BLE001  # the reader raises it; it would wait for ever otherwise
                self._put(error)

    def _put(self, item: _Item) -> None:
        while not self._stop.is_set():
            try:
                self._queue.put(item, timeout=_POLL_INTERVAL)
            except Full:
                continue
            return
