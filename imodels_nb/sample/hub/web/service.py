"""The iModels API over HTTP: who may ask, how often, and how the answer leaves."""

import asyncio
import re
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus

from tornado.iostream import StreamClosedError
from tornado.routing import URLSpec

from imodels_nb.sample.hub.api import operations
from imodels_nb.sample.hub.api.answers import Answer, Fault, refused
from imodels_nb.sample.hub.api.operations import Call, Operation
from imodels_nb.sample.hub.api.refusals import Refusal, header_not_found, invalid_token, too_many_requests
from imodels_nb.sample.hub.ledger.ledger import Ledger
from imodels_nb.sample.hub.web.handlers import Handler
from imodels_nb.sample.hub.web.pacing import RateLimit

_GZIP_WANTED = re.compile(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))", re.IGNORECASE)
_FULL_WANTED = re.compile(r"(^|,)\s*return\s*=\s*\"?representation\"?\s*(;|,|$)", re.IGNORECASE)


@dataclass(frozen=True)
class Service:
    """What the handlers of one hub share.

    Parameters
    ----------
    ledger
        What is served.
    accepts
        Tells whether an access token is good.
    rate_limit
        How often clients may ask.
    latency
        Seconds that pass before every answer.
    faults
        Each turns one coming answer into another; the first is used up first.
    """

    ledger: Ledger
    accepts: Callable[[str], bool]
    rate_limit: RateLimit
    latency: float = 0.0
    faults: deque[Fault] = field(default_factory=deque)

    def answer(self, operation: Operation, call: Call, authorization: str | None) -> Answer:
        """Do an operation for whoever may have it done, and spoil the answer if a fault is waiting."""
        try:
            self._admit(authorization)
            answer = operation(self.ledger, call)
        except Refusal as refusal:
            answer = refused(refusal)
        return self.faults.popleft()(answer) if self.faults else answer

    def _admit(self, authorization: str | None) -> None:
        if not authorization:
            raise header_not_found()
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not self.accepts(token.strip()):
            raise invalid_token()
        if seconds := self.rate_limit.retry_after():
            raise too_many_requests(seconds)


class OperationHandler(Handler):
    """Does one operation of the API."""

    def initialize(self, service: Service, operation: Operation, route: str) -> None:
        """Take what `routes` gives."""
        self._service = service
        self._operation = operation
        self._rows: int | None = None
        self.route = route

    async def get(self, *path: str) -> None:
        """Read."""
        if self._service.latency:
            await asyncio.sleep(self._service.latency)
        headers = self.request.headers
        call = Call(
            path=path,
            query=self.request.query,
            base_url=f"{self.request.protocol}://{self.request.host}",
            full=bool(_FULL_WANTED.search(headers.get("Prefer", ""))),
        )
        answer = self._service.answer(self._operation, call, headers.get("Authorization"))
        if _GZIP_WANTED.search(headers.get("Accept-Encoding", "")) and "Content-Encoding" not in answer.headers:
            answer = answer.compressed()
        self._rows = answer.rows
        await self._send(answer)

    def line(self) -> str:
        """Add how many rows went out."""
        return super().line() + ("" if self._rows is None else f" {self._rows} rows")

    async def _send(self, answer: Answer) -> None:
        self.set_status(answer.status)
        for name, value in answer.headers.items():
            self.set_header(name, value)
        if answer.cut_after is None:
            await self.finish(answer.body)
        else:
            await self._send_part(answer, answer.cut_after)

    async def _send_part(self, answer: Answer, length: int) -> None:
        """Promise the whole body, send a part of it and hang up."""
        self.set_header("Content-Length", len(answer.body))
        head = "".join(f"{name}: {value}\r\n" for name, value in self._headers.get_all())
        status = f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}\r\n"
        self.note()
        stream = self.detach()
        with suppress(StreamClosedError):
            await stream.write(f"{status}{head}\r\n".encode("latin-1") + answer.body[:length])
        stream.close()


def routes(service: Service) -> list[URLSpec]:
    """Lay out the API's paths."""
    imodel = r"/imodels/([^/]+)"
    table: tuple[tuple[str, Operation, str], ...] = (
        ("/imodels/?", operations.list_imodels, "/imodels"),
        (f"{imodel}/?", operations.get_imodel, "/imodels/…"),
        (f"{imodel}/changesets/?", operations.list_changesets, "/imodels/…/changesets"),
        (f"{imodel}/changesets/([^/]+)/?", operations.get_changeset, "/imodels/…/changesets/…"),
        (f"{imodel}/namedversions/?", operations.list_named_versions, "/imodels/…/namedversions"),
        (f"{imodel}/namedversions/([^/]+)/?", operations.get_named_version, "/imodels/…/namedversions/…"),
    )
    return [
        URLSpec(pattern, OperationHandler, {"service": service, "operation": operation, "route": route})
        for pattern, operation, route in table
    ]
