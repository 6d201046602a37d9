"""Effects of faults: error responses and changes of the timeline."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any, Protocol

from imodels_hub.api.errors import ApiError, Detail, build_invalid_token, build_too_many_requests
from imodels_hub.api.responses import Response, build_error_response

_JSON_HEADERS = {"Content-Type": "application/json"}
_HTML_HEADERS = {"Content-Type": "text/html; charset=utf-8"}
_HTML = b"<!doctype html><title>Service unavailable</title><h1>We'll be back soon</h1>"
_HOSTILE_TEXT = "\x1b]0;title\x07\x1b[31mred\u202egnp.exe\u2066<script>alert(1)</script>\r\nSecond line"


class FaultTarget(Protocol):
    """The part of a hub that faults change."""

    def push(self, count: int = 1, *, state: str = "fileUploaded", gap: int = 0) -> list[dict[str, Any]]:
        """Push changesets."""

    def roll_back(self, count: int = 1) -> None:
        """Remove the last changesets."""

    def expire_tokens(self) -> None:
        """Revoke every access token of the identity provider."""

    def now(self) -> float:
        """Return the time of the hub's clock, in seconds since 1970."""


@dataclass(frozen=True)
class FaultContext:
    """The hub and the request that a fault affects.

    Parameters
    ----------
    target
        The hub.
    route
        Route of the request, as in the log.
    """

    target: FaultTarget
    route: str


Proceed = Callable[[], Response]
"""Returns the response without the fault."""

Effect = Callable[[Proceed, FaultContext], Response]
"""Returns the response with the fault."""


def send_too_many_requests(retry_after: int = 1, as_date: int = 0, in_past: int = 0, remaining: int = 0) -> Effect:
    """Send 429 with Retry-After in seconds, or as a date: as_date=1, in_past=1."""

    def effect(_: Proceed, context: FaultContext) -> Response:
        moment = context.target.now() + (-retry_after if in_past else retry_after)
        error = build_too_many_requests(formatdate(moment, usegmt=True) if as_date or in_past else str(retry_after))
        if remaining:
            error.headers["iTwinPlatform-RateLimit-RemainingCalls"] = "0"
        return build_error_response(error)

    return effect


def send_server_error(status: int = 503, retry_after: int = 0) -> Effect:
    """Send a server error such as 500 or 503, with Retry-After if it is above 0."""
    headers = {"Retry-After": str(retry_after)} if retry_after else {}
    return lambda _, __: build_error_response(ApiError(status, "Unknown", "Something went wrong.", headers=headers))


def send_html(status: int = 200) -> Effect:
    """Send a page of HTML instead of JSON, as a gateway does."""
    return lambda _, __: Response(status, _HTML, _HTML_HEADERS)


def expire_tokens() -> Effect:
    """Revoke every access token of the identity provider, and send 401."""

    def effect(_: Proceed, context: FaultContext) -> Response:
        context.target.expire_tokens()
        return build_error_response(build_invalid_token())

    return effect


def send_flat_error(status: int = 401) -> Effect:
    """Send an error without its wrapper: the message is at the top level."""
    body = json.dumps({"message": "Access denied due to missing subscription key."}).encode()
    return lambda _, __: Response(status, body, _JSON_HEADERS)


def send_empty_error(status: int = 502) -> Effect:
    """Send an error without a body."""
    return lambda _, __: Response(status, b"", {})


def send_oauth_error(code: str = "unauthorized_client", status: int = 400) -> Effect:
    """Send an OAuth error.

    Choose its route with path=/idp/token, path=/idp/device_authorization or path=/idp/discovery.
    """
    return lambda _, __: Response(status, json.dumps({"error": code}).encode(), _JSON_HEADERS)


def send_unknown_client() -> Effect:
    """Send 401 UnknownClient, as for an application that is not registered."""
    return lambda _, __: build_error_response(
        ApiError(401, "UnknownClient", "The client is not known to the platform.")
    )


def send_hostile_error(status: int = 422) -> Effect:
    """Send an error with escape sequences, bidirectional marks and HTML in its text."""
    error = ApiError(status, "InvalidiModelsRequest", _HOSTILE_TEXT, [Detail("InvalidValue", _HOSTILE_TEXT)])
    return lambda _, __: build_error_response(error)


def push_after(count: int = 1) -> Effect:
    """Push changesets after the response."""
    return _build_change_after(lambda target: target.push(count))


def push_with_gaps(count: int = 3, gap: int = 5) -> Effect:
    """Push changesets before the response, with gaps in the index."""
    return _build_change_before(lambda target: target.push(count, gap=gap))


def push_without_file(count: int = 1) -> Effect:
    """Push changesets before the response, without uploading their files."""
    return _build_change_before(lambda target: target.push(count, state="waitingForFile"))


def roll_back(count: int = 10, push: int = 10) -> Effect:
    """Remove the last changesets after the response, and push others."""

    def change(target: FaultTarget) -> None:
        target.roll_back(count)
        target.push(push)

    return _build_change_after(change)


def _build_change_before(change: Callable[[FaultTarget], object]) -> Effect:
    """Build the effect of a change of the timeline before the response."""

    def effect(proceed: Proceed, context: FaultContext) -> Response:
        change(context.target)
        return proceed()

    return effect


def _build_change_after(change: Callable[[FaultTarget], object]) -> Effect:
    """Build the effect of a change of the timeline after the response."""

    def effect(proceed: Proceed, context: FaultContext) -> Response:
        response = proceed()
        change(context.target)
        return response

    return effect
