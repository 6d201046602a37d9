"""The iModels API over HTTP: who may ask, how often, and how the answer leaves."""

import asyncio
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from http import HTTPStatus

from tornado.routing import URLSpec
from tornado.web import HTTPError

from imodels_hub.api.answers import Answer, refused
from imodels_hub.api.call import Account, Call, Operation, Stock
from imodels_hub.api.refusals import Refusal, header_not_found, invalid_token, too_large, too_many_requests
from imodels_hub.web.handlers import BodyHandler
from imodels_hub.web.media import expect_version
from imodels_hub.web.pacing import RateLimit
from imodels_hub.web.routes import ROUTES, Route

_SMALL_BODY = 1 << 16  # bytes, which are read whoever sends them
_REMAINING = "iTwinPlatform-RateLimit-RemainingCalls"
_GZIP_WANTED = re.compile(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))", re.IGNORECASE)
_FULL_WANTED = re.compile(r"(^|,)\s*return\s*=\s*\"?representation\"?\s*(;|,|$)", re.IGNORECASE)


@dataclass(frozen=True)
class Service:
    """What the handlers of one hub share.

    Parameters
    ----------
    stock
        What is served.
    account
        Tells whose access token it is; `None` if it is not good.
    rate_limit
        How often clients may ask.
    latency
        Seconds that pass before every answer.
    tell_remaining
        Whether answers say how many requests are left.
    spoil
        Gives the answer that goes out for a route, from the one that would have.
    """

    stock: Stock
    account: Callable[[str], Account | None]
    rate_limit: RateLimit
    latency: float
    tell_remaining: bool
    spoil: Callable[[Callable[[], Answer], str], Answer]

    def answer(self, ask: Callable[[Account], Answer], authorization: str | None) -> Answer:
        """Have something done for whoever may have it done."""
        try:
            answer = ask(self._admit(authorization))
        except Refusal as refusal:
            answer = refused(refusal)
        remaining = self.rate_limit.remaining() if self.tell_remaining else None
        headers = {} if remaining is None else {_REMAINING: str(remaining)}
        return replace(answer, headers={**answer.headers, **headers}) if headers else answer

    def identify(self, authorization: str | None) -> Account:
        """Return whose token an Authorization header holds.

        Raises
        ------
        Refusal
            401 if it holds none, or none that is good.
        """
        if not authorization:
            raise header_not_found()
        scheme, _, token = authorization.partition(" ")
        account = self.account(token.strip()) if scheme.lower() == "bearer" else None
        if account is None:
            raise invalid_token()
        return account

    def _admit(self, authorization: str | None) -> Account:
        account = self.identify(authorization)
        if seconds := self.rate_limit.retry_after():
            raise too_many_requests(seconds)
        return account


class OperationHandler(BodyHandler):
    """Does the operations of one route."""

    def initialize(self, service: Service, route: Route) -> None:
        """Take what `routes` gives."""
        self._service = service
        self._rows: int | None = None
        self._operations = route.operations
        self._version = route.version
        self.route = route.path
        self.allowed = ", ".join(self._operations)

    def early_answer(self) -> Answer | None:
        """Refuse a large body without a token before it is read, and one that is larger than any operation needs."""
        if (answer := super().early_answer()) or self.body_length() <= _SMALL_BODY:
            return answer
        try:
            self._service.identify(self.request.headers.get("Authorization"))
        except Refusal as refusal:
            return refused(refusal)
        return refused(too_large()) if self.largest_body < self.body_length() < math.inf else None

    async def get(self, *path: str) -> None:
        """Read."""
        await self._do(path)

    async def post(self, *path: str) -> None:
        """Create."""
        await self._do(path)

    async def patch(self, *path: str) -> None:
        """Change."""
        await self._do(path)

    async def put(self, *path: str) -> None:
        """Set going."""
        await self._do(path)

    async def _do(self, path: tuple[str, ...]) -> None:
        if self.is_answered:
            await self.finish()
            return
        operation = self._operations.get(str(self.request.method))
        if operation is None:
            raise HTTPError(HTTPStatus.METHOD_NOT_ALLOWED)
        if self._service.latency:
            await asyncio.sleep(self._service.latency)
        headers = self.request.headers
        answer = self._service.spoil(
            lambda: self._service.answer(lambda who: self._asked(operation, who, path), headers.get("Authorization")),
            self.route,
        )
        if _GZIP_WANTED.search(headers.get("Accept-Encoding", "")) and "Content-Encoding" not in answer.headers:
            answer = answer.compressed
        self._rows = answer.rows
        self.set_header("X-iTwinPlatform-Media-Type", f"bentley.itwin-platform.{self._version}")
        await self.send_answer(answer)

    def _asked(self, operation: Operation, account: Account, path: tuple[str, ...]) -> Answer:
        headers = self.request.headers
        expect_version(headers.get("Accept", ""), self._version, lists_imodels=self.route == "/imodels")
        call = Call(
            stock=self._service.stock,
            account=account,
            path=path,
            query=self.request.query,
            base_url=f"{self.request.protocol}://{self.request.host}",
            full=bool(_FULL_WANTED.search(headers.get("Prefer", ""))),
            body=bytes(self.body),
        )
        return operation(call)

    def line(self) -> str:
        """Add how many rows went out."""
        return super().line() + ("" if self._rows is None else f" {self._rows} rows")


def routes(service: Service) -> list[URLSpec]:
    """Lay out the API's paths."""
    return [URLSpec(route.pattern, OperationHandler, {"service": service, "route": route}) for route in ROUTES]
