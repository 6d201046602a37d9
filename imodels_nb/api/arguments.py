"""Arguments that make sense, checked before any request."""

import math
from collections.abc import Iterable
from operator import index
from typing import SupportsIndex, TypeVar
from uuid import UUID

_MOST = 2**63 - 1
_LONGEST_SHOWN = 60

Thing = TypeVar("Thing")


def guid(name: str, value: str) -> str:
    """Check that the argument `name` is a GUID, and give it in its usual form.

    Examples
    --------
    >>> guid("imodel_id", "5E19BEE0-3AEA-4355-A9F0-C6DF9989EE7D")
    '5e19bee0-3aea-4355-a9f0-c6df9989ee7d'
    """
    try:
        return str(UUID(value))
    except (ValueError, AttributeError, TypeError):
        raise ValueError(
            f"{name} should be a GUID such as 5e19bee0-3aea-4355-a9f0-c6df9989ee7d, not {shown(value)}."
        ) from None


def whole_number(name: str, value: SupportsIndex, least: int, most: int = _MOST) -> int:
    """Check that the argument `name` is a whole number in its range, numpy's own among them, but no ``True``.

    Examples
    --------
    >>> whole_number("max_workers", 8, 1, 64)
    8
    """
    try:
        number = least - 1 if isinstance(value, bool) else index(value)
    except TypeError:
        number = least - 1
    if least <= number <= most:
        return number
    bounds = f"of at least {least}" if most == _MOST else f"from {least} to {most}"
    raise ValueError(f"{name} should be a whole number {bounds}, not {shown(value)}.")


def number_above_zero(name: str, value: float) -> float:
    """Check that the argument `name` is a finite number above zero.

    Examples
    --------
    >>> number_above_zero("timeout", 90)
    90.0
    """
    try:
        number = math.nan if isinstance(value, bool | str) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not (math.isfinite(number) and number > 0):
        raise ValueError(f"{name} should be a number above zero, not {shown(value)}.")
    return number


def shown(value: object) -> str:
    """Return an argument as a message shows it: shortened, and whatever its size and kind.

    Examples
    --------
    >>> shown("5e19bee0"), shown(10**5_000)
    ("'5e19bee0'", 'a number of more than 4,300 digits')
    """
    try:
        text = repr(value)
    except ValueError:  # Python writes no integer of more than 4,300 digits
        return "a number of more than 4,300 digits" if isinstance(value, int) else f"a {type(value).__name__}"
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def several(name: str, values: Iterable[Thing], things: str) -> list[Thing]:
    """Check that the argument `name` is a list of things, or anything like it; one text is not.

    Examples
    --------
    >>> several("imodel_ids", ("a", "b"), "GUIDs")
    ['a', 'b']
    """
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise ValueError(f"{name} should be {things}, in a list or an index, not {shown(values)}.")  # noqa: TRY004 - all of these are ValueErrors
    return list(values)
