"""Catalog of faults, by name."""

import inspect
from collections.abc import Callable
from types import MappingProxyType

from imodels_hub.faults import effects, response_effects
from imodels_hub.faults.effects import Effect
from imodels_hub.faults.schedule import ScheduledFault

_EFFECTS: dict[str, Callable[..., Effect]] = {
    "latency": response_effects.delay,
    "too-many-requests": effects.send_too_many_requests,
    "server-error": effects.send_server_error,
    "html": effects.send_html,
    "expired-token": effects.expire_tokens,
    "flat-error": effects.send_flat_error,
    "empty-error": effects.send_empty_error,
    "oauth-error": effects.send_oauth_error,
    "unknown-client": effects.send_unknown_client,
    "hostile-error": effects.send_hostile_error,
    "reset": response_effects.cut_connection,
    "short-body": response_effects.shorten_body,
    "slow-bytes": response_effects.send_slowly,
    "endless-body": response_effects.send_endless_body,
    "endless-continue": response_effects.send_endless_continue,
    "early-hints": response_effects.send_early_hints,
    "truncated-gzip": response_effects.truncate_gzip,
    "gzip-bomb": response_effects.send_gzip_bomb,
    "gzip-members": response_effects.split_gzip,
    "endless-list": response_effects.link_first_page,
    "foreign-next": response_effects.link_foreign_host,
    "looping-next": response_effects.link_same_page,
    "missing-field": response_effects.remove_field,
    "missing-rows": response_effects.remove_rows,
    "wrong-type": response_effects.change_type,
    "lone-surrogate": response_effects.add_lone_surrogate,
    "control-characters": response_effects.add_control_characters,
    "impossible-date": response_effects.set_impossible_date,
    "huge-number": response_effects.set_huge_number,
    "pushes": effects.push_after,
    "gaps": effects.push_with_gaps,
    "waiting-for-file": effects.push_without_file,
    "rolled-back": effects.roll_back,
}
_MAX_DIGITS = 9
_SCHEDULE: dict[str, int | str] = {"after": 0, "every": 1, "times": 1, "path": ""}


def _read_defaults(build: Callable[..., Effect]) -> dict[str, int | str]:
    return {name: parameter.default for name, parameter in inspect.signature(build).parameters.items()}


def _format_description(build: Callable[..., Effect]) -> str:
    defaults = ", ".join(f"{name}={value}" for name, value in _read_defaults(build).items())
    return " ".join((inspect.getdoc(build) or "").split()) + (f" ({defaults})" if defaults else "")


FAULTS = MappingProxyType({name: _format_description(build) for name, build in _EFFECTS.items()})
"""Description of each fault by name, with its arguments and their defaults."""

SYNTAX = "NAME[:key=value,...]"
SCHEDULE_HELP = (
    "Every fault also takes: after (responses before the first it can affect, 0), every (1 affects each response from "
    "then on, 2 every other one), times (responses it affects, 1; 0 is without limit), path (part of the routes it "
    "affects; /blobs is the files, /idp the sign-in)."
)


def parse_fault(text: str) -> ScheduledFault:
    """Parse a fault such as ``server-error:status=503,times=2,path=/changesets``.

    Raises
    ------
    ValueError
        If the fault is unknown, or one of its arguments is.
    """
    name, _, arguments = text.partition(":")
    if name not in _EFFECTS:
        raise ValueError(f"There is no fault {name!r}. There are: {', '.join(_EFFECTS)}.")
    defaults = {**_read_defaults(_EFFECTS[name]), **_SCHEDULE}
    given = dict(_parse_argument(part, name, defaults) for part in arguments.split(",") if part)
    schedule = {key: given.pop(key, default) for key, default in _SCHEDULE.items()}
    return ScheduledFault(_EFFECTS[name](**given), **schedule)  # type: ignore[arg-type] # _parse_argument checks types


def _parse_argument(part: str, fault: str, defaults: dict[str, int | str]) -> tuple[str, int | str]:
    key, _, value = part.partition("=")
    if key not in defaults:
        raise ValueError(f"The fault {fault!r} takes no {key!r}; it takes {', '.join(defaults)}.")
    if isinstance(defaults[key], str):
        return key, value
    if not (value.isascii() and value.isdigit() and len(value) <= _MAX_DIGITS):
        raise ValueError(
            f"{key!r} of the fault {fault!r} should be a whole number, as in {key}={defaults[key]}, "
            f"of at most {_MAX_DIGITS} digits."
        )
    return key, int(value)
