"""Arguments that make sense, checked before any request."""

from collections.abc import Iterable
from operator import index
from typing import SupportsIndex, TypeVar
from uuid import UUID

_MOST = 2**63 - 1

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
            f"{name} should be a GUID such as 5e19bee0-3aea-4355-a9f0-c6df9989ee7d, not {value!r}."
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
    raise ValueError(f"{name} should be a whole number {bounds}, not {value!r}.")


def several(name: str, values: Iterable[Thing], things: str) -> list[Thing]:
    """Check that the argument `name` is a list of things, or anything like it; one text is not.

    Examples
    --------
    >>> several("imodel_ids", ("a", "b"), "GUIDs")
    ['a', 'b']
    """
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise ValueError(f"{name} should be {things}, in a list or an index, not {values!r}.")  # noqa: TRY004 - all of these are ValueErrors
    return list(values)
