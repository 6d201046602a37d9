"""The handler of the API: tokens, rate limit, media types and operations."""

import asyncio
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from http import HTTPStatus

from tornado.routing import URLSpec
from tornado.web import HTTPError

from imodels_hub.api.errors import (
    ApiError,
    Detail,
    build_header_not_found,
    build_invalid_request,
    build_invalid_token,
    build_too_large,
    build_too_many_requests,
)
from imodels_hub.api.requests import Account, ApiRequest, ServerState
from imodels_hub.api.responses import Response, build_error_response
from imodels_hub.http.handlers import BodyHandler
from imodels_hub.http.routes import ROUTES, Route

_SMALL_BODY = 1 << 16  # bytes, which are read without a token, too
_REMAINING_HEADER = "iTwinPlatform-RateLimit-RemainingCalls"
_ACCEPTS_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))", re.IGNORECASE)
_PREFERS_FULL = re.compile(r"(^|,)\s*return\s*=\s*\"?representation\"?\s*(;|,|$)", re.IGNORECASE)
_MEDIA_TYPE = "application/vnd.bentley.itwin-platform.{}+json"
_VERSIONS = re.compile(r"application/vnd\.bentley\.itwin-platform\.(v[0-9]+)\+json", re.IGNORECASE)


class RateLimit:
    """A token bucket with the requests of one second.

    Parameters
    ----------
    per_second
        Requests a second; `None` is without limit.
    clock
        Returns seconds, from any start.
    """

    def __init__(self, per_second: float | None, clock: Callable[[], float]) -> None:
        self._rate = per_second
        self._clock = clock
        self._size = max(1.0, per_second or 1.0)
        self._tokens = self._size
        self._updated_at = clock()

    def count_remaining(self) -> int | None:
        """Return the number of requests that are allowed at once; ``None`` without limit."""
        return None if self._rate is None else int(self._refill())

    def take_token(self) -> int | None:
        """Remove one token; return ``None``, or the seconds until the next one."""
        if self._rate is None:
            return None
        self._tokens = self._refill()
        self._updated_at = self._clock()
        if self._tokens < 1:
            return max(1, math.ceil((1 - self._tokens) / self._rate))
        self._tokens -= 1
        return None

    def _refill(self) -> float:
        return min(self._size, self._tokens + (self._clock() - self._updated_at) * (self._rate or 0.0))


@dataclass(frozen=True)
class ApiService:
    """The settings and data that the handlers of one hub share.

    Parameters
    ----------
    state
        The data.
    find_account
        Returns the account of an access token; `None` if the token is invalid.
    rate_limit
        The rate limit of all clients.
    latency
        Seconds to wait before every response.
    show_remaining
        Whether responses have the number of remaining requests in a header.
    apply_faults
        Returns a response of a route with its faults.
    """

    state: ServerState
    find_account: Callable[[str], Account | None]
    rate_limit: RateLimit
    latency: float
    show_remaining: bool
    apply_faults: Callable[[Callable[[], Response], str], Response]

    def respond(self, run: Callable[[Account], Response], authorization: str | None) -> Response:
        """Run an operation for the account of an Authorization header."""
        try:
            account = self.authenticate(authorization)
            if seconds := self.rate_limit.take_token():
                raise build_too_many_requests(seconds)
            response = run(account)
        except ApiError as error:
            response = build_error_response(error)
        remaining = self.rate_limit.count_remaining() if self.show_remaining else None
        if remaining is None:
            return response
        return replace(response, headers={**response.headers, _REMAINING_HEADER: str(remaining)})

    def authenticate(self, authorization: str | None) -> Account:
        """Return the account of an Authorization header.

        Raises
        ------
        ApiError
            401 if the header is missing, or its token is invalid.
        """
        if not authorization:
            raise build_header_not_found()
        scheme, _, token = authorization.partition(" ")
        account = self.find_account(token.strip()) if scheme.lower() == "bearer" else None
        if account is None:
            raise build_invalid_token()
        return account


