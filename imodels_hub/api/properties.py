"""The rules of what is sent in: which properties a body has to have, and what their values have to look like."""

import re
from base64 import b64decode
from binascii import Error
from collections.abc import Callable, Mapping
from typing import Any

from imodels_hub.api.refusals import Detail, invalid_request

Property = Callable[[Any], str | None]
"""Tells what is wrong with a value; `None` if nothing is."""

_LONGEST_TEXT = 255
_LARGEST_INTEGER = 2**63 - 1
_ID = re.compile(r"[0-9a-f]{40}", re.IGNORECASE)


def checked(
    content: Mapping[str, Any], rules: Mapping[str, Property], message: str, required: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Give the properties that have a rule; others are ignored.

    Raises
    ------
    Refusal
        422 under `message`, with one detail for each property that is missing or wrong.
    """
    given = {name: content[name] for name in rules if name in content}
    faults = [
        Detail("MissingRequiredProperty", f"Required property '{name}' is missing.", name)
        for name in required
        if name not in given
    ]
    for name, value in given.items():
        if wrong := rules[name](value):
            faults.append(Detail("InvalidValue", f"Provided '{name}' value is not valid. {wrong}", name))
    if faults:
        raise invalid_request(message, faults)
    return given


def text(value: Any) -> str | None:
    """Want a text of at most 255 characters."""
    if not isinstance(value, str) or not _writable(value):
        return "The value must be a text."
    return f"The value exceeds allowed {_LONGEST_TEXT} characters." if len(value) > _LONGEST_TEXT else None


def _writable(value: str) -> bool:
    """Tell half of a surrogate pair, which JSON can write and UTF-8 cannot, from text."""
    return value.encode("utf-8", "replace").decode() == value


def name(value: Any) -> str | None:
    """Want a text that is not blank."""
    return text(value) or (None if value.strip() else "The value must not be blank.")


def nullable(rule: Property) -> Property:
    """Want null, or what `rule` wants."""
    return lambda value: None if value is None else rule(value)


def natural(value: Any) -> str | None:
    """Want a non-negative integer of 64 bits."""
    whole = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST_INTEGER
    return None if whole else "The value must be a non-negative integer."


def changeset_id(value: Any) -> str | None:
    """Want forty hex digits."""
    return None if isinstance(value, str) and _ID.fullmatch(value) else "The value must be 40 hexadecimal digits."


def parent_id(value: Any) -> str | None:
    """Want forty hex digits, or nothing for the first changeset."""
    return None if value in ("", None) else changeset_id(value)


def one_of(*words: str) -> Property:
    """Want one of a few words."""
    return lambda value: None if value in words else f"The value must be one of: {', '.join(words)}."


def base64(value: Any) -> str | None:
    """Want bytes in base64."""
    try:
        b64decode(value, validate=True)
    except (TypeError, ValueError, Error):
        return "The value must be in base64."
    return None if isinstance(value, str) else "The value must be a text."


def synchronization(value: Any) -> str | None:
    """Want a task id and changed files, each of which may be null."""
    if not isinstance(value, dict):
        return "The value must be an object."
    task, files = value.get("taskId"), value.get("changedFiles")
    listed = files is None or (
        isinstance(files, list) and all(isinstance(one, str) and _writable(one) for one in files)
    )
    named = task is None or (isinstance(task, str) and _writable(task))
    return None if listed and named else "The value must hold a taskId and a list of changedFiles."
