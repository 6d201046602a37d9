"""Unfinished files of downloads, and the check of their first bytes.

The bytes of an unfinished file are in a *part*, a file in the same folder. The name of the part contains the ETag of
the whole file. A part is continued only if the storage still has the file with the same ETag. Each try first renames
the part to a name that is used only once, so that two downloads never write to the same part.
"""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import shake_256
from pathlib import Path

_HEAD = b"\x16\x00ChangeSetLzma\x00"  # first bytes of a changeset file: header size and format name
HEAD_SIZE = len(_HEAD)
"""Bytes that show whether a file is a changeset file."""

_MAX_ETAG_LENGTH = 100  # characters; a longer one does not fit into a file name


@dataclass(frozen=True)
class DownloadLink:
    """A signed link, whose signature no traceback shows."""

    href: str = field(repr=False)


@dataclass(frozen=True)
class RemoteFile:
    """A file on the storage, with its final path and its size in bytes.

    `head` has the first 16 bytes that the file should have; without it, the file should be a changeset file.
    """

    link: DownloadLink
    path: Path
    size: int
    head: bytes | None = None

    def is_begun_by(self, head: bytes) -> bool:
        """Return whether the file can begin with these bytes."""
        return is_changeset_file(head, self.path.name) if self.head is None else head[: len(self.head)] == self.head


class PartFiles:
    """The parts in a folder; it is searched once.

    Parameters
    ----------
    folder
        Folder of the files.
    """

    def __init__(self, folder: Path) -> None:
        self._parts: dict[str, list[Path]] = {}
        for part in folder.glob("*.?*.part"):
            self._parts.setdefault(part.name.split(".")[0], []).append(part)

    def claim(self, file: RemoteFile) -> tuple[Path | None, str]:
        """Find the newest part that can be continued; rename it, and remove the others."""
        claimed: Path | None = None
        etag = ""
        for found in reversed(self._parts.pop(file.path.stem, [])):
            with suppress(FileNotFoundError):  # another download has claimed it
                if claimed is None and (etag := _parse_etag(found)) and _is_part_of(file, found):
                    claimed = found.rename(self.create(file.path, etag))
                else:
                    found.unlink()
        return claimed, etag if claimed else ""

    def create(self, path: Path, etag: str) -> Path:
        """Return a new path for a part of the file with this ETag."""
        # Only a strong ETag proves later which file a part belongs to.
        is_strong = etag.startswith('"') and len(etag) <= _MAX_ETAG_LENGTH and etag.isascii()
        encoded = urlsafe_b64encode(etag.encode()).decode() if is_strong else "-"
        part = path.with_suffix(f".{encoded}.{secrets.token_hex(4)}.part")
        self._parts.setdefault(path.stem, []).append(part)
        return part

    def finish(self, part: Path, file: RemoteFile) -> None:
        """Save a whole part as its file, and remove the other parts."""
        part.replace(file.path)
        self.remove(file)

    def remove(self, file: RemoteFile) -> None:
        """Remove the parts of a file that is there."""
        for leftover in self._parts.pop(file.path.stem, []):
            leftover.unlink(missing_ok=True)


def is_changeset_file(head: bytes, name: str) -> bool:
    """Return whether a file begins as a changeset file does.

    The sample hub makes up files without such a head. Their bytes are computed from their names, so they can be
    recognized.

    Parameters
    ----------
    head
        First bytes of the file, at least 16 where it has as many.
    name
        Name of the file, ``<id>.cs``.
    """
    head = head[:HEAD_SIZE]
    return head in (_HEAD, shake_256(name.encode()).digest(len(head))) and len(head) > 0


def read_head(path: Path) -> bytes:
    """Read as much of a file as :func:`is_changeset_file` needs."""
    with path.open("rb") as file:
        return file.read(HEAD_SIZE)


def _is_part_of(file: RemoteFile, part: Path) -> bool:
    return 0 < part.stat().st_size <= file.size and file.is_begun_by(read_head(part))


def _parse_etag(part: Path) -> str:
    """Parse the ETag in the name of a part; empty if it is missing."""
    try:
        return urlsafe_b64decode(part.name.split(".")[1]).decode("ascii")
    except ValueError:
        return ""
