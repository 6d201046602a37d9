"""Query parameters and pages of lists."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar
from urllib.parse import parse_qsl, quote, urlencode

from imodels_hub.api.errors import Detail, build_invalid_request
from imodels_hub.api.responses import Json, Response, build_ok_response

DEFAULT_TOP = 100
SKIP = "$skip"
TOP = "$top"
ORDER_BY = "$orderBy"
CONTINUATION = "$continuationToken"

_MAX_TOP = 1000
_MAX_TEXT = 255
_MAX_INTEGER = 2**63 - 1
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_CONTINUATION_TOKEN = re.compile(rb"([0-9]{1,18})\.([0-9]{0,18})(?:\.[0-9]{1,18})?")

Row = TypeVar("Row")
SortKeys = Mapping[str, Callable[[Row], Any]]
"""Sort keys of rows, by the names of the properties to sort by."""


@dataclass(frozen=True)
class Query:
    """A valid query of a list.

    Parameters
    ----------
    filters
        Parameters that filter rows, by name, in the order of the links to pages.
    order
        Properties to sort by, the most important first, each with whether it descends.
    top
        Number of rows on a page.
    skip
        Number of rows before the page.
    has_token
        Whether the client pages by ``$continuationToken`` instead of ``$skip``.
    max_index
        Last index of a descending list that is paged by token, so that pushes do not shift it.
    order_by
        Name of the parameter that sorts.
    """

    filters: Mapping[str, Any]
    order: tuple[tuple[str, bool], ...] = ()
    top: int = DEFAULT_TOP
    skip: int = 0
    has_token: bool = False
    max_index: int | None = None
    order_by: str = ORDER_BY

    def format(self) -> str:
        """Format the query for the links of a page, with ``$`` unescaped."""
        token = format_continuation_token(self.skip, self.max_index)
        start = {CONTINUATION: token} if self.has_token else {SKIP: self.skip}
        order = ",".join(f"{name} desc" if is_descending else name for name, is_descending in self.order)
        parts = {**start, TOP: self.top, **self.filters, **({self.order_by: order} if order else {})}
        return urlencode(parts, safe="$,", quote_via=quote)

    def next(self) -> "Query":
        """Return the query of the following page."""
        return replace(self, skip=self.skip + self.top)

    def previous(self) -> "Query":
        """Return the query of the preceding page."""
        return replace(self, skip=max(self.skip - self.top, 0))


@dataclass(frozen=True)
class Parameter:
    """The form of a query parameter.

    Parameters
    ----------
    must_be
        Completes the sentence "'$skip' must be ..."; if empty, the sentence is left out.
    parse
        Parses a text; returns `None` if it is invalid.
    """

    must_be: str
    parse: Callable[[str], Any]


@dataclass(frozen=True)
class ListParameters:
    """The query parameters of one list.

    Parameters
    ----------
    collection
        Name of the rows in error messages.
    filters
        Forms of the parameters that filter rows.
    orders
        Properties that the list can be sorted by.
    required
        Parameters that must be given.
    exclusive
        Pairs of parameters that exclude each other.
    order_by
        Name of the parameter that sorts.
    code
        Error code of an invalid query.
    """

    collection: str
    filters: Mapping[str, Parameter] = field(default_factory=dict)
    orders: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    exclusive: tuple[tuple[str, str], ...] = ()
    order_by: str = ORDER_BY
    code: str = "InvalidiModelsRequest"

    def parse(self, text: str) -> Query:
        """Parse the query part of a URL; unknown parameters are ignored.

        Raises
        ------
        ApiError
            422, with one detail for each parameter that is invalid, missing or excluded by another.
        """
        given = dict(parse_qsl(text, keep_blank_values=True))
        order = {self.order_by: _build_order_parameter(self.orders)} if self.orders else {}
        parameters = {**_PAGING, **order, **self.filters}
        values = {name: parameters[name].parse(given[name]) for name in parameters if name in given}
        problems = [
            *(
                _build_invalid_value(name, given[name], parameters[name])
                for name, value in values.items()
                if value is None
            ),
            *self._find_missing(given),
            *self._find_excluded(given),
        ]
        if problems:
            raise build_invalid_request(f"Cannot get {self.collection}.", problems, self.code)
        skip, max_index = values.get(CONTINUATION, (values.get(SKIP, 0), None))
        return Query(
            filters={name: values[name] for name in self.filters if name in values},
            order=values.get(self.order_by, ()),
            top=values.get(TOP, DEFAULT_TOP),
            skip=skip,
            has_token=CONTINUATION in values,
            max_index=max_index,
            order_by=self.order_by,
        )

    def _find_missing(self, given: Mapping[str, str]) -> list[Detail]:
        return [
            Detail("MissingRequiredParameter", f"Required parameter '{name}' is missing.", name)
            for name in self.required
            if name not in given
        ]

    def _find_excluded(self, given: Mapping[str, str]) -> list[Detail]:
        return [
            Detail("MutuallyExclusiveParametersProvided", f"'{one}' and '{other}' must not be used together.", other)
            for one, other in ((SKIP, CONTINUATION), *self.exclusive)
            if one in given and other in given
        ]


def _build_invalid_value(name: str, value: str, parameter: Parameter) -> Detail:
    must_be = f" '{name}' must be {parameter.must_be}." if parameter.must_be else ""
    return Detail("InvalidValue", f"'{value}' is not a valid '{name}' value.{must_be}", name)


def build_page(name: str, rows: Sequence[Json], url: str, query: Query, *, has_more: bool) -> Json:
    """Build the body of a list: the rows, and links to this page and its neighbors."""
    links = {
        "self": _build_page_link(url, query),
        "prev": _build_page_link(url, query.previous()) if query.skip else None,
        "next": _build_page_link(url, query.next()) if has_more else None,
    }
    return {name: rows, "_links": links}


def _build_page_link(url: str, query: Query) -> Json:
    return {"href": f"{url}?{query.format()}"}


def build_list_response(body: Json) -> Response:
    """Build the response of a list."""
    return build_ok_response(body, rows=len(next(iter(body.values()))))


def paginate(rows: Sequence[Row], query: Query) -> tuple[Sequence[Row], bool]:
    """Return the rows of the page, and whether rows follow."""
    end = query.skip + query.top
    return rows[query.skip : end], end < len(rows)


def sort_rows(
    rows: Sequence[Row], query: Query, keys: SortKeys[Row], default: tuple[tuple[str, bool], ...] = ()
) -> list[Row]:
    """Sort rows by the order of the query, or else by the default."""
    result = list(rows)
    for name, is_descending in reversed(query.order or default):
        result.sort(key=keys[name], reverse=is_descending)
    return result


def filter_by_name(
    rows: Sequence[Row], query: Query, name_of: Callable[[Row], str], text_of: Callable[[Row], str]
) -> list[Row]:
    """Filter rows by exact ``name``, and by ``$search`` in their text, in any case."""
    name = query.filters.get("name")
    search = query.filters.get("$search", "").casefold()
    return [row for row in rows if name in (None, name_of(row)) and search in text_of(row).casefold()]


def format_continuation_token(skip: int, max_index: int | None, serial: int | None = None) -> str:
    """Format a continuation token; a serial only makes it unique."""
    end = "" if serial is None else f".{serial}"
    return urlsafe_b64encode(f"{skip}.{'' if max_index is None else max_index}{end}".encode()).decode().rstrip("=")


def _parse_continuation_token(token: str) -> tuple[int, int | None] | None:
    """Parse a continuation token; the empty one is the start."""
    try:
        match = _CONTINUATION_TOKEN.fullmatch(urlsafe_b64decode(token + "=" * (-len(token) % 4)) if token else b"0.")
    except ValueError:
        return None
    skip, max_index = (_parse_natural(number.decode()) for number in match.groups()) if match else (None, None)
    return None if skip is None else (skip, max_index)


def _parse_natural(text: str) -> int | None:
    """Parse a non-negative integer: ASCII digits only, 64 bits."""
    is_short = text.isascii() and text.isdigit() and len(text) <= len(str(_MAX_INTEGER))
    return int(text) if is_short and int(text) <= _MAX_INTEGER else None


def _parse_page_size(text: str) -> int | None:
    size = _parse_natural(text)
    return size if size and size <= _MAX_TOP else None


def _parse_text(text: str) -> str | None:
    return text if 0 < len(text) <= _MAX_TEXT else None


def _parse_guid(text: str) -> str | None:
    return text.lower() if _GUID.fullmatch(text) else None


def _build_order_parameter(properties: tuple[str, ...]) -> Parameter:
    """Build the form of ``$orderBy``: properties with their directions."""

    def parse(text: str) -> tuple[tuple[str, bool], ...] | None:
        parts = [part.split() for part in text.split(",")]
        is_valid = all(part and part[0] in properties and part[1:] in ([], ["asc"], ["desc"]) for part in parts)
        return tuple((part[0], part[1:] == ["desc"]) for part in parts) if is_valid else None

    names = " or ".join(f"'{name}'" for name in properties)
    return Parameter(f"one or more of {names}, each optionally followed by 'asc' or 'desc'", parse)


def _build_choice(*words: str) -> Parameter:
    """Build the form of a parameter that is one of a few words."""
    return Parameter(" or ".join(f"'{word}'" for word in words), lambda text: text if text in words else None)


NATURAL = Parameter("a non-negative integer", _parse_natural)
TEXT = Parameter(f"a text of 1 to {_MAX_TEXT} characters", _parse_text)
GUID = Parameter("", _parse_guid)
UNSUPPORTED = Parameter("left out, since the sample does not support it", lambda _: None)
_PAGING = {
    TOP: Parameter(f"a positive integer not greater than {_MAX_TOP}", _parse_page_size),
    SKIP: NATURAL,
    CONTINUATION: Parameter("empty or taken from a link to another page", _parse_continuation_token),
}

CHANGESETS = ListParameters("Changesets", {"afterIndex": NATURAL, "lastIndex": NATURAL}, ("index",))
EXTENDED_DATA = ListParameters("Changeset Extended Data")
CHANGESET_GROUPS = ListParameters("Changeset Groups")
NAMED_VERSIONS = ListParameters(
    "Named Versions",
    {"name": TEXT, "$search": TEXT, "state": _build_choice("visible", "hidden")},
    ("changesetIndex", "createdDateTime"),
    exclusive=(("name", "$search"),),
)
IMODELS = ListParameters(
    "iModels",
    {"iTwinId": GUID, "name": TEXT, "$search": TEXT, "state": _build_choice("initialized", "notInitialized")},
    ("name", "createdDateTime"),
    required=("iTwinId",),
    exclusive=(("name", "$search"),),
)
FAVORITES = ListParameters("favorite iModels", {"iTwinId": GUID}, required=("iTwinId",))
RECENTS = ListParameters("recent iModels", {"iTwinId": GUID}, required=("iTwinId",))
THUMBNAIL = ListParameters("Thumbnail", {"size": _build_choice("small", "large")})
BRIEFCASES = ListParameters("Briefcases", {"ownerId": TEXT}, ("acquiredDateTime",))
USERS = ListParameters("Users", {}, ("givenName", "surname"))
LOCKS = ListParameters("Locks", {"briefcaseId": NATURAL, "lockLevel": _build_choice("shared", "exclusive")})
RELEASED_LOCKS = ListParameters("Released Locks", {"afterChangesetIndex": NATURAL}, required=("afterChangesetIndex",))
ITWINS = ListParameters(
    "iTwins",
    {
        **dict.fromkeys(("subClass", "type", "number", "displayName", "parentId", "iTwinAccountId", "$search"), TEXT),
        "status": _build_choice("Active", "Inactive", "Trial"),
        "includeInactive": _build_choice("true", "false"),
        "$filter": UNSUPPORTED,
        "$select": UNSUPPORTED,
    },
    ("displayName", "number", "subClass", "createdDateTime"),
    exclusive=(("number", "$search"), ("displayName", "$search"), ("status", "includeInactive")),
    order_by="$orderby",
    code="InvalidiTwinsRequest",
)
