"""Lists: filtered, sorted, cut into pages, with links to the pages around."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from imodels_hub.api.answers import Answer, found
from imodels_hub.api.query import Query

Json = dict[str, Any]
Row = TypeVar("Row")
Keys = Mapping[str, Callable[[Row], Any]]


def page(name: str, rows: Sequence[Json], url: str, query: Query, *, more: bool) -> Json:
    """Write the body of a list: the rows, and links to this page, the one before and the one behind it."""
    links = {
        "self": _link(url, query),
        "prev": _link(url, query.prev()) if query.skip else None,
        "next": _link(url, query.next()) if more else None,
    }
    return {name: rows, "_links": links}


def _link(url: str, query: Query) -> Json:
    return {"href": f"{url}?{query.text()}"}


def listed(body: Json) -> Answer:
    """Answer with the body of a list."""
    return found(body, rows=len(next(iter(body.values()))))


def cut(rows: Sequence[Row], query: Query) -> tuple[Sequence[Row], bool]:
    """Cut the page out of all rows; tell whether rows are left behind it."""
    end = query.skip + query.top
    return rows[query.skip : end], end < len(rows)


def ordered(
    rows: Sequence[Row], query: Query, keys: Keys[Row], default: tuple[tuple[str, bool], ...] = ()
) -> list[Row]:
    """Sort rows by what the query says, or else by the default."""
    found_rows = list(rows)
    for name, descending in reversed(query.order or default):
        found_rows.sort(key=keys[name], reverse=descending)
    return found_rows


def named(rows: Sequence[Row], query: Query, name: Callable[[Row], str], text: Callable[[Row], str]) -> list[Row]:
    """Choose rows by their exact ``name``, and by ``$search`` in their text, whatever the case."""
    needle = query.filters.get("$search", "").casefold()
    wanted = query.filters.get("name")
    return [row for row in rows if wanted in (None, name(row)) and needle in text(row).casefold()]
