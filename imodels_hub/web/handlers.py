"""What all handlers of a hub have in common: errors as JSON, and a log that repeats nothing of a request."""

import asyncio
import math
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from tornado.iostream import IOStream, StreamClosedError
from tornado.web import HTTPError, RequestHandler, stream_request_body

from imodels_hub.api.answers import Answer, refused
from imodels_hub.api.bodies import body_of
from imodels_hub.api.refusals import Refusal, failed, method_not_allowed, no_such_route
from imodels_hub.web.journal import LOGGER

if TYPE_CHECKING:
    from asyncio import Future


_MOST_DROPPED = 64 << 20  # bytes


class Handler(RequestHandler):
    """A handler whose paths and queries, which may hold a code or a signature, stay out of every log."""

    route = "unknown route"
    allowed = "GET"

    def set_default_headers(self) -> None:
        """Leave out which server this is."""
        self.clear_header("Server")

    def prepare(self) -> None:
        """Refuse what comes from a foreign page."""
        if refusal := self.settings["hosts"].refusal(self.request):
            self.send_refusal(refusal)

    def compute_etag(self) -> None:
        """Give none, as the service does not either."""

    def line(self) -> str:
        """Tell what happened, for the journal."""
        return f"{self.request.method} {self.route} {self.get_status()}"

    def note(self) -> None:
        """Write the line into the hub's journal."""
        self.settings["journal"].note(self.line())

    def finish(self, chunk: str | bytes | dict[str, Any] | None = None) -> "Future[None]":
        """Note the answer, and only then send it: whoever has it finds its line."""
        self.note()
        return super().finish(chunk)

    async def send_answer(self, answer: Answer) -> None:
        """Send an answer."""
        if answer.delay:
            await asyncio.sleep(answer.delay)
        self.set_status(answer.status)
        for name, value in answer.headers.items():
            self.set_header(name, value)
        with suppress(StreamClosedError):  # whoever asked has hung up, which is no news
            if answer.delivery is None and answer.cut_after is None:
                await self.finish(answer.body or None)  # 204 and 304 have none
            else:
                await self._deliver(answer)

    async def _deliver(self, answer: Answer) -> None:
        """Send an answer in the way that a fault asks for, and close the connection."""
        if "Transfer-Encoding" not in answer.headers:
            self.set_header("Content-Length", len(answer.body))
        head = "".join(f"{name}: {value}\r\n" for name, value in self._headers.get_all())
        status = f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}\r\n"
        self.note()
        stream = self.detach()
        try:
            delivery = answer.delivery or _whole
            await delivery(stream, f"{status}{head}\r\n".encode("latin-1"), answer.body[: answer.cut_after])
        finally:
            stream.close()

    def write_error(self, status_code: int, **_: Any) -> None:
        """Answer with JSON whatever went wrong."""
        self.send_refusal(self._refusal(status_code))

    def _refusal(self, status: int) -> Refusal:
        if status == HTTPStatus.NOT_FOUND:
            return no_such_route()
        return method_not_allowed(self.allowed) if status == HTTPStatus.METHOD_NOT_ALLOWED else failed(status)

    def send_refusal(self, refusal: Refusal) -> None:
        """Answer with an error."""
        self.set_status(refusal.status)
        for name, value in refusal.headers.items():
            self.set_header(name, value)
        self.set_header("Content-Type", "application/json")
        self.finish(body_of(refusal.body))

    def log_exception(self, *info: Any) -> None:
        """Name the route only."""
        if not isinstance(info[1], HTTPError):
            LOGGER.error("An answer to %s failed.", self.route, exc_info=info)


async def _whole(stream: IOStream, head: bytes, body: bytes) -> None:
    await stream.write(head + body)


@stream_request_body
class BodyHandler(Handler):
    """A handler that decides by the head of a request whether it reads the body."""

    largest_body = 1 << 20  # bytes
    _is_answered = False

    def prepare(self) -> None:
        """Answer at once what is refused; what still comes of its body is thrown away."""
        self.body = bytearray()
        if (answer := self.early_answer()) is None:
            self.request.connection.set_max_body_size(self.largest_body)  # type: ignore[union-attr] # there is one
            return
        self.request.connection.set_max_body_size(_MOST_DROPPED)  # type: ignore[union-attr] # as above
        self.set_status(answer.status)
        for name, value in answer.headers.items():
            self.set_header(name, value)
        if "Expect" in self.request.headers:  # then nothing was sent yet, and nothing will be
            self.finish(answer.body)
            return
        self.set_header("Content-Length", len(answer.body))
        self.set_header("Connection", "close")
        self.write(answer.body)
        self.note()
        self._is_answered = True
        self.flush()

    def early_answer(self) -> Answer | None:
        """Return the answer that needs no body, or None."""
        refusal = self.settings["hosts"].refusal(self.request)
        return None if refusal is None else refused(refusal)

    def body_length(self) -> float:
        """Return how many bytes the body has, which may be without end."""
        if "Transfer-Encoding" in self.request.headers:
            return math.inf
        return int(self.request.headers.get("Content-Length", "0"))

    def data_received(self, chunk: bytes) -> None:
        """Keep a part of the body."""
        if not self._is_answered:
            self.body += chunk

    def finish(self, chunk: str | bytes | dict[str, Any] | None = None) -> "Future[None]":
        """Send the answer, or the end of the one that was sent already."""
        return RequestHandler.finish(self) if self._is_answered else super().finish(chunk)

    @property
    def is_answered(self) -> bool:
        """Whether the answer has been sent before the body came."""
        return self._is_answered


class UnknownRoute(Handler):
    """Answers whatever is no path of ours."""

    def prepare(self) -> None:
        """Answer 404."""
        super().prepare()
        if not self._finished:
            raise HTTPError(HTTPStatus.NOT_FOUND)
