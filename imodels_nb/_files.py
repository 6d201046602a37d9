"""Atomic file writes, checks of paths, and text files of any Unicode encoding."""

import codecs
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MAX_PATH_LENGTH = 200  # characters in a message

_BYTE_ORDER_MARKS = {  # the longer marks first: that of UTF-32 begins with that of UTF-16
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
    codecs.BOM_UTF8: "utf-8-sig",
}


@contextmanager
def atomic_write(path: Path, *, private: bool = False) -> Iterator[Path]:
    """Yield a new file that replaces `path` when the block ends without an error.

    The file is on the disk before it replaces the other, so that not even a power failure leaves half of one.

    Parameters
    ----------
    path
        Final path of the file. Its folder must exist.
    private
        Whether other users may not even read the file.
    """
    unfinished = path.with_name(f".{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        os.close(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666))
        yield unfinished
        with unfinished.open("r+b") as file:
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def is_private(status: os.stat_result, forbidden_mode: int) -> bool:
    """Return whether a file is this user's, and others lack the rights of a mode.

    On Windows, which has no such modes, the result is always True.
    """
    return os.name != "posix" or (status.st_uid == os.geteuid() and not status.st_mode & forbidden_mode)


def decode_text(content: bytes) -> str:
    r"""Decode text of UTF-8, UTF-16 or UTF-32, with or without a byte order mark.

    Raises
    ------
    UnicodeDecodeError
        If it is not text.

    Examples
    --------
    >>> decode_text("abc".encode("utf-16")), decode_text("abc".encode("utf-16-le")), decode_text(b"\xef\xbb\xbfabc")
    ('abc', 'abc', 'abc')
    """
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if content.startswith(mark):
            return content.decode(encoding)
    if b"\0" in content[:2]:  # a token or an id is ASCII, of which UTF-16 makes a null byte and a letter
        return content.decode("utf-16-be" if content.startswith(b"\0") else "utf-16-le")
    return content.decode("utf-8")


def expand_path(path: str | os.PathLike[str]) -> Path:
    """Return a path with its ``~`` replaced by the home directory.

    Raises
    ------
    ValueError
        If it is empty or not a path, contains a null character, or there is no such home directory.
    """
    if not isinstance(path, str | os.PathLike) or not isinstance(os.fspath(path), str) or not os.fspath(path):
        raise ValueError("it is not a path")
    if "\0" in os.fspath(path):
        raise ValueError("it contains a null character")
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise ValueError("there is no such home directory") from None


def validate_folder(name: str, folder: str | os.PathLike[str], hint: str) -> Path:
    """Check that an argument is a folder that can be read, and return its path.

    Parameters
    ----------
    name, folder
        Name and value of the argument.
    hint
        What to pass, for the message.

    Raises
    ------
    ValueError
        If it is not such a folder.
    """
    try:
        path = expand_path(folder)
        next(path.iterdir(), None)
    except (NotADirectoryError, FileNotFoundError):
        raise ValueError(f"{name} should be a folder: {_format_path(folder)} is not a folder. {hint}") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ValueError(
            f"{name} should be a folder: {_format_path(folder)} cannot be read: {reason}. {hint}"
        ) from None
    return path


def validate_file(name: str, file: str | os.PathLike[str], hint: str) -> Path:
    """Check that an argument is an existing file, and return its absolute path.

    Parameters
    ----------
    name, file
        Name and value of the argument.
    hint
        What to pass, for the message.

    Raises
    ------
    ValueError
        If it is not such a file.
    """
    try:
        path = expand_path(file).resolve()
        reason = "" if path.is_file() else "it is a folder" if path.is_dir() else "there is no such file"
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
    if reason:
        raise ValueError(f"{name} should be a file: {_format_path(file)} cannot be read: {reason}. {hint}")
    return path


def create_folder(name: str, folder: str | os.PathLike[str]) -> Path:
    """Build the folder that an argument names, and return its path.

    Raises
    ------
    ValueError
        If it cannot be created.
    """
    try:
        path = expand_path(folder)
        path.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ValueError(
            f"{name} should be a folder to write in. {_format_path(folder)} cannot be created: {reason}."
        ) from None
    return path


def _format_path(path: object) -> str:
    """Format an argument for a message: a path, or the type of anything else."""
    is_path = isinstance(path, str | os.PathLike) and isinstance(os.fspath(path), str)
    text = repr(os.fspath(path)) if isinstance(path, str | os.PathLike) and is_path else type(path).__name__
    return text if len(text) <= _MAX_PATH_LENGTH else f"{text[:_MAX_PATH_LENGTH]}…"


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
            f"path should be the path of a file, such as 'name{suffixes[0]}', not {type(path).__name__};"
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
