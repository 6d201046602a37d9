"""What the service says when it refuses, as one of our errors that tells what to do next."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from http import HTTPStatus
from typing import Any

from imodels_nb.errors import (
    Forbidden,
    HTTPStatusError,
    InvalidRequest,
    NotFound,
    RateLimited,
    ServerError,
    Unauthorized,
)

_KNOWN: dict[int, tuple[type[HTTPStatusError], str]] = {
    HTTPStatus.UNAUTHORIZED: (Unauthorized, "Sign in again: the token is missing, expired or from another provider."),
    HTTPStatus.FORBIDDEN: (Forbidden, "Ask for the {permission} permission on this iModel or its iTwin."),
    HTTPStatus.NOT_FOUND: (NotFound, "Check the id, and that this account is a member of the iTwin."),
    HTTPStatus.TOO_MANY_REQUESTS: (RateLimited, "The subscription's quota is used up for now."),
}
_SERVER = (ServerError, "The service failed; run it again later.")
_REQUEST = (InvalidRequest, "Check the arguments: the same request would be refused again.")
_OTHER = (HTTPStatusError, "Only a 200 is an answer here; redirects are not followed. Check base_url.")
_LONGEST = 300  # characters of the service's words
_DIGITS = 9  # of a number that a header can mean


def refusal(status: int, headers: Mapping[str, str], body: bytes, *, secret: str, permission: str) -> HTTPStatusError:
    """Make the error for an answer that is not a 200.

    Parameters
    ----------
    status, headers, body
        The answer. Its body may have any shape, or none: the API's own pages say so.
    secret
        The token that was sent; should the service echo it, it is taken out.
    permission
        What the account needs for this request.

    Returns
    -------
    HTTPStatusError
        One of its kinds, with ``status_code``, ``code``, ``retry_after`` and ``details``.
    """
    kind, advice = _KNOWN.get(status) or _general(status)
    code, message, details = _service_words(body, secret)
    wait = retry_after_seconds(headers.get("Retry-After"))
    pause = f"Wait {wait:g} s before the next request." if wait is not None else ""
    advice = advice.format(permission=permission)
    words = (f"{status} {code or _phrase(status)}:", message, *details, advice, pause)
    return kind(" ".join(filter(None, words)), status_code=status, code=code, retry_after=wait, details=details)


def retry_after_seconds(header: str | None) -> float | None:
    """Read a ``Retry-After`` header, which holds seconds or an HTTP date (RFC 9110, 10.2.3)."""
    if (seconds := count(header)) is not None:
        return float(seconds)
    try:
        when = parsedate_to_datetime(header or "")
    except (ValueError, OverflowError):
        return None
    return max(0.0, (when.replace(tzinfo=when.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def count(header: str | None) -> int | None:
    """Read a header that holds a count; ``None`` for more digits than anybody can mean."""
    text = (header or "").strip()
    return int(text) if text.isdecimal() and len(text) <= _DIGITS else None


def _general(status: int) -> tuple[type[HTTPStatusError], str]:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _SERVER
    return _REQUEST if status >= HTTPStatus.BAD_REQUEST else _OTHER


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "status"


def _service_words(body: bytes, secret: str) -> tuple[str | None, str, list[str]]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None, "", []
    document = document if isinstance(document, dict) else {}
    error = document["error"] if isinstance(document.get("error"), dict) else document
    details = error["details"] if isinstance(error.get("details"), list) else []
    text = partial(_text, secret)
    lines = [text(detail.get("message")) for detail in details if isinstance(detail, dict)]
    return text(error.get("code")) or None, text(error.get("message")), [line for line in lines if line]


def _text(secret: str, value: Any) -> str:
    """Give the service's words without the secret, which JSON can spell in many ways before it is read."""
    words = value if isinstance(value, str) else ""
    return (words.replace(secret, "[token]") if secret else words)[:_LONGEST]
