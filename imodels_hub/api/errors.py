"""Errors of the API, with their status, code and message."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple


class Detail(NamedTuple):
    """One problem of a request."""

    code: str
    message: str
    target: str | None = None


class ApiError(Exception):
    """An error of the API.

    Parameters
    ----------
    status
        HTTP status of the response.
    code
        ``error.code`` of its body.
    message
        ``error.message`` of its body.
    details
        Problems of the request; left out of the body if empty.
    headers
        Further headers of the response.
    **more
        Further properties of ``error``.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        details: Sequence[Detail] = (),
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})
        error: dict[str, Any] = {"code": code, "message": message}
        if details:
            error["details"] = [detail._asdict() for detail in details]
        self.body = {"error": error | more}


def build_header_not_found() -> ApiError:
    """Return 401 for a request without an Authorization header."""
    return _build_unauthorized("HeaderNotFound", "Header Authorization was not found in the request. Access denied.")


def build_invalid_token() -> ApiError:
    """Return 401 for a token that is unknown or has expired."""
    return _build_unauthorized(
        "Unauthorized",
        "Access denied due to invalid access_token. Make sure that issuer is correct, the token is not expired and "
        "is not corrupted.",
    )


def _build_unauthorized(code: str, message: str) -> ApiError:
    return ApiError(401, code, message, headers={"WWW-Authenticate": "Bearer"})


def build_not_found(what: str) -> ApiError:
    """Return 404 for a missing iModel, Changeset, Named Version, Lock(s) or user."""
    name = "User" if what == "user" else what.replace(" ", "").removesuffix("(s)")
    return ApiError(404, f"{name}NotFound", f"Requested {what} is not available.")


def build_file_not_uploaded() -> ApiError:
    """Return 404 for a push that is completed before its file is uploaded."""
    return ApiError(404, "FileNotFound", "Requested file is not available. File was not uploaded to file storage.")


def build_unknown_route() -> ApiError:
    """Return 404 for a path that the hub does not have."""
    return ApiError(404, "NotFound", "Requested resource is not available.")


def build_method_not_allowed(allowed: str) -> ApiError:
    """Return 405 for a method that a path does not have."""
    return ApiError(405, "MethodNotAllowed", f"Only {allowed} is allowed here.", headers={"Allow": allowed})


def build_unknown_error(status: int) -> ApiError:
    """Return 400 for an unreadable request, or 500 for a bug of the hub."""
    return ApiError(status, "Unknown", HTTPStatus(status).phrase)


def build_invalid_request(message: str, details: Sequence[Detail], code: str = "InvalidiModelsRequest") -> ApiError:
    """Return 422 for a request with the problems in `details`."""
    return ApiError(422, code, message, details)


def build_invalid_body(*, is_missing: bool = False) -> ApiError:
    """Return 422 for a body that is missing, or is not a JSON object."""
    if is_missing:
        return ApiError(422, "MissingRequestBody", "Request body was not provided.")
    message = "Failed to parse request body. Make sure it is a valid JSON object."
    return build_invalid_request("Cannot process the request.", [Detail("InvalidRequestBody", message)])


def build_insufficient_permissions() -> ApiError:
    """Return 403 for a user without the permission."""
    message = "The user has insufficient permissions for the requested operation."
    return ApiError(403, "InsufficientPermissions", message)


def build_conflict(code: str, message: str, **more: Any) -> ApiError:
    """Return 409 for a request that conflicts with an earlier one."""
    return ApiError(409, code, message, **more)


def build_too_large() -> ApiError:
    """Return 413 for a body that is too large."""
    return ApiError(413, "RequestTooLarge", "The request is too large.")


def build_too_many_requests(retry_after: int | str) -> ApiError:
    """Return 429; `retry_after` is a number of seconds or an HTTP date."""
    message = "More requests were received than the subscription rate-limit allows."
    return ApiError(429, "TooManyRequests", message, headers={"Retry-After": str(retry_after)})
