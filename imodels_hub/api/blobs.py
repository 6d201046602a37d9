"""Files behind signed links, each with the length that its record has."""

import re
from dataclasses import dataclass
from hashlib import blake2b, shake_256

from imodels_hub.api.links import BASELINE_FILE, format_changeset_file, format_checkpoint_file
from imodels_hub.api.requests import ServerState
from imodels_hub.database.changeset_files import replay
from imodels_hub.database.imodel_database import IModelDatabase
from imodels_hub.records import Checkpoint

_CHANGESET = re.compile(r"([0-9a-f]{40})\.cs")
_CHECKPOINT = re.compile(r"checkpoint-(\d{1,18})\.bim")
_PATTERN_SIZE = 65_536  # bytes, after which a generated file repeats itself


@dataclass(frozen=True)
class Blob:
    """A stored file.

    Parameters
    ----------
    size
        Number of bytes.
    content
        The bytes; a shorter content is repeated.
    """

    size: int
    content: bytes

    @property
    def etag(self) -> str:
        """Strong entity tag of the file, quotes included, in the vendor's form."""
        digest = blake2b(self.content, digest_size=8, person=f"{self.size:x}".encode()).hexdigest()
        return f'"0x{digest.upper()}"'

    def read(self, start: int, stop: int) -> bytes:
        """Return the bytes from `start` to `stop`, the end excluded."""
        stop = min(stop, self.size)
        if start >= stop:
            return b""
        offset = start % len(self.content)
        repeated = self.content * ((offset + stop - start) // len(self.content) + 1)
        return repeated[offset : offset + stop - start]


def find_blob(state: ServerState, imodel_id: str, name: str) -> Blob | None:
    """Find an uploaded file, or the generated file of a changeset or checkpoint."""
    database = state.databases.by_imodel.get(imodel_id)
    if database is None:
        return None
    uploaded = database.read_file(BASELINE_FILE if name == format_checkpoint_file(0) else name)
    if uploaded is not None:
        return Blob(len(uploaded), uploaded)
    size = _find_size(database, name)
    return None if size is None else Blob(size, shake_256(name.encode()).digest(min(_PATTERN_SIZE, max(size, 1))))


def replay_changesets(database: IModelDatabase, last: int, changeset_id: str, index: int) -> bytes | None:
    """Build the file of an iModel at its changeset of index `last`.

    Parameters
    ----------
    database
        The database of the iModel.
    last
        Index of the last changeset to apply.
    changeset_id, index
        Changeset that the file should name as its last one.

    Returns
    -------
    bytes or None
        The file; ``None`` if the iModel has no real baseline.

    Raises
    ------
    InvalidChangesetFileError
        If a file is damaged, or does not fit.
    """
    baseline = database.read_file(BASELINE_FILE)
    rows, _ = database.read_changesets(0, last, top=len(database)) if last else ([], False)
    if baseline is None or not rows:
        return baseline
    return replay(
        baseline, (database.read_file(format_changeset_file(row.id)) or b"" for row in rows), changeset_id, index
    )


def is_immutable(state: ServerState, imodel_id: str, name: str) -> bool:
    """Return whether a record refers to a file, which therefore may not change."""
    database = state.databases.by_imodel.get(imodel_id)
    return database is not None and _find_size(database, name) is not None


def _find_size(database: IModelDatabase, name: str) -> int | None:
    if name == BASELINE_FILE:
        return database.baseline.size if database.is_initialized else None
    if match := _CHANGESET.fullmatch(name):
        row = database.find_changeset(match[1])
        return row.file_size if row and row.state == "fileUploaded" else None
    if match := _CHECKPOINT.fullmatch(name):
        checkpoint = database.find(Checkpoint, int(match[1]))
        return checkpoint.size if checkpoint else None
    return None
