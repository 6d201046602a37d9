"""Faults that spoil: the answer is on its way, and arrives broken, late or wrong."""

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from imodels_hub.api.answers import Answer
from imodels_hub.faults.effect import Effect

Json = dict[str, Any]

_ELSEWHERE = "http://203.0.113.9"  # RFC 5737: an address that nobody has


def latency(ms: int = 1000) -> Effect:
    """Answer some milliseconds late."""
    return lambda proceed, _: _late(proceed(), ms)


def _late(answer: Answer, ms: int) -> Answer:
    return replace(answer, delay=answer.delay + ms / 1000)


def reset(at: int = 100) -> Effect:
    """Drop the connection after some bytes of the body."""
    return lambda proceed, _: replace(proceed(), cut_after=at)


def truncated_gzip() -> Effect:
    """Send half of a gzip stream, with a Content-Length that fits the half."""

    def effect(answer: Answer) -> Answer:
        whole = gzip.compress(answer.body)
        return replace(answer, body=whole[: len(whole) // 2], headers={**answer.headers, "Content-Encoding": "gzip"})

    return lambda proceed, _: effect(proceed())


def foreign_next() -> Effect:
    """Let the link to the next page lead to another host."""

    def change(page: Json) -> None:
        if following := page["_links"].get("next"):
            path = following["href"].split("/", 3)[-1]
            page["_links"]["next"] = {"href": f"{_ELSEWHERE}/{path}"}

    return _edited(change)


def looping_next() -> Effect:
    """Let the link to the next page lead to the page itself."""
    return _edited(lambda page: page["_links"].update(next=page["_links"]["self"]))


def missing_field(field: str = "id") -> Effect:
    """Take a field from every row of the page."""

    def change(page: Json) -> None:
        for row in _rows(page):
            row.pop(field, None)

    return _edited(change)


def wrong_type(field: str = "index") -> Effect:
    """Give a field of every row another type: text to a number, a number to anything else."""

    def change(page: Json) -> None:
        for row in _rows(page):
            row[field] = "many" if isinstance(row.get(field), int) else 7

    return _edited(change)


def missing_rows(at: int = 1, count: int = 1) -> Effect:
    """Leave rows of the page out, some way behind its start."""
    return _edited(lambda page: _rows(page).__delitem__(slice(at, at + count)))


def _rows(page: Json) -> list[Json]:
    """Give the rows of a list, or the one that there is."""
    value = next(iter(page.values()))
    return value if isinstance(value, list) else [value]


def _edited(change: Callable[[Json], object]) -> Effect:
    """Change what is found; errors stay as they are."""

    def edit(answer: Answer) -> Answer:
        if answer.rows is None:
            return answer
        page = json.loads(answer.body)
        change(page)
        return replace(answer, body=json.dumps(page, ensure_ascii=False, separators=(",", ":")).encode())

    return lambda proceed, _: edit(proceed())
