"""Faults that refuse: the service answers, and it is not what was asked for."""

import json
from collections.abc import Callable
from email.utils import formatdate

from imodels_hub.api.answers import Answer, refused
from imodels_hub.api.refusals import Detail, Refusal, invalid_token, too_many_requests
from imodels_hub.faults.effect import Effect, Scene

_JSON = {"Content-Type": "application/json"}
_HTML = b"<!doctype html><title>Service unavailable</title><h1>We'll be back soon</h1>"


def too_many(retry_after: int = 1, as_date: int = 0, in_past: int = 0, remaining: int = 0) -> Effect:
    """Refuse with 429, Retry-After in seconds, as a date (as_date=1) or as a past date (in_past=1)."""

    def effect(_: Callable[[], Answer], scene: Scene) -> Answer:
        moment = scene.stage.now() + (-retry_after if in_past else retry_after)
        wait = formatdate(moment, usegmt=True) if as_date or in_past else str(retry_after)
        refusal = too_many_requests(wait)
        if remaining:
            refusal.headers["iTwinPlatform-RateLimit-RemainingCalls"] = "0"
        return refused(refusal)

    return effect


def server_error(status: int = 503, retry_after: int = 0) -> Effect:
    """Fail with a status such as 500 or 503; with retry_after, say when to come back."""
    headers = {"Retry-After": str(retry_after)} if retry_after else {}
    return lambda _, __: refused(Refusal(status, "Unknown", "Something went wrong.", headers=headers))


def html(status: int = 200) -> Effect:
    """Send a page of HTML instead of JSON, as a gateway on the way does."""
    return lambda _, __: Answer(status, _HTML, {"Content-Type": "text/html; charset=utf-8"})


def expired_token() -> Effect:
    """End every access token of the identity provider, and refuse the request."""

    def effect(_: Callable[[], Answer], scene: Scene) -> Answer:
        scene.stage.expire_tokens()
        return refused(invalid_token())

    return effect


def flat_error(status: int = 401) -> Effect:
    """Refuse with an error that lacks its wrapper: the message stands at the top level."""
    body = json.dumps({"message": "Access denied due to missing subscription key."}).encode()
    return lambda _, __: Answer(status, body, _JSON)


def unknown_client() -> Effect:
    """Refuse with 401 UnknownClient, as for an application that is not registered."""
    return lambda _, __: refused(Refusal(401, "UnknownClient", "The client is not known to the platform."))


def hostile_error(status: int = 422) -> Effect:
    """Refuse with an error whose text has escape sequences, marks that turn text around, and HTML."""
    message = "\x1b]0;title\x07\x1b[31mred\u202egnp.exe\u2066<script>alert(1)</script>\r\nSecond line"
    return lambda _, __: refused(Refusal(status, "InvalidiModelsRequest", message, [Detail("InvalidValue", message)]))


def oauth_error(code: str = "unauthorized_client", status: int = 400) -> Effect:
    """Refuse as an identity provider does; for path=/idp/token, /idp/device_authorization or /idp/discovery."""
    return lambda _, __: Answer(status, json.dumps({"error": code}).encode(), _JSON)


def empty_error(status: int = 502) -> Effect:
    """Refuse without any body."""
    return lambda _, __: Answer(status, b"", {})
