"""Validation of request bodies: which properties, and which values."""

import math
import re
from base64 import b64decode
from binascii import Error
from collections.abc import Callable, Mapping
from typing import Any

from imodels_hub.api.errors import Detail, build_invalid_request

Check = Callable[[Any], str | None]
"""Returns the problem of a value; `None` if the value is valid."""

_MAX_TEXT = 255
_MAX_INTEGER = 2**63 - 1
LOCK_LEVELS = ("none", "shared", "exclusive")

_OBJECT_ID = re.compile(r"0x[0-9a-f]{1,16}", re.IGNORECASE)
_ALL_CONTAINERS = 7
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_CHANGESET_ID = re.compile(r"[0-9a-f]{40}", re.IGNORECASE)


def validate_properties(
    content: Mapping[str, Any], checks: Mapping[str, Check], message: str, required: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Validate the properties that have a check, and return them.

    Raises
    ------
    ApiError
        422 under `message`, with one detail for each property that is missing or invalid.
    """
    given = {name: content[name] for name in checks if name in content}
    problems = [
        Detail("MissingRequiredProperty", f"Required property '{name}' is missing.", name)
        for name in required
        if name not in given
    ]
    for name, value in given.items():
        if problem := checks[name](value):
            problems.append(Detail("InvalidValue", f"Provided '{name}' value is not valid. {problem}", name))
    if problems:
        raise build_invalid_request(message, problems)
    return given


def check_text(value: Any) -> str | None:
    """Check for a text of at most 255 characters."""
    if not isinstance(value, str) or not _is_encodable(value):
        return "The value must be a text."
    return f"The value exceeds allowed {_MAX_TEXT} characters." if len(value) > _MAX_TEXT else None


def check_name(value: Any) -> str | None:
    """Check for a text that is not blank."""
    return check_text(value) or (None if value.strip() else "The value must not be blank.")


def check_integer(value: Any) -> str | None:
    """Check for a non-negative integer of 64 bits."""
    is_valid = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_INTEGER
    return None if is_valid else "The value must be a non-negative integer."


def check_boolean(value: Any) -> str | None:
    """Check for true or false."""
    return None if isinstance(value, bool) else "The value must be true or false."


def check_guid(value: Any) -> str | None:
    """Check for a GUID."""
    return None if isinstance(value, str) and _GUID.fullmatch(value) else "The value must be a GUID."


def check_object(value: Any) -> str | None:
    """Check for an object."""
    return None if isinstance(value, dict) else "The value must be an object."


def check_containers(value: Any) -> str | None:
    """Check for flags of container types: 1, 2 and 4."""
    return check_integer(value) or (None if value <= _ALL_CONTAINERS else "The value must be at most 7.")


def check_baseline_file(value: Any) -> str | None:
    """Check for an object with a size in bytes."""
    if not isinstance(value, dict):
        return "The value must be an object."
    return check_integer(value.get("size")) or (None if value["size"] else "The size must be above 0.")


def check_template(value: Any) -> str | None:
    """Check for an object with the ids of an iModel and of a changeset."""
    if not isinstance(value, dict):
        return "The value must be an object."
    changeset_id = value.get("changesetId")
    return check_guid(value.get("iModelId")) or (changeset_id and check_changeset_id(changeset_id))


def check_extent(value: Any) -> str | None:
    """Check for an object with the latitude and longitude of two corners."""
    corners = [value.get(name) for name in ("southWest", "northEast")] if isinstance(value, dict) else []
    is_valid = bool(corners) and all(
        isinstance(corner, dict) and all(_is_number(corner.get(name)) for name in ("latitude", "longitude"))
        for corner in corners
    )
    return None if is_valid else "The value must have southWest and northEast, each with latitude and longitude."


def check_changeset_id(value: Any) -> str | None:
    """Check for 40 hexadecimal digits."""
    is_valid = isinstance(value, str) and _CHANGESET_ID.fullmatch(value)
    return None if is_valid else "The value must be 40 hexadecimal digits."


def check_parent_id(value: Any) -> str | None:
    """Check for 40 hexadecimal digits, or for "", the parent of the first changeset."""
    return None if value in ("", None) else check_changeset_id(value)


def check_locked_objects(value: Any) -> str | None:
    """Check for a list of object ids by lock level."""
    form = "The value must be a list of objects, each with a lockLevel and a list of objectIds."
    if not isinstance(value, list):
        return form
    for group in value:
        if not isinstance(group, dict) or not isinstance(ids := group.get("objectIds"), list):
            return form
        if group.get("lockLevel") not in LOCK_LEVELS:
            return f"The lockLevel must be one of: {', '.join(LOCK_LEVELS)}."
        if not all(isinstance(object_id, str) and _OBJECT_ID.fullmatch(object_id) for object_id in ids):
            return "Each object id must be hexadecimal, such as 0x1f."
    return None


def check_base64(value: Any) -> str | None:
    """Check for bytes in base64."""
    try:
        b64decode(value, validate=True)
    except (TypeError, ValueError, Error):
        return "The value must be in base64."
    return None if isinstance(value, str) else "The value must be a text."


def check_synchronization(value: Any) -> str | None:
    """Check for an object with a task id and changed files, each of which may be null."""
    if not isinstance(value, dict):
        return "The value must be an object."
    task = value.get("taskId")
    files = value.get("changedFiles")
    has_files = files is None or (isinstance(files, list) and all(_is_text(file) for file in files))
    has_task = task is None or _is_text(task)
    return None if has_files and has_task else "The value must hold a taskId and a list of changedFiles."


def allow_null(check: Check) -> Check:
    """Return a check that allows null, too."""
    return lambda value: None if value is None else check(value)


def check_one_of(*words: str) -> Check:
    """Return a check for one of a few words."""
    return lambda value: None if value in words else f"The value must be one of: {', '.join(words)}."


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and _is_encodable(value)


def _is_encodable(value: str) -> bool:
    """Check for half of a surrogate pair, which JSON can hold and UTF-8 cannot."""
    return value.encode("utf-8", "replace").decode() == value
