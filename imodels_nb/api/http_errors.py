"""Conversion of HTTP error responses to exceptions."""

import json
import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

from imodels_nb._connection_errors import parse_retry_after
from imodels_nb.errors import (
    Forbidden,
    HTTPStatusError,
    InvalidRequest,
    NotFound,
    RateLimited,
    ServerError,
    Unauthorized,
)

_KNOWN_STATUSES: dict[int, tuple[type[HTTPStatusError], str]] = {
    HTTPStatus.UNAUTHORIZED: (Unauthorized, "Sign in again: the token is missing, expired or from another provider."),
    HTTPStatus.FORBIDDEN: (
        Forbidden,
        "Ask for the {permission} permission on this iModel or its iTwin; fetch_permissions lists what you have.",
    ),
    HTTPStatus.NOT_FOUND: (NotFound, "Check the id, and that this account is a member of the iTwin."),
    HTTPStatus.TOO_MANY_REQUESTS: (RateLimited, "The subscription's quota is used up for now."),
}
_SERVER_ERROR = (ServerError, "The service failed. Try again later.")
_CLIENT_ERROR = (InvalidRequest, "Check the arguments: the service would refuse the same request again.")
_OTHER_STATUS = (HTTPStatusError, "Only status 200 is expected here, and redirects are not followed. Check base_url.")
_UNKNOWN_CLIENT = (
    "The client that this token was issued to is not registered with the service. Register the client at "
    "https://developer.bentley.com/my-apps, and sign in again with it."
)
_MAX_TEXT = 300  # characters of a text of the service
_MAX_DIGITS = 9  # digits of a number in a header
_MAX_IN_SECONDS = 7200  # seconds; a longer wait is written in hours or days
_MAX_IN_HOURS = 48


def build_http_error(
    status: int, headers: Mapping[str, str], body: bytes, *, secret: str, permission: str
) -> HTTPStatusError:
    """Build the error for a response whose status is not 200.

    Parameters
    ----------
    status, headers, body
        The response. Its body may have any shape, or be empty: the API's own pages say so.
    secret
        Token of the request. If the response repeats it, it is replaced.
    permission
        Permission that the account needs for this request.

    Returns
    -------
    HTTPStatusError
        An error of a subclass, with ``status_code``, ``code``, ``retry_after`` and ``details``.
    """
    kind, advice = _KNOWN_STATUSES.get(status) or _choose_error_class(status)
    problem = _parse_problem(body, secret)
    wait = parse_retry_after(headers.get("Retry-After"))
    if status == HTTPStatus.UNAUTHORIZED and "UnknownClient" in (problem.code, *problem.detail_codes):
        advice = _UNKNOWN_CLIENT
    sentences = (
        f"{status} {problem.code or _format_status(status)}:",
        problem.message,
        *problem.details,
        advice.format(permission=permission),
        f"Wait {_format_wait(wait)} before the next request." if wait else "",
    )
    message = " ".join(filter(None, sentences))
    return kind(message, status_code=status, code=problem.code, retry_after=wait, details=problem.details)


def parse_int_header(text: str | None) -> int | None:
    """Parse a header with a count; return ``None`` if it is missing or invalid."""
    digits = (text or "").strip()
    return int(digits) if digits.isdecimal() and len(digits) <= _MAX_DIGITS else None


def _choose_error_class(status: int) -> tuple[type[HTTPStatusError], str]:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _SERVER_ERROR
    return _CLIENT_ERROR if status >= HTTPStatus.BAD_REQUEST else _OTHER_STATUS


def _format_status(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "status"


def _format_wait(seconds: float) -> str:
    if seconds <= _MAX_IN_SECONDS:
        return f"{math.ceil(seconds)} s"
    hours = math.ceil(seconds / 3600)
    return f"{hours} hours" if hours <= _MAX_IN_HOURS else f"{math.ceil(hours / 24)} days"


class _Problem(NamedTuple):
    """The error that the body of a response describes."""

    code: str | None
    message: str
    details: list[str]
    detail_codes: list[str]


def _parse_problem(body: bytes, secret: str) -> _Problem:
    try:
        document = json.loads(body, parse_int=float)  # int() refuses numbers of more than 4,300 digits
    except (ValueError, RecursionError):
        document = None
    document = document if isinstance(document, dict) else {}
    error = document["error"] if isinstance(document.get("error"), dict) else document
    details = error["details"] if isinstance(error.get("details"), list) else []
    details = [detail for detail in details if isinstance(detail, dict)]
    messages = [_remove_secret(detail.get("message"), secret) for detail in details]
    return _Problem(
        code=_remove_secret(error.get("code"), secret) or None,
        message=_remove_secret(error.get("message"), secret),
        details=[message for message in messages if message],
        detail_codes=[_remove_secret(detail.get("code"), secret) for detail in details],
    )


def _remove_secret(value: Any, secret: str) -> str:
    """Return a text of the service without the secret.

    The text is parsed already, since JSON can write one secret in many ways.
    """
    text = value if isinstance(value, str) else ""
    text = text.replace(secret, "[token]") if secret else text
    return " ".join(text[:_MAX_TEXT].split())
