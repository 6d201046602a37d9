"""Responses of the API as values, so that a test can replace one."""

import gzip
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from tornado.iostream import IOStream

from imodels_hub.api.errors import ApiError

Json = dict[str, Any]

_COMPRESSION_LEVEL = 1  # compresses a page to an eighth in 2 ms; the default takes three times as long for little more
_JSON_HEADERS = {"Content-Type": "application/json", "Vary": "Accept, Accept-Encoding, Prefer"}


@dataclass(frozen=True)
class Response:
    """One HTTP response.

    Parameters
    ----------
    status
        HTTP status.
    body
        The bytes to send.
    headers
        Headers besides Content-Length.
    cut_after
        Number of bytes of the body after which the connection is closed, although Content-Length promises all of
        them. `None` sends the whole body.
    writer
        Writes head and body to the connection instead of the HTTP server.
    rows
        Number of rows in the body of a list, for the log.
    delay
        Seconds to wait before it is sent.
    """

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    cut_after: int | None = None
    writer: "ResponseWriter | None" = None
    rows: int | None = None
    delay: float = 0.0

    @property
    def is_json(self) -> bool:
        """Whether it has a JSON body."""
        return bool(self.body) and self.headers.get("Content-Type") == _JSON_HEADERS["Content-Type"]

    @cached_property
    def compressed(self) -> "Response":
        """The same response with a gzip body."""
        headers = {**self.headers, "Content-Encoding": "gzip"}
        return replace(self, body=gzip.compress(self.body, _COMPRESSION_LEVEL, mtime=0), headers=headers)


ResponseWriter = Callable[[IOStream, bytes, bytes], Awaitable[None]]
"""Writes the head and the body of a response to its connection, which is closed afterwards."""

ResponseChange = Callable[[Response], Response]
"""Returns the response to send in the place of another."""


def build_ok_response(value: Json, rows: int | None = None) -> Response:
    """Build a response 200 with a JSON body."""
    return Response(200, encode_json(value), _JSON_HEADERS, rows=rows)


def build_created_response(value: Json) -> Response:
    """Build a response 201 with a JSON body."""
    return Response(201, encode_json(value), _JSON_HEADERS)


def build_empty_response() -> Response:
    """Build a response 204 without a body."""
    return Response(204, b"", {"Vary": _JSON_HEADERS["Vary"]})


def build_error_response(error: ApiError) -> Response:
    """Build the response of an error."""
    return Response(error.status, encode_json(error.body), {**_JSON_HEADERS, **error.headers})


def encode_json(value: Json) -> bytes:
    """Encode a JSON body."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