class ApiHandler(BodyHandler):
    """The handler of one route."""

    def initialize(self, service: ApiService, route: Route) -> None:
        """Set the arguments of `build_api_routes`."""
        self._service = service
        self._rows: int | None = None
        self._operations = route.operations
        self._version = route.version
        self.route = route.path
        self.max_body = route.max_body
        self.allowed = ", ".join(self._operations)

    def build_early_response(self) -> Response | None:
        """Build the response to a large body without a token, or to one that is too large."""
        response = super().build_early_response()
        if response or self.parse_body_length() <= _SMALL_BODY:
            return response
        try:
            self._service.authenticate(self.request.headers.get("Authorization"))
        except ApiError as error:
            return build_error_response(error)
        return build_error_response(build_too_large()) if self.max_body < self.parse_body_length() < math.inf else None

    async def get(self, *path: str) -> None:
        """Run the operation of GET."""
        await self._run(path)

    async def post(self, *path: str) -> None:
        """Run the operation of POST."""
        await self._run(path)

    async def patch(self, *path: str) -> None:
        """Run the operation of PATCH."""
        await self._run(path)

    async def put(self, *path: str) -> None:
        """Run the operation of PUT."""
        await self._run(path)

    async def delete(self, *path: str) -> None:
        """Run the operation of DELETE."""
        await self._run(path)

    async def _run(self, path: tuple[str, ...]) -> None:
        if self.has_responded:
            await self.finish()
            return
        operation = self._operations.get(str(self.request.method))
        if operation is None:
            raise HTTPError(HTTPStatus.METHOD_NOT_ALLOWED)
        if self._service.latency:
            await asyncio.sleep(self._service.latency)
        headers = self.request.headers
        response = self._service.apply_faults(
            lambda: self._service.respond(
                lambda account: operation(self._build_request(account, path)), headers.get("Authorization")
            ),
            self.route,
        )
        accepts_gzip = _ACCEPTS_GZIP.search(headers.get("Accept-Encoding", ""))
        if accepts_gzip and response.is_json and "Content-Encoding" not in response.headers:
            response = response.compressed
        self._rows = response.rows
        self.set_header("X-iTwinPlatform-Media-Type", f"bentley.itwin-platform.{self._version}")
        await self.send_response(response)

    def _build_request(self, account: Account, path: tuple[str, ...]) -> ApiRequest:
        headers = self.request.headers
        _check_version(headers.get("Accept", ""), self._version, is_imodel_list=self.route == "/imodels")
        return ApiRequest(
            state=self._service.state,
            account=account,
            path=path,
            query=self.request.query,
            base_url=f"{self.request.protocol}://{self.request.host}",
            is_full=bool(_PREFERS_FULL.search(headers.get("Prefer", ""))),
            body=bytes(self.body),
            content_type=headers.get("Content-Type", "").partition(";")[0].strip().lower(),
        )

    def format_log_line(self) -> str:
        """Format the line for the request log, with the number of rows."""
        return super().format_log_line() + ("" if self._rows is None else f" {self._rows} rows")


def _check_version(accept: str, version: str, *, is_imodel_list: bool) -> None:
    """Check the version of the API in an Accept header.

    Without a version, the platform falls back to version 1, whose list of iModels requires a ``projectId``. The other
    operations of version 1 are not documented; they are handled as in version 2.

    Raises
    ------
    ApiError
        422 if the client asks for another version only.
    """
    versions = [name.lower() for name in _VERSIONS.findall(accept)]
    if is_imodel_list and version not in versions:
        missing = Detail("MissingRequiredParameter", "Required parameter 'projectId' is missing.", "projectId")
        raise build_invalid_request("Cannot get iModels.", [missing])
    if versions and version not in versions:
        message = f"'{accept}' is not a valid 'Accept' value. Use '{_MEDIA_TYPE.format(version)}'."
        raise build_invalid_request("Cannot process the request.", [Detail("InvalidHeaderValue", message, "Accept")])


def build_api_routes(service: ApiService) -> list[URLSpec]:
    """Build the routes of the API."""
    return [URLSpec(route.pattern, ApiHandler, {"service": service, "route": route}) for route in ROUTES]
