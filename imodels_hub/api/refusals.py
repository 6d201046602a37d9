"""Refusals: every error answer of the service, with its status, code and exact words."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple


class Detail(NamedTuple):
    """One fault of a request."""

    code: str
    message: str
    target: str | None = None


class Refusal(Exception):  # noqa: N818 - what the service gives, not what went wrong in it
    """The service will not do what was asked.

    Parameters
    ----------
    status
        HTTP status of the answer.
    code, message
        The ``error`` of its body.
    details
        What exactly is wrong; left out of the body when there is nothing to say.
    headers
        Headers that the answer carries besides.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        details: Sequence[Detail] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})
        error: dict[str, Any] = {"code": code, "message": message}
        if details:
            error["details"] = [detail._asdict() for detail in details]
        self.body = {"error": error}


def header_not_found() -> Refusal:
    """401: no Authorization header."""
    return _unauthorized("HeaderNotFound", "Header Authorization was not found in the request. Access denied.")


def invalid_token() -> Refusal:
    """401: not one of our tokens, or no longer."""
    return _unauthorized(
        "Unauthorized",
        "Access denied due to invalid access_token. Make sure that issuer is correct, the token is not expired and "
        "is not corrupted.",
    )


def _unauthorized(code: str, message: str) -> Refusal:
    return Refusal(401, code, message, headers={"WWW-Authenticate": "Bearer"})


def not_available(what: str) -> Refusal:
    """404: there is no such iModel, Changeset, Named Version, user or iTwin."""
    name = "User" if what == "user" else what.replace(" ", "")
    return Refusal(404, f"{name}NotFound", f"Requested {what} is not available.")


def file_not_uploaded() -> Refusal:
    """404: a push is to be completed, and its file is missing."""
    return Refusal(404, "FileNotFound", "Requested file is not available. File was not uploaded to file storage.")


def no_such_route() -> Refusal:
    """404: the path is none of ours."""
    return Refusal(404, "NotFound", "Requested resource is not available.")


def method_not_allowed(allowed: str) -> Refusal:
    """405: the path is ours, but not for this method."""
    return Refusal(405, "MethodNotAllowed", f"Only {allowed} is allowed here.", headers={"Allow": allowed})


def failed(status: int) -> Refusal:
    """400 and 500: what cannot be read at all, and our own mistakes."""
    return Refusal(status, "Unknown", HTTPStatus(status).phrase)


def invalid_request(message: str, details: Sequence[Detail], code: str = "InvalidiModelsRequest") -> Refusal:
    """422: what was asked breaks a rule, and the details say which."""
    return Refusal(422, code, message, details)


def unreadable_body(*, missing: bool = False) -> Refusal:
    """422: a body that is missing, or no JSON object."""
    if missing:
        return Refusal(422, "MissingRequestBody", "Request body was not provided.")
    message = "Failed to parse request body. Make sure it is a valid JSON object."
    return invalid_request("Cannot process the request.", [Detail("InvalidRequestBody", message)])


def insufficient_permissions() -> Refusal:
    """403: signed in, but not allowed to."""
    return Refusal(403, "InsufficientPermissions", "The user has insufficient permissions for the requested operation.")


def conflict(code: str, message: str) -> Refusal:
    """409: somebody was faster, or it is there already."""
    return Refusal(409, code, message)


def too_large() -> Refusal:
    """413: more than the service takes."""
    return Refusal(413, "RequestTooLarge", "The request is too large.")


def too_many_requests(retry_after: int | str) -> Refusal:
    """429: faster than the rate limit; `retry_after` in seconds, or an HTTP date."""
    message = "More requests were received than the subscription rate-limit allows."
    return Refusal(429, "TooManyRequests", message, headers={"Retry-After": str(retry_after)})
