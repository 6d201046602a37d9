"""Identifiers and timestamps in the form of the service."""

import uuid
from hashlib import sha1
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_NAMESPACE = uuid.UUID("6d2f1c0e-8a57-4c39-9a44-0b1d5e7f3a21").bytes
_VARIANT = "89ab"  # RFC 9562 section 4.1: the two highest bits of this digit are 1 and 0


def generate_guid(seed: int, kind: str, number: int = 0) -> str:
    """Generate the GUID of a thing, always the same for the same arguments.

    The result is that of `uuid.uuid5`, four times as fast: a long timeline needs half a million.
    """
    name = f"{seed}/{kind}/{number}".encode()
    digits = sha1(_NAMESPACE + name, usedforsecurity=False).hexdigest()
    variant = _VARIANT[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"


def generate_changeset_id(parent_id: str, content: str) -> str:
    """Generate the id of a changeset from its parent's: 40 hexadecimal digits."""
    return sha1(f"{parent_id}{content}".encode(), usedforsecurity=False).hexdigest()


def format_timestamps(milliseconds: "NDArray[np.int64]") -> "Iterator[str]":
    """Format milliseconds since 1970, as in ``2020-10-21T06:34:51.13Z``."""
    for text in np.datetime_as_string(milliseconds.astype("datetime64[ms]")).tolist():
        yield text.rstrip("0").rstrip(".") + "Z"


def format_timestamp(seconds: float) -> str:
    """Format one time, given in seconds since 1970."""
    return next(format_timestamps(np.array([round(1000 * seconds)])))
