"""The query of a list request: read by the grammar of its operation, or refused with every fault of it named."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from imodels_nb.sample.hub.refusals import Detail, invalid_query

_DEFAULT_TOP, _LARGEST_TOP = 100, 1000
_LONGEST_TEXT = 255
_LARGEST_INTEGER = 2**63 - 1

_PLACE = re.compile(rb"([0-9]{1,18})\.([0-9]{0,18})")

SKIP, TOP, ORDER_BY, CONTINUATION = "$skip", "$top", "$orderBy", "$continuationToken"


@dataclass(frozen=True)
class Rule:
    """What a parameter has to look like.

    Parameters
    ----------
    wants
        Completes the sentence "'$skip' must be ...".
    read
        Gives the value of a text, or `None` if the text breaks the rule.
    """

    wants: str
    read: Callable[[str], Any]


@dataclass(frozen=True)
class Query:
    """A valid query of a list.

    Parameters
    ----------
    filters
        The parameters that choose rows, by name, in the order in which links repeat them.
    order
        Properties to sort by, the most important first, each with whether it descends.
    top, skip
        Which rows of those to give.
    continued
        Whether the client pages by ``$continuationToken`` instead of ``$skip``.
    pin
        Last index of a newest-first walk by token, so that pushes do not shift it.
    """

    filters: Mapping[str, Any]
    order: tuple[tuple[str, bool], ...] = ()
    top: int = _DEFAULT_TOP
    skip: int = 0
    continued: bool = False
    pin: int | None = None

    def text(self) -> str:
        """Write the query as the links of a page have it, with ``$`` unescaped."""
        place = {CONTINUATION: _token(self.skip, self.pin)} if self.continued else {SKIP: self.skip}
        order = (
            {ORDER_BY: ",".join(f"{name} desc" if down else name for name, down in self.order)} if self.order else {}
        )
        return urlencode({**place, TOP: self.top, **self.filters, **order}, safe="$,", quote_via=quote)

    def next(self) -> "Query":
        """Give the query of the following page."""
        return replace(self, skip=self.skip + self.top)

    def prev(self) -> "Query":
        """Give the query of the page before."""
        return replace(self, skip=max(self.skip - self.top, 0))


@dataclass(frozen=True)
class Grammar:
    """Which parameters one list operation understands.

    Parameters
    ----------
    collection
        What its error messages call the rows.
    filters
        Rules of the parameters that choose rows.
    orders
        The properties it can sort by.
    required
        Parameters that it cannot do without.
    exclusive
        Pairs of parameters that do not go together.
    """

    collection: str
    filters: Mapping[str, Rule]
    orders: tuple[str, ...]
    required: tuple[str, ...] = ()
    exclusive: tuple[tuple[str, str], ...] = ()

    def parse(self, text: str) -> Query:
        """Read the query part of a URL; parameters that the operation does not know are ignored.

        Raises
        ------
        Refusal
            422, with one detail for each parameter that is wrong, missing, or at odds with another.
        """
        given = dict(parse_qsl(text, keep_blank_values=True))
        rules = {**_PAGING, ORDER_BY: _order(self.orders), **self.filters}
        values = {name: rule.read(given[name]) for name, rule in rules.items() if name in given}
        wrong = [_invalid(name, given[name], rules[name].wants) for name, value in values.items() if value is None]
        if faults := wrong + self._missing(given) + self._at_odds(given):
            raise invalid_query(self.collection, faults)
        skip, pin = values.get(CONTINUATION, (values.get(SKIP, 0), None))
        return Query(
            filters={name: values[name] for name in self.filters if name in values},
            order=values.get(ORDER_BY, ()),
            top=values.get(TOP, _DEFAULT_TOP),
            skip=skip,
            continued=CONTINUATION in values,
            pin=pin,
        )

    def _missing(self, given: Mapping[str, str]) -> list[Detail]:
        return [
            Detail("MissingRequiredParameter", f"Required parameter '{name}' is missing.", name)
            for name in self.required
            if name not in given
        ]

    def _at_odds(self, given: Mapping[str, str]) -> list[Detail]:
        return [
            Detail("MutuallyExclusiveParametersProvided", f"'{one}' and '{other}' must not be used together.", other)
            for one, other in ((SKIP, CONTINUATION), *self.exclusive)
            if one in given and other in given
        ]


def _invalid(name: str, value: str, wants: str) -> Detail:
    return Detail("InvalidValue", f"'{value}' is not a valid '{name}' value. '{name}' must be {wants}.", name)


def _natural(text: str) -> int | None:
    """Read a non-negative integer: ASCII digits only, as long as it fits into 64 bits."""
    plain = text.isascii() and text.isdigit() and len(text) <= len(str(_LARGEST_INTEGER))
    return int(text) if plain and int(text) <= _LARGEST_INTEGER else None


def _page_size(text: str) -> int | None:
    size = _natural(text)
    return size if size and size <= _LARGEST_TOP else None


def _order(properties: tuple[str, ...]) -> Rule:
    def read(text: str) -> tuple[tuple[str, bool], ...] | None:
        parts = [part.split() for part in text.split(",")]
        known = all(part and part[0] in properties and part[1:] in ([], ["asc"], ["desc"]) for part in parts)
        return tuple((part[0], part[1:] == ["desc"]) for part in parts) if known else None

    names = " or ".join(f"'{name}'" for name in properties)
    return Rule(f"one or more of {names}, each optionally followed by 'asc' or 'desc'", read)


def _token(skip: int, pin: int | None) -> str:
    return urlsafe_b64encode(f"{skip}.{'' if pin is None else pin}".encode()).decode().rstrip("=")


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


def _one_of(*words: str) -> Rule:
    return Rule(" or ".join(f"'{word}'" for word in words), lambda text: text if text in words else None)


_PAGING = {
    TOP: Rule(f"a positive integer not greater than {_LARGEST_TOP}", _page_size),
    SKIP: Rule("a non-negative integer", _natural),
    CONTINUATION: Rule("empty or taken from a link to another page", _place),
}
_INDEX = Rule("a non-negative integer", _natural)
_TEXT = Rule(f"a text of 1 to {_LONGEST_TEXT} characters", _words)

CHANGESETS = Grammar("Changesets", {"afterIndex": _INDEX, "lastIndex": _INDEX}, ("index",))
NAMED_VERSIONS = Grammar(
    "Named Versions",
    {"name": _TEXT, "$search": _TEXT, "state": _one_of("visible", "hidden")},
    ("changesetIndex", "createdDateTime"),
    exclusive=(("name", "$search"),),
)
IMODELS = Grammar(
    "iModels",
    {"iTwinId": _TEXT, "name": _TEXT, "$search": _TEXT, "state": _one_of("initialized", "notInitialized")},
    ("name", "createdDateTime"),
    required=("iTwinId",),
    exclusive=(("name", "$search"),),
)
