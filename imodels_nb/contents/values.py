"""Text of the values of a changeset."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

Format = Callable[[object], str | None]

_GUID_SIZE = 16
_UNIX_EPOCH = 2_440_587.5  # as a Julian day
_MASK = (1 << 64) - 1
_BRIEFCASE_SHIFT = 40
_MIN_JULIAN_DAY = 1_721_426  # start of the year 1
_MAX_JULIAN_DAY = 5_373_484.5  # end of the year 9999


class ValueType(Enum):
    """Type of the values of a property."""

    PLAIN = "plain"
    ID = "id"
    CLASS = "class"
    GUID = "guid"
    TIME = "time"
    BOOLEAN = "boolean"


@dataclass(frozen=True, slots=True)
class LongBlob:
    """A blob of which only the size is kept."""

    size: int


def shorten_blobs(row: Sequence[Any]) -> tuple[Any, ...]:
    """Return a row in which each blob that is longer than a GUID is only its size."""
    return tuple([LongBlob(len(value)) if type(value) is bytes and len(value) > _GUID_SIZE else value for value in row])


def format_id(value: object) -> str:
    """Format an id as the vendor does.

    Examples
    --------
    >>> format_id(2199023255560)
    '0x20000000008'
    """
    return f"0x{value & _MASK:x}" if isinstance(value, int) else str(value)


def read_briefcase_id(value: int) -> int:
    """Return the briefcase that an id was made in: its upper 24 bits.

    Examples
    --------
    >>> read_briefcase_id(0x20000000008)
    2
    """
    return (value & _MASK) >> _BRIEFCASE_SHIFT


def format_value(value: object) -> str | None:
    """Format a value without knowledge of its property; a blob becomes its size.

    Examples
    --------
    >>> format_value(99.0), format_value(bytes(1200)), format_value(None)
    ('99.0', '1,200 bytes', None)
    """
    if value is None:
        return None
    if isinstance(value, bytes | LongBlob):
        return f"{len(value) if isinstance(value, bytes) else value.size:,} bytes"
    return value if isinstance(value, str) else repr(value)


def format_guid(value: object) -> str | None:
    """Format 16 bytes as a GUID."""
    if isinstance(value, bytes) and len(value) == _GUID_SIZE:
        return str(UUID(bytes=value))
    return format_value(value)


def format_time(value: object) -> str | None:
    """Format a Julian day as a time in UTC.

    Examples
    --------
    >>> format_time(2461373.5)
    '2026-11-29T00:00:00.000Z'
    """
    if not isinstance(value, (int, float)) or not _MIN_JULIAN_DAY <= value < _MAX_JULIAN_DAY:
        return format_value(value)
    moment = datetime(1970, 1, 1) + timedelta(milliseconds=round((value - _UNIX_EPOCH) * 86_400_000))  # noqa: DTZ001
    return moment.isoformat(timespec="milliseconds") + "Z"


def format_boolean(value: object) -> str | None:
    """Format 0 and 1 as ``false`` and ``true``."""
    return {0: "false", 1: "true"}.get(value, format_value(value)) if isinstance(value, int) else format_value(value)


def format_reference(value: object) -> str | None:
    """Format the id that a property refers to."""
    return format_id(value) if isinstance(value, int) else format_value(value)


FORMATS: dict[ValueType, Format] = {
    ValueType.PLAIN: format_value,
    ValueType.ID: format_reference,
    ValueType.GUID: format_guid,
    ValueType.TIME: format_time,
    ValueType.BOOLEAN: format_boolean,
}
"""Function for each kind of value; classes need the schema."""
