"""Names that nobody chose: GUIDs that follow from the seed, and the SHA-1 chain of changeset ids."""

import uuid
from functools import lru_cache
from hashlib import sha1

_SAMPLE = uuid.UUID("6d2f1c0e-8a57-4c39-9a44-0b1d5e7f3a21")


@lru_cache(maxsize=64)
def guid(seed: int, kind: str, number: int = 0) -> str:
    """Give the GUID of the `number`-th thing of a kind; the same for the same seed, everywhere."""
    return str(uuid.uuid5(_SAMPLE, f"{seed}/{kind}/{number}"))


def changeset_id(parent_id: str, content: str) -> str:
    """Give the id of the changeset that follows `parent_id`: 40 lower-case hex digits, chained on the parent."""
    return sha1(f"{parent_id}{content}".encode(), usedforsecurity=False).hexdigest()
