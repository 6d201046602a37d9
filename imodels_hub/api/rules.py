"""The rules of query parameters: what a value has to look like, and what it then means."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

DEFAULT_TOP = 100
_LARGEST_TOP = 1000
_LONGEST_TEXT = 255
_LARGEST_INTEGER = 2**63 - 1
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_PLACE = re.compile(rb"([0-9]{1,18})\.([0-9]{0,18})(?:\.[0-9]{1,18})?")


@dataclass(frozen=True)
class Rule:
    """What a parameter has to look like.

    Parameters
    ----------
    wants
        Completes the sentence "'$skip' must be ..."; without, the sentence is left out.
    read
        Gives the value of a text, or `None` if the text breaks the rule.
    """

    wants: str
    read: Callable[[str], Any]


def _natural(text: str) -> int | None:
    """Read a non-negative integer: ASCII digits only, as long as it fits into 64 bits."""
    plain = text.isascii() and text.isdigit() and len(text) <= len(str(_LARGEST_INTEGER))
    return int(text) if plain and int(text) <= _LARGEST_INTEGER else None


def _page_size(text: str) -> int | None:
    size = _natural(text)
    return size if size and size <= _LARGEST_TOP else None


def order_by(properties: tuple[str, ...]) -> Rule:
    """Make the rule of ``$orderBy``: properties with their directions, the most important first."""

    def read(text: str) -> tuple[tuple[str, bool], ...] | None:
        parts = [part.split() for part in text.split(",")]
        known = all(part and part[0] in properties and part[1:] in ([], ["asc"], ["desc"]) for part in parts)
        return tuple((part[0], part[1:] == ["desc"]) for part in parts) if known else None

    names = " or ".join(f"'{name}'" for name in properties)
    return Rule(f"one or more of {names}, each optionally followed by 'asc' or 'desc'", read)


def token_of(skip: int, pin: int | None, serial: int | None = None) -> str:
    """Write a continuation token, which is nobody's business but ours; a serial only makes it differ from others."""
    end = "" if serial is None else f".{serial}"
    return urlsafe_b64encode(f"{skip}.{'' if pin is None else pin}{end}".encode()).decode().rstrip("=")


def _place(token: str) -> tuple[int, int | None] | None:
    """Read a continuation token; the empty one stands for the start."""
    try:
        place = _PLACE.fullmatch(urlsafe_b64decode(token + "=" * (-len(token) % 4)) if token else b"0.")
    except ValueError:
        return None
    skip, pin = (_natural(number.decode()) for number in place.groups()) if place else (None, None)
    return None if skip is None else (skip, pin)


def _words(text: str) -> str | None:
    return text if 0 < len(text) <= _LONGEST_TEXT else None


def _guid(text: str) -> str | None:
    return text.lower() if _GUID.fullmatch(text) else None


def one_of(*words: str) -> Rule:
    """Make the rule of a parameter that knows a few words only."""
    return Rule(" or ".join(f"'{word}'" for word in words), lambda text: text if text in words else None)


PAGE_SIZE = Rule(f"a positive integer not greater than {_LARGEST_TOP}", _page_size)
NATURAL = Rule("a non-negative integer", _natural)
PLACE = Rule("empty or taken from a link to another page", _place)
WORDS = Rule(f"a text of 1 to {_LONGEST_TEXT} characters", _words)
GUID = Rule("", _guid)
UNSUPPORTED = Rule("left out, since the sample does not support it", lambda _: None)
