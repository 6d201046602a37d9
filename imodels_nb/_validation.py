"""Validation of arguments, before any request."""

import math
import re
from collections.abc import Iterable, Mapping
from operator import index
from typing import Any, SupportsIndex, TypeVar
from uuid import UUID

MAX_INT64 = 2**63 - 1

CHANGESET_ID = "[0-9a-f]{40}"
"""Regular expression of the id of a changeset."""

_MAX_LENGTH = 60
_NO_LISTS = (str, bytes, bytearray, memoryview, Mapping)  # bytes would be read as numbers

_BY_NAME = (
    " To find an id by name, use find_imodel(client, name).name, or pick it with choose_imodel(client).imodel_id."
)
_ADVICE = {
    "imodel_id": _BY_NAME,
    "each of imodel_ids": _BY_NAME,
    "itwin_id": " fetch_itwins(client, search=...) finds it by name; choose_imodel(client) shows your iTwins.",
}

Item = TypeVar("Item")


def validate_guid(name: str, value: str) -> str:
    """Check that an argument is a GUID, and return it in its usual form.

    Examples
    --------
    >>> validate_guid("imodel_id", "5E19BEE0-3AEA-4355-A9F0-C6DF9989EE7D")
    '5e19bee0-3aea-4355-a9f0-c6df9989ee7d'
    """
    try:
        return str(UUID(value))
    except (ValueError, AttributeError, TypeError):
        advice = _ADVICE.get(name, "") if isinstance(value, str) and value.strip() else ""
        raise ValueError(
            f"{name} should be a GUID such as 5e19bee0-3aea-4355-a9f0-c6df9989ee7d, "
            f"not {format_argument(value)}.{advice}"
        ) from None


def is_guid(value: str) -> bool:
    """Return whether a text is a GUID.

    Examples
    --------
    >>> is_guid("5E19BEE0-3AEA-4355-A9F0-C6DF9989EE7D"), is_guid("Bridge")
    (True, False)
    """
    try:
        UUID(value)
    except ValueError:
        return False
    return True


def is_changeset_id(text: str) -> bool:
    """Return whether a text is a changeset id: 40 hexadecimal digits in lower case.

    Examples
    --------
    >>> is_changeset_id("0f" * 20), is_changeset_id("12")
    (True, False)
    """
    return re.fullmatch(CHANGESET_ID, text) is not None


def validate_int(name: str, value: SupportsIndex, minimum: int, maximum: int = MAX_INT64) -> int:
    """Check that an argument is a whole number in its range, and return it.

    Whole numbers of NumPy are accepted, ``True`` and ``False`` are not.

    Examples
    --------
    >>> validate_int("max_workers", 8, 1, 64)
    8
    """
    try:
        number = minimum - 1 if isinstance(value, bool) else index(value)
    except TypeError:
        number = minimum - 1
    if minimum <= number <= maximum:
        return number
    bounds = f"of at least {minimum}" if maximum == MAX_INT64 else f"from {minimum} to {maximum}"
    raise ValueError(f"{name} should be a whole number {bounds}, not {format_argument(value)}.")


def validate_bool(name: str, value: object) -> bool:
    """Check that an argument is true or false, and return it.

    A text such as "no" would count as true.

    Examples
    --------
    >>> validate_bool("personal", False)
    False
    """
    if type(value).__name__ not in {"bool", "bool_"}:  # bool_ is that of NumPy
        raise ValueError(f"{name} should be True or False, not {format_argument(value)}.")
    return bool(value)


def validate_positive(name: str, value: float) -> float:
    """Check that an argument is a finite number above zero, and return it.

    Examples
    --------
    >>> validate_positive("timeout", 90)
    90.0
    """
    try:
        number = math.nan if isinstance(value, bool | str) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not (math.isfinite(number) and number > 0):
        raise ValueError(f"{name} should be a number above zero, not {format_argument(value)}.")
    return number


def validate_list(name: str, values: Iterable[Item], items: str) -> list[Item]:
    """Check that an argument is iterable but not a text, and return it as a list.

    Parameters
    ----------
    name
        Name of the argument.
    values
        Its value.
    items
        What it should contain, for the message.

    Examples
    --------
    >>> validate_list("imodel_ids", ("a", "b"), "GUIDs")
    ['a', 'b']
    """
    if isinstance(values, _NO_LISTS) or not isinstance(values, Iterable):
        raise ValueError(f"{name} should be {items}, in a list or an index, not {format_argument(values)}.")  # noqa: TRY004 - all of these are ValueErrors
    return list(values)


def validate_indexes(name: str, values: Iterable[Any]) -> list[int]:
    """Check that an argument has changeset indexes, and return them as a list.

    A Series or an index of another name than ``changeset_index`` has other numbers, such as sizes of files.

    Examples
    --------
    >>> validate_indexes("changesets", range(1, 4))
    [1, 2, 3]
    """
    items = validate_list(name, values, "a frame of fetch_changesets, or changeset indexes")
    label = getattr(values, "name", None) if hasattr(values, "dtype") else None
    if label not in {None, "", "changeset_index"}:
        raise ValueError(
            f"{name} should be changeset indexes, not values of {format_argument(label)}. Pass the frame, or its index "
            "with frame.index."
        )
    return [validate_int(f"each of {name}", item, 1) for item in items]


def format_argument(value: object) -> str:
    """Format an argument of any type for a message, shortened if it is long.

    Examples
    --------
    >>> format_argument("5e19bee0"), format_argument(10**5_000)
    ("'5e19bee0'", 'a number of more than 4,300 digits')
    """
    try:
        text = repr(value)
    except ValueError:  # Python writes no integer of more than 4,300 digits
        return "a number of more than 4,300 digits" if isinstance(value, int) else f"a {type(value).__name__}"
    return text if len(text) <= _MAX_LENGTH else f"{text[:_MAX_LENGTH]}…"
