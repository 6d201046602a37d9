"""Blobs: the files behind signed links, with exactly as many bytes as the records say."""

import re
from dataclasses import dataclass
from hashlib import blake2b, shake_256

from imodels_hub.api.call import Stock
from imodels_hub.ledger.ledger import Ledger
from imodels_hub.project.records import Checkpoint

_CHANGESET = re.compile(r"([0-9a-f]{40})\.cs")
_CHECKPOINT = re.compile(r"checkpoint-(\d{1,18})\.bim")
_PATTERN = 65_536  # bytes, after which a made-up file repeats itself


@dataclass(frozen=True)
class Blob:
    """A stored file.

    Parameters
    ----------
    size
        Its bytes.
    content
        What they are; a shorter content is repeated as often as need be.
    """

    size: int
    content: bytes

    @property
    def etag(self) -> str:
        """The strong entity tag of the file, quotes included, in the form of the vendor's storage."""
        digest = blake2b(self.content, digest_size=8, person=f"{self.size:x}".encode()).hexdigest()
        return f'"0x{digest.upper()}"'

    def read(self, start: int, stop: int) -> bytes:
        """Give the bytes from `start` to `stop`, the end excluded."""
        stop = min(stop, self.size)
        if start >= stop:
            return b""
        offset = start % len(self.content)
        repeated = self.content * ((offset + stop - start) // len(self.content) + 1)
        return repeated[offset : offset + stop - start]


def blob_at(stock: Stock, imodel_id: str, name: str) -> Blob | None:
    """Find a file: what was uploaded, or else what is made up for a changeset or a checkpoint."""
    ledger = stock.ledgers.get(imodel_id)
    if ledger is None:
        return None
    uploaded = ledger.file(name)
    if uploaded is not None:
        return Blob(len(uploaded), uploaded)
    size = _size(ledger, name)
    return None if size is None else Blob(size, shake_256(name.encode()).digest(min(_PATTERN, max(size, 1))))


def is_settled(stock: Stock, imodel_id: str, name: str) -> bool:
    """Tell whether a record vouches for a file, which therefore stays as it is."""
    ledger = stock.ledgers.get(imodel_id)
    return ledger is not None and _size(ledger, name) is not None


def _size(ledger: Ledger, name: str) -> int | None:
    if match := _CHANGESET.fullmatch(name):
        row = ledger.changeset(match[1])
        return row.file_size if row and row.state == "fileUploaded" else None
    if match := _CHECKPOINT.fullmatch(name):
        checkpoint = ledger.find(Checkpoint, int(match[1]))
        return checkpoint.size if checkpoint else None
    return None
