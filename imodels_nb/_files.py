"""Atomic file writes and checks of output paths."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Build a temporary file that replaces `path` in one step when the block ends without an error.

    Parameters
    ----------
    path
        Final path of the file. Its folder must exist.
    """
    unfinished = path.with_name(f".{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        yield unfinished
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def is_private(status: os.stat_result, forbidden_mode: int) -> bool:
    """Return whether a file belongs to this user and gives others none of the rights of a mode.

    On Windows, which has no such modes, the answer is always True.
    """
    return os.name != "posix" or (status.st_uid == os.geteuid() and not status.st_mode & forbidden_mode)


def validate_output_path(path: str | os.PathLike[str], *suffixes: str) -> Path:
    """Check an output path before any work is done for it.

    Raises
    ------
    TypeError
        If it is not a path, such as a frame in its place.
    ValueError
        If its suffix is not in `suffixes`, or it contains a null character.
    FileNotFoundError, IsADirectoryError
        If its folder does not exist, or if the path is itself a folder.
    """
    if not isinstance(path, str) and not (isinstance(path, os.PathLike) and isinstance(path.__fspath__(), str)):
        raise TypeError(
            f"path must be the path of a file, such as 'name{suffixes[0]}', not {type(path).__name__};"
            " check the order of the arguments."
        )
    if "\0" in os.fspath(path):
        raise ValueError(f"The path {os.fspath(path)!r} contains a null character; give another name.")
    file = Path(path)
    if file.is_dir():
        raise IsADirectoryError(f"{file} is a folder; name a file in it, such as {file / f'name{suffixes[0]}'}.")
    if file.suffix.lower() not in suffixes:
        raise ValueError(f"{file.name} should end with {' or '.join(suffixes)}.")
    if not file.parent.is_dir():
        raise FileNotFoundError(f"There is no folder {file.parent}; create it first.")
    return file
