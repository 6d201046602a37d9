"""Files that are whole or not there."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a file to write to that takes the place of `path` in one step, and goes away if the writing fails.

    Parameters
    ----------
    path
        Where the file is to stand; its folder has to exist.
    """
    unfinished = path.with_name(f".{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        yield unfinished
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def checked_path(path: str | os.PathLike[str], *suffixes: str) -> Path:
    """Refuse a path that cannot become a file of a kind, before any work is done for it.

    Raises
    ------
    ValueError
        If its suffix is none of those.
    FileNotFoundError, IsADirectoryError
        If its folder is missing, or it is a folder itself.
    """
    file = Path(path)
    if file.is_dir():
        raise IsADirectoryError(f"{file} is a folder; name a file in it, such as {file / f'name{suffixes[0]}'}.")
    if file.suffix.lower() not in suffixes:
        raise ValueError(f"{file.name} should end with {' or '.join(suffixes)}.")
    if not file.parent.is_dir():
        raise FileNotFoundError(f"There is no folder {file.parent}; make it first.")
    return file
