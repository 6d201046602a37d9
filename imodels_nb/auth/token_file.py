"""A plain file for tokens that only its owner can read, and that is whole at any time."""

import os
import stat
import tempfile
from pathlib import Path

from msal_extensions.persistence import FilePersistence, PersistenceNotFound

from imodels_nb.errors import TokenCacheError

_NO_LINKS: int = getattr(os, "O_NOFOLLOW", 0)  # Windows has no such flag, nor such modes
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class AtomicFilePersistence(FilePersistence):  # type: ignore[misc]  # msal_extensions ships no types
    """MSAL's plain file, made safe: mode 0600 under any umask, replaced as a whole, no links, nobody else's.

    Parameters
    ----------
    location
        In a folder that is private already.
    """

    def __init__(self, location: Path) -> None:
        super().__init__(str(location))
        self._path = location

    def save(self, content: str) -> None:
        """Replace the file; whoever reads it meanwhile sees the old one or the new one."""
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=self._path.name)  # mode 0600, as documented
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self._path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def load(self) -> str:
        """Return what the file holds.

        Raises
        ------
        TokenCacheError
            When it is a link, somebody else's, or open to others.
        PersistenceNotFound
            When there is none.
        """
        try:
            handle = os.open(self._path, os.O_RDONLY | _NO_LINKS)
        except FileNotFoundError:
            raise PersistenceNotFound(location=str(self._path)) from None
        except OSError:
            raise _unsafe("file") from None
        with os.fdopen(handle, encoding="utf-8") as file:
            if not _private(os.fstat(file.fileno()), stat.S_ISREG):
                raise _unsafe("file")
            return file.read()

    def remove(self) -> None:
        """Take the file away."""
        self._path.unlink(missing_ok=True)


def private_folder(folder: Path) -> Path:
    """Return the folder, made for this user alone if need be.

    Raises
    ------
    TokenCacheError
        When it is a link, somebody else's, or open to others.
    """
    for missing in reversed([place for place in (folder, *folder.parents) if not place.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)
    if not _private(folder.lstat(), stat.S_ISDIR):
        raise _unsafe("folder")
    return folder


def open_privately(path: str, flags: int) -> int:
    """Open a file for this user alone, as an opener of :func:`open`."""
    return os.open(path, flags | _NO_LINKS, 0o600)


def _private(status: os.stat_result, kind: object) -> bool:
    right_kind = callable(kind) and kind(status.st_mode)
    if os.name != "posix":
        return bool(right_kind)
    return bool(right_kind) and status.st_uid == os.geteuid() and not status.st_mode & _OTHERS


def _unsafe(what: str) -> TokenCacheError:
    return TokenCacheError(
        f"The {what} for tokens is a link, belongs to somebody else, or is open to others. Look at who put it there; "
        "then remove it, or take the rights of others away (chmod go= on it), and sign in again."
    )
