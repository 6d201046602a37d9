"""What all handlers of a hub have in common: errors as JSON, and a log that repeats nothing of a request."""

import asyncio
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from tornado.iostream import IOStream, StreamClosedError
from tornado.web import HTTPError, RequestHandler

from imodels_hub.api.answers import Answer
from imodels_hub.api.bodies import Json, body_of
from imodels_hub.api.refusals import Refusal, failed, method_not_allowed, no_such_route
from imodels_hub.web.journal import LOGGER

if TYPE_CHECKING:
    from asyncio import Future


class Handler(RequestHandler):
    """A handler whose paths and queries, which may hold a code or a signature, stay out of every log."""

    route = "unknown route"
    allowed = "GET"

    def set_default_headers(self) -> None:
        """Leave out which server this is."""
        self.clear_header("Server")

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
        refusal = self._refusal(status_code)
        for name, value in refusal.headers.items():
            self.set_header(name, value)
        self.send_json(refusal.body)

    def _refusal(self, status: int) -> Refusal:
        if status == HTTPStatus.NOT_FOUND:
            return no_such_route()
        return method_not_allowed(self.allowed) if status == HTTPStatus.METHOD_NOT_ALLOWED else failed(status)

    def send_json(self, value: Json) -> None:
        """Answer with a JSON body."""
        self.set_header("Content-Type", "application/json")
        self.finish(body_of(value))

    def log_exception(self, *info: Any) -> None:
        """Name the route only."""
        if not isinstance(info[1], HTTPError):
            LOGGER.error("An answer to %s failed.", self.route, exc_info=info)


async def _whole(stream: IOStream, head: bytes, body: bytes) -> None:
    await stream.write(head + body)


class UnknownRoute(Handler):
    """Answers whatever is no path of ours."""

    def prepare(self) -> None:
        """Refuse."""
        raise HTTPError(HTTPStatus.NOT_FOUND)
