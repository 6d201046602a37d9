"""Effects that break, delay or change a response."""

import asyncio
import gzip
import itertools
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from tornado.iostream import IOStream

from imodels_hub.api.query import format_continuation_token
from imodels_hub.api.responses import Json, Response, ResponseChange, ResponseWriter
from imodels_hub.faults.effects import Effect, FaultContext, Proceed

_CHUNK = 1 << 16  # bytes
_MEGABYTE = 1 << 20
_COMPRESSION_LEVEL = 1
_GZIP = 31  # zlib's number for the format
_LAST_YEAR = 9999
_UNUSED_HOST = "http://203.0.113.9"  # RFC 5737: an address for documentation


def delay(ms: int = 1000) -> Effect:
    """Wait some milliseconds before the response."""
    return _build_change(lambda response: replace(response, delay=response.delay + ms / 1000))


def cut_connection(at: int = 100) -> Effect:
    """Close the connection after some bytes of the body."""
    return _build_change(lambda response: replace(response, cut_after=at))


def shorten_body(at: int = 100) -> Effect:
    """Send only the first bytes of the body, with a Content-Length that fits them."""
    return _build_change(lambda response: replace(response, body=response.body[:at]))


def send_slowly(ms: int = 1000) -> Effect:
    """Send the body byte by byte, with a pause of some milliseconds after each."""

    async def write(stream: IOStream, head: bytes, body: bytes) -> None:
        await stream.write(head)
        for position in range(len(body)):
            await stream.write(body[position : position + 1])
            await asyncio.sleep(ms / 1000)

    return _build_writing(write)


def send_endless_body() -> Effect:
    """Send blanks after the body, without end."""

    async def write(stream: IOStream, head: bytes, body: bytes) -> None:
        await stream.write(head + b"%x\r\n%s\r\n" % (len(body), body))
        while True:
            await stream.write(b"%x\r\n%s\r\n" % (_CHUNK, b" " * _CHUNK))

    def change(response: Response) -> Response:
        return replace(response, headers={**response.headers, "Transfer-Encoding": "chunked"}, writer=write)

    return _build_change(change)


def send_endless_continue(ms: int = 10) -> Effect:
    """Send 100 Continue again and again, and never the response."""

    async def write(stream: IOStream, _: bytes, __: bytes) -> None:
        while True:
            await stream.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            await asyncio.sleep(ms / 1000)

    return _build_writing(write)


