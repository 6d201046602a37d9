"""Base handlers: JSON errors, early responses and the request log."""

import asyncio
import logging
import math
import re
from collections import deque
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from tornado.iostream import IOStream, StreamClosedError
from tornado.web import HTTPError, RequestHandler, stream_request_body

from imodels_hub.api.errors import ApiError, build_method_not_allowed, build_unknown_error, build_unknown_route
from imodels_hub.api.responses import Response, build_error_response

if TYPE_CHECKING:
    from asyncio import Future

LOGGER = logging.getLogger("imodels_nb.sample")
MAX_BODY = 1 << 20
"""Bytes of a body that a handler reads unless it allows more."""

_LENGTH = re.compile(r"[0-9]{1,4000}")  # Python reads no number of more than 4,300 digits
_MAX_LINES = 10_000
_MAX_DISCARDED = 64 << 20  # bytes


class RequestLog:
    """The last requests, a line each without token, code, signature or id.

    Lines also go to the ``imodels_nb.sample`` logger at level INFO.
    """

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=_MAX_LINES)

    def add(self, line: str) -> None:
        """Add a line, for example ``token slow_down``."""
        self._lines.append(line)
        LOGGER.info(line)

    def list_lines(self) -> list[str]:
        """Return the lines, the oldest first."""
        return list(self._lines)


class Handler(RequestHandler):
    """A handler that logs its route instead of the path, which may hold a secret."""

    route = "unknown route"
    allowed = "GET"

    def set_default_headers(self) -> None:
        """Clear the Server header."""
        self.clear_header("Server")

    def prepare(self) -> None:
        """Send 403 to requests with a foreign Host or Origin."""
        if error := self.settings["allowed_hosts"].check(self.request):
            self.send_api_error(error)

    def compute_etag(self) -> None:
        """Compute no ETag: the service sends none."""

    def format_log_line(self) -> str:
        """Format the line for the request log."""
        return f"{self.request.method} {self.route} {self.get_status()}"

    def log_response(self) -> None:
        """Add the line to the request log."""
        self.settings["request_log"].add(self.format_log_line())

    def finish(self, chunk: str | bytes | dict[str, Any] | None = None) -> "Future[None]":
        """Send the response; its line is in the log before a client has it."""
        self.log_response()
        return super().finish(chunk)

    async def send_response(self, response: Response) -> None:
        """Send a response."""
        if response.delay:
            await asyncio.sleep(response.delay)
        self.set_response_head(response)
        with suppress(StreamClosedError):  # the client has closed the connection
            if response.writer is None and response.cut_after is None:
                await self.finish(response.body or None)  # 204 and 304 have no body
            else:
                await self._send_and_close(response)

    async def _send_and_close(self, response: Response) -> None:
        """Send a response by its own writer, or only a part of it; close the connection."""
        if "Transfer-Encoding" not in response.headers:
            self.set_header("Content-Length", len(response.body))
        headers = "".join(f"{name}: {value}\r\n" for name, value in self._headers.get_all())
        head = f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}\r\n{headers}\r\n"
        self.log_response()
        stream = self.detach()
        write = response.writer or _write
        try:
            await write(stream, head.encode("latin-1"), response.body[: response.cut_after])
        finally:
            stream.close()

    def set_response_head(self, response: Response) -> None:
        """Set status and headers."""
        self.set_status(response.status)
        for name, value in response.headers.items():
            self.set_header(name, value)

    def send_api_error(self, error: ApiError) -> None:
        """Send an error as JSON."""
        response = build_error_response(error)
        self.set_response_head(response)
        self.finish(response.body)

    def write_error(self, status_code: int, **_: Any) -> None:
        """Send an error of the HTTP server as JSON."""
        if status_code == HTTPStatus.NOT_FOUND:
            self.send_api_error(build_unknown_route())
        elif status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_api_error(build_method_not_allowed(self.allowed))
        else:
            self.send_api_error(build_unknown_error(status_code))

    def log_exception(self, *info: Any) -> None:
        """Record the route and the exception, without the path."""
        if not isinstance(info[1], HTTPError):
            LOGGER.error("A response to %s failed.", self.route, exc_info=info)


@stream_request_body
class BodyHandler(Handler):
    """A handler that decides from the head of a request whether it reads the body."""

    max_body = MAX_BODY
    has_responded = False
    """Whether the response has been sent before the body is read."""

    def prepare(self) -> None:
        """Send the early response, if there is one; the body is then read and discarded."""
        self.body = bytearray()
        response = self.build_early_response()
        limit = self.max_body if response is None else _MAX_DISCARDED
        self.request.connection.set_max_body_size(limit)  # type: ignore[union-attr] # every request has a connection
        if response is not None:
            self._send_early(response)

    def _send_early(self, response: Response) -> None:
        self.set_response_head(response)
        if "Expect" in self.request.headers:  # the client has not sent the body, and will not
            self.finish(response.body)
            return
        self.set_header("Content-Length", len(response.body))
        self.set_header("Connection", "close")
        self.write(response.body)
        self.log_response()
        self.has_responded = True
        self.flush()

    def build_early_response(self) -> Response | None:
        """Build the response that does not need the body, or return ``None``."""
        error = self.settings["allowed_hosts"].check(self.request)
        return None if error is None else build_error_response(error)

    def parse_body_length(self) -> float:
        """Return the number of bytes of the body, which may be infinite."""
        if "Transfer-Encoding" in self.request.headers:
            return math.inf
        text = self.request.headers.get("Content-Length", "0")
        return int(text) if _LENGTH.fullmatch(text) else 0  # Tornado refuses the others itself

    def data_received(self, chunk: bytes) -> None:
        """Read a part of the body, or discard it."""
        if not self.has_responded:
            self.body += chunk

    def finish(self, chunk: str | bytes | dict[str, Any] | None = None) -> "Future[None]":
        """Send the response, or end the one that was sent early."""
        return RequestHandler.finish(self) if self.has_responded else super().finish(chunk)


class UnknownRouteHandler(Handler):
    """The handler of all other paths."""

    def prepare(self) -> None:
        """Send 404."""
        super().prepare()
        if not self._finished:
            raise HTTPError(HTTPStatus.NOT_FOUND)


async def _write(stream: IOStream, head: bytes, body: bytes) -> None:
    await stream.write(head + body)
