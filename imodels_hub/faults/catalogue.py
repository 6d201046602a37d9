"""The catalogue: every fault by its name, and how it is ordered in a line of text."""

import inspect
from collections.abc import Callable
from types import MappingProxyType

from imodels_hub.faults import moving, refusing, spoiling
from imodels_hub.faults.effect import Effect
from imodels_hub.faults.schedule import Scheduled

_MAKERS: dict[str, Callable[..., Effect]] = {
    "latency": spoiling.latency,
    "too-many-requests": refusing.too_many,
    "server-error": refusing.server_error,
    "html": refusing.html,
    "expired-token": refusing.expired_token,
    "flat-error": refusing.flat_error,
    "empty-error": refusing.empty_error,
    "oauth-error": refusing.oauth_error,
    "unknown-client": refusing.unknown_client,
    "hostile-error": refusing.hostile_error,
    "reset": spoiling.reset,
    "short-body": spoiling.short_body,
    "slow-bytes": spoiling.slow_bytes,
    "endless-body": spoiling.endless_body,
    "endless-continue": spoiling.endless_continue,
    "early-hints": spoiling.early_hints,
    "truncated-gzip": spoiling.truncated_gzip,
    "gzip-bomb": spoiling.gzip_bomb,
    "gzip-members": spoiling.gzip_members,
    "endless-list": spoiling.endless_list,
    "foreign-next": spoiling.foreign_next,
    "looping-next": spoiling.looping_next,
    "missing-field": spoiling.missing_field,
    "missing-rows": spoiling.missing_rows,
    "wrong-type": spoiling.wrong_type,
    "lone-surrogate": spoiling.lone_surrogate,
    "control-characters": spoiling.control_characters,
    "impossible-date": spoiling.impossible_date,
    "huge-number": spoiling.huge_number,
    "pushes": moving.pushes,
    "gaps": moving.gaps,
    "waiting-for-file": moving.waiting_for_file,
    "rolled-back": moving.rolled_back,
}
_DIGITS = 9  # of a number that a fault can do something with
_SCHEDULE: dict[str, int | str] = {"after": 0, "every": 1, "times": 1, "path": ""}


def _line(make: Callable[..., Effect]) -> str:
    defaults = ", ".join(f"{name}={value}" for name, value in _defaults(make).items())
    return (inspect.getdoc(make) or "") + (f" ({defaults})" if defaults else "")


def _defaults(make: Callable[..., Effect]) -> dict[str, int | str]:
    return {name: parameter.default for name, parameter in inspect.signature(make).parameters.items()}


FAULTS = MappingProxyType({name: _line(make) for name, make in _MAKERS.items()})
"""What each fault does, by its name, with its arguments and their defaults."""

SYNTAX = "NAME[:key=value,...]"
SCHEDULE_HELP = (
    "Any fault also takes: after (answers that pass first, 0), every (which of those behind, 1 is each), "
    "times (how often it strikes, 1; 0 is for ever), path (part of the routes that it is for; "
    "/blobs is the files, /idp the sign-in)."
)


def ordered(text: str) -> Scheduled:
    """Read an order such as ``server-error:status=503,times=2,path=/changesets``.

    Raises
    ------
    ValueError
        If there is no such fault, or it knows no such argument.
    """
    name, _, arguments = text.partition(":")
    if name not in _MAKERS:
        raise ValueError(f"There is no fault {name!r}. There are: {', '.join(_MAKERS)}.")
    known = {**_defaults(_MAKERS[name]), **_SCHEDULE}
    given = dict(_argument(part, name, known) for part in arguments.split(",") if part)
    schedule = {key: given.pop(key, default) for key, default in _SCHEDULE.items()}
    return Scheduled(_MAKERS[name](**given), **schedule)  # type: ignore[arg-type] # _argument saw to the types


def _argument(part: str, fault: str, known: dict[str, int | str]) -> tuple[str, int | str]:
    key, _, value = part.partition("=")
    if key not in known:
        raise ValueError(f"The fault {fault!r} takes no {key!r}; it takes {', '.join(known)}.")
    if isinstance(known[key], str):
        return key, value
    if not (value.isascii() and value.isdigit() and len(value) <= _DIGITS):
        raise ValueError(
            f"{key!r} of the fault {fault!r} should be a whole number, as in {key}={known[key]}, "
            f"of at most {_DIGITS} digits."
        )
    return key, int(value)