def send_early_hints() -> Effect:
    """Send 103 Early Hints before the response."""

    async def write(stream: IOStream, head: bytes, body: bytes) -> None:
        await stream.write(b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n" + head + body)

    return _build_writing(write)


def truncate_gzip() -> Effect:
    """Send half of a gzip stream, with a Content-Length that fits the half."""

    def compress(body: bytes) -> bytes:
        compressed = gzip.compress(body)
        return compressed[: len(compressed) // 2]

    return _build_compression(compress)


def send_gzip_bomb(megabytes: int = 1000) -> Effect:
    """Send a small gzip body with many megabytes of blanks before the right body."""

    def compress(body: bytes) -> bytes:
        compressor = zlib.compressobj(_COMPRESSION_LEVEL, wbits=_GZIP)
        blanks = [compressor.compress(b" " * _MEGABYTE) for _ in range(megabytes)]
        return b"".join([*blanks, compressor.compress(body), compressor.flush()])

    return _build_compression(compress)


def split_gzip() -> Effect:
    """Send a gzip body of two members, which is the same as one."""

    def compress(body: bytes) -> bytes:
        half = len(body) // 2
        return gzip.compress(body[:half]) + gzip.compress(body[half:])

    return _build_compression(compress)


def link_foreign_host() -> Effect:
    """Link the next page to another host."""

    def edit(page: Json) -> None:
        if following := page["_links"].get("next"):
            path = following["href"].split("/", 3)[-1]
            page["_links"]["next"] = {"href": f"{_UNUSED_HOST}/{path}"}

    return _build_edit(edit)


def link_same_page() -> Effect:
    """Link the next page to the page itself."""
    return _build_edit(lambda page: page["_links"].update(next=page["_links"]["self"]))


def link_first_page() -> Effect:
    """Link the next page to the first one, with a new token each time."""
    serial = itertools.count()

    def edit(page: Json) -> None:
        address, _, query = page["_links"]["self"]["href"].partition("?")
        parts = [part for part in query.split("&") if not part.startswith(("$skip=", "$continuationToken="))]
        token = format_continuation_token(0, None, next(serial))
        page["_links"]["next"] = {"href": f"{address}?{'&'.join([f'$continuationToken={token}', *parts])}"}

    return _build_edit(edit)


def remove_rows(at: int = 1, count: int = 1) -> Effect:
    """Remove rows from the page, from a position counted from 0."""
    return _build_edit(lambda page: _get_rows(page).__delitem__(slice(at, at + count)))


def remove_field(field: str = "id") -> Effect:
    """Remove a field from every row of the page."""
    return _build_edit(lambda page: [owner.pop(name, None) for owner, name in _iterate_fields(page, field)])


def change_type(field: str = "index") -> Effect:
    """Convert a field of every row: a number to text, anything else to a number."""
    return _build_conversion(field, lambda value: "many" if isinstance(value, int) else 7)


def add_lone_surrogate(field: str = "description") -> Effect:
    """Add half of a surrogate pair, as a cut emoji leaves it, to a text of every row."""
    return _build_conversion(field, lambda value: f"{value or ''}\ud83d")


def add_control_characters(field: str = "description") -> Effect:
    """Add an escape sequence, a null and a bidirectional mark to a text of every row."""
    return _build_conversion(field, lambda value: f"{value or ''}\x1b[31m\x00\u202e")


def set_impossible_date(field: str = "pushDateTime", year: int = 1) -> Effect:
    """Set a date of every row to the start of year 1, or to the end of year=9999."""
    day = "12-31T23:59:59" if year == _LAST_YEAR else "01-01T00:00:00"
    return _build_conversion(field, lambda _: f"{year:04d}-{day}Z")


def set_huge_number(field: str = "fileSize", digits: int = 5000) -> Effect:
    """Set a field of every row to a number of many digits."""
    mark = "a number of many digits"
    marked = _build_conversion(field, lambda _: mark)

    def effect(proceed: Proceed, context: FaultContext) -> Response:
        response = marked(proceed, context)
        return replace(response, body=response.body.replace(json.dumps(mark).encode(), b"9" * digits))

    return effect


def _build_change(change: ResponseChange) -> Effect:
    return lambda proceed, _: change(proceed())


def _build_writing(writer: ResponseWriter) -> Effect:
    return _build_change(lambda response: replace(response, writer=writer))


def _build_compression(compress: Callable[[bytes], bytes]) -> Effect:
    def change(response: Response) -> Response:
        headers = {**response.headers, "Content-Encoding": "gzip"}
        return replace(response, body=compress(response.body), headers=headers)

    return _build_change(change)


def _build_edit(edit: Callable[[Json], object]) -> Effect:
    """Return the effect that edits the page of a list; other responses stay the same."""

    def change(response: Response) -> Response:
        if response.rows is None:
            return response
        page = json.loads(response.body)
        edit(page)
        text = json.dumps(page, ensure_ascii=False, separators=(",", ":"))
        return replace(response, body=text.encode(errors="backslashreplace"))  # writes half a pair as JSON does

    return _build_change(change)


def _build_conversion(field: str, convert: Callable[[Any], Any]) -> Effect:
    """Return the effect that converts a field of every row."""
    return _build_edit(
        lambda page: [owner.update({name: convert(owner.get(name))}) for owner, name in _iterate_fields(page, field)]
    )


def _iterate_fields(page: Json, field: str) -> Iterator[tuple[Json, str]]:
    """Iterate over the objects that hold a field, such as ``statistics.x``."""
    *owners, name = field.split(".")
    for row in _get_rows(page):
        owner = row
        for part in owners:
            owner = owner.setdefault(part, {})
        yield owner, name


def _get_rows(page: Json) -> list[Json]:
    value = next(iter(page.values()))
    return value if isinstance(value, list) else [value]
