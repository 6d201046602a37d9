"""What the service says when it refuses, as one of our errors that tells what to do next."""

import json
import math
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from typing import Any

from imodels_nb._network import parse_retry_after
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
_UNKNOWN_CLIENT = (
    "Register the client (https://developer.bentley.com/my-apps) that this token was issued to, and sign in again "
    "with it: the service does not know it."
)
_LONGEST = 300  # characters of the service's words
_DIGITS = 9  # of a number that a header can mean
_LONGEST_IN_SECONDS = 7200  # a longer wait is told in hours or days


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
    code, message, details, detail_codes = _service_words(body, secret)
    wait = parse_retry_after(headers.get("Retry-After"))
    pause = f"Wait {_duration(wait)} before the next request." if wait else ""
    is_unknown_client = status == HTTPStatus.UNAUTHORIZED and "UnknownClient" in {code, *detail_codes}
    advice = _UNKNOWN_CLIENT if is_unknown_client else advice.format(permission=permission)
    words = (f"{status} {code or _phrase(status)}:", message, *details, advice, pause)
    return kind(" ".join(filter(None, words)), status_code=status, code=code, retry_after=wait, details=details)


def count(header: str | None) -> int | None:
    """Read a header that holds a count; ``None`` for more digits than anybody can mean."""
    text = (header or "").strip()
    return int(text) if text.isdecimal() and len(text) <= _DIGITS else None


def _duration(seconds: float) -> str:
    if seconds <= _LONGEST_IN_SECONDS:
        return f"{math.ceil(seconds)} s"
    hours = math.ceil(seconds / 3600)
    return f"{hours} hours" if hours <= 48 else f"{math.ceil(hours / 24)} days"  # noqa: PLR2004 - two days


def _general(status: int) -> tuple[type[HTTPStatusError], str]:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _SERVER
    return _REQUEST if status >= HTTPStatus.BAD_REQUEST else _OTHER


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "status"


def _service_words(body: bytes, secret: str) -> tuple[str | None, str, list[str], list[str]]:
    try:
        document = json.loads(body, parse_int=float)  # Python reads no integer of more than 4,300 digits
    except (ValueError, RecursionError):
        return None, "", [], []
    document = document if isinstance(document, dict) else {}
    error = document["error"] if isinstance(document.get("error"), dict) else document
    details = error["details"] if isinstance(error.get("details"), list) else []
    text = partial(_text, secret)
    details = [detail for detail in details if isinstance(detail, dict)]
    lines = [text(detail.get("message")) for detail in details]
    codes = [text(detail.get("code")) for detail in details]
    return text(error.get("code")) or None, text(error.get("message")), [line for line in lines if line], codes


def _text(secret: str, value: Any) -> str:
    """Give the service's words without the secret, which JSON can spell in many ways before it is read."""
    words = value if isinstance(value, str) else ""
    words = words.replace(secret, "[token]") if secret else words
    return " ".join(words[:_LONGEST].split())
