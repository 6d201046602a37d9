"""Faults that spoil: the answer is on its way, and arrives broken, late or wrong."""

import asyncio
import gzip
import itertools
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from tornado.iostream import IOStream

from imodels_hub.api.answers import Answer
from imodels_hub.api.rules import token_of
from imodels_hub.faults.effect import Effect, Scene

Json = dict[str, Any]

_BLANKS = 1 << 16  # bytes that are sent at once
_MEGABYTE = 1 << 20
_QUICK = 1  # level of compression
_GZIP = 31  # what zlib calls the format
_LAST_YEAR = 9999
_ELSEWHERE = "http://203.0.113.9"  # RFC 5737: an address that nobody has


def latency(ms: int = 1000) -> Effect:
    """Answer some milliseconds late."""
    return lambda proceed, _: _late(proceed(), ms)


def _late(answer: Answer, ms: int) -> Answer:
    return replace(answer, delay=answer.delay + ms / 1000)


def reset(at: int = 100) -> Effect:
    """Drop the connection after some bytes of the body."""
    return lambda proceed, _: replace(proceed(), cut_after=at)


def short_body(at: int = 100) -> Effect:
    """Send only the first bytes of the body, with a Content-Length that fits them."""

    def effect(answer: Answer) -> Answer:
        return replace(answer, body=answer.body[:at])

    return lambda proceed, _: effect(proceed())


def slow_bytes(ms: int = 1000) -> Effect:
    """Send the body byte by byte, with some milliseconds between two."""

    async def deliver(stream: IOStream, head: bytes, body: bytes) -> None:
        await stream.write(head)
        for place in range(len(body)):
            await stream.write(body[place : place + 1])
            await asyncio.sleep(ms / 1000)

    return lambda proceed, _: replace(proceed(), delivery=deliver)


def endless_continue(ms: int = 10) -> Effect:
    """Send 100 Continue again and again, and never the answer."""

    async def deliver(stream: IOStream, _: bytes, __: bytes) -> None:
        while True:
            await stream.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            await asyncio.sleep(ms / 1000)

    return lambda proceed, _: replace(proceed(), delivery=deliver)


def endless_body() -> Effect:
    """Send blanks after the body, without end."""

    async def deliver(stream: IOStream, head: bytes, body: bytes) -> None:
        await stream.write(head + b"%x\r\n%s\r\n" % (len(body), body))
        while True:
            await stream.write(b"%x\r\n%s\r\n" % (_BLANKS, b" " * _BLANKS))

    def effect(answer: Answer) -> Answer:
        return replace(answer, headers={**answer.headers, "Transfer-Encoding": "chunked"}, delivery=deliver)

    return lambda proceed, _: effect(proceed())


def early_hints() -> Effect:
    """Send 103 Early Hints before the answer."""

    async def deliver(stream: IOStream, head: bytes, body: bytes) -> None:
        await stream.write(b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n" + head + body)

    return lambda proceed, _: replace(proceed(), delivery=deliver)


def gzip_bomb(megabytes: int = 1000) -> Effect:
    """Send a small gzip body that unpacks to many megabytes of blanks, with the right body behind them."""

    def effect(answer: Answer) -> Answer:
        packer = zlib.compressobj(_QUICK, wbits=_GZIP)
        packed = [packer.compress(b" " * _MEGABYTE) for _ in range(megabytes)]
        body = b"".join([*packed, packer.compress(answer.body), packer.flush()])
        return replace(answer, body=body, headers={**answer.headers, "Content-Encoding": "gzip"})

    return lambda proceed, _: effect(proceed())


def gzip_members() -> Effect:
    """Send a gzip body of two members, which is the same as one."""

    def effect(answer: Answer) -> Answer:
        half = len(answer.body) // 2
        body = gzip.compress(answer.body[:half]) + gzip.compress(answer.body[half:])
        return replace(answer, body=body, headers={**answer.headers, "Content-Encoding": "gzip"})

    return lambda proceed, _: effect(proceed())


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


def endless_list() -> Effect:
    """Let the link to the next page carry a new token each time, and lead to the first page for ever."""
    serial = itertools.count()

    def change(page: Json) -> None:
        address, _, query = page["_links"]["self"]["href"].partition("?")
        kept = [part for part in query.split("&") if not part.startswith(("$skip=", "$continuationToken="))]
        token = token_of(0, None, next(serial))
        page["_links"]["next"] = {"href": f"{address}?{'&'.join([f'$continuationToken={token}', *kept])}"}

    return _edited(change)


def missing_field(field: str = "id") -> Effect:
    """Take a field from every row of the page."""
    return _edited(lambda page: [owner.pop(name, None) for owner, name in _fields(page, field)])


def wrong_type(field: str = "index") -> Effect:
    """Give a field of every row another type: text to a number, a number to anything else."""
    return _with_value(field, lambda value: "many" if isinstance(value, int) else 7)


def lone_surrogate(field: str = "description") -> Effect:
    """Put half of a surrogate pair, as a cut emoji leaves it, at the end of a text of every row."""
    return _with_value(field, lambda value: f"{value or ''}\ud83d")


def control_characters(field: str = "description") -> Effect:
    """Put a terminal's escape sequence, a null character and a mark that turns text around into a text of every row."""
    return _with_value(field, lambda value: f"{value or ''}\x1b[31m\x00\u202e")


def impossible_date(field: str = "pushDateTime", year: int = 1) -> Effect:
    """Give every row a date in a year that few can hold: 1 is the first moment of year 1, 9999 the last of 9999."""
    day = "12-31T23:59:59" if year == _LAST_YEAR else "01-01T00:00:00"
    return _with_value(field, lambda _: f"{year:04d}-{day}Z")


def huge_number(field: str = "fileSize", digits: int = 5000) -> Effect:
    """Give every row a number of many digits."""
    mark = "a number of many digits"
    marked = _with_value(field, lambda _: mark)

    def effect(proceed: Callable[[], Answer], scene: Scene) -> Answer:
        answer = marked(proceed, scene)
        return replace(answer, body=answer.body.replace(json.dumps(mark).encode(), b"9" * digits))

    return effect


def missing_rows(at: int = 1, count: int = 1) -> Effect:
    """Leave rows of the page out, some way behind its start."""
    return _edited(lambda page: _rows(page).__delitem__(slice(at, at + count)))


def _rows(page: Json) -> list[Json]:
    """Give the rows of a list, or the one that there is."""
    value = next(iter(page.values()))
    return value if isinstance(value, list) else [value]


def _fields(page: Json, field: str) -> Iterator[tuple[Json, str]]:
    """Give where a field stands in every row; ``statistics.briefcasesCount`` is a field of an object of the row."""
    *owners, name = field.split(".")
    for row in _rows(page):
        owner = row
        for each in owners:
            owner = owner.setdefault(each, {})
        yield owner, name


def _with_value(field: str, change: Callable[[Any], Any]) -> Effect:
    """Change the value of a field in every row."""
    return _edited(lambda page: [owner.update({name: change(owner.get(name))}) for owner, name in _fields(page, field)])


def _edited(change: Callable[[Json], object]) -> Effect:
    """Change what is found; errors stay as they are."""

    def edit(answer: Answer) -> Answer:
        if answer.rows is None:
            return answer
        page = json.loads(answer.body)
        change(page)
        text = json.dumps(page, ensure_ascii=False, separators=(",", ":"))
        return replace(answer, body=text.encode(errors="backslashreplace"))  # writes half a pair as JSON does

    return lambda proceed, _: edit(proceed())
