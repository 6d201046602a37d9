"""HTTP GET with limits on time and size."""

import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Event
from typing import Literal, Protocol

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError

from imodels_nb._abortable_http import (
    CA_BUNDLE_VARIABLE,
    CONNECT_TIMEOUT,
    READ_TIMEOUT,
    AbortableHTTPAdapter,
    NoRedirectSession,
    limit_request,
)
from imodels_nb._connection_errors import explain_connection_error
from imodels_nb._tracebacks import hide_secrets_in_traceback
from imodels_nb._urls import is_loopback_url
from imodels_nb._validation import validate_guid
from imodels_nb.errors import ConnectionFailed, UnexpectedResponse

Preference = Literal["return=minimal", "return=representation"]

MINIMAL: Preference = "return=minimal"
"""Preference for the short form of a list."""

FULL: Preference = "return=representation"
"""Preference for the long form of a list."""

_ACCEPT = "application/vnd.bentley.itwin-platform.{version}+json"
_PIECE = 1 << 20  # bytes
_GZIP = zlib.MAX_WBITS + 16
_GZIP_MAGIC = b"\x1f\x8b"


class Token(Protocol):
    """An access token."""

    @property
    def token(self) -> str:
        """Text for the header."""
        ...


@dataclass(frozen=True)
class Request:
    """A GET request.

    Parameters
    ----------
    path
        Path below the client's `base_url`, with a leading ``/``. Built by this package, never taken from a response.
    params
        Query.
    prefer
        :data:`MINIMAL` or :data:`FULL`, where the operation has both forms.
    version
        Version of the API: iTwins are at ``v1``.
    permission
        Permission that the account needs, for the message of a 403.
    extra_headers
        Headers of this operation only.
    """

    path: str
    params: Mapping[str, str | int]
    prefer: Preference | None = None
    version: Literal["v1", "v2"] = "v2"
    permission: str = "imodels_webview"
    extra_headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def headers(self) -> dict[str, str]:
        """Headers other than the authorization."""
        prefer = {"Prefer": self.prefer} if self.prefer else {}
        return {"Accept": _ACCEPT.format(version=self.version), **prefer, **self.extra_headers}


def build_imodel_path(imodel_id: str) -> str:
    """Return the path of an iModel.

    Raises
    ------
    ValueError
        If `imodel_id` is not a GUID.
    """
    return f"/imodels/{validate_guid('imodel_id', imodel_id)}"


@dataclass(frozen=True)
class HttpResponse:
    """A response of any status, with a decompressed body that no traceback shows."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class BearerAuth(AuthBase):
    """The header with the token, set per request.

    A default header would give way to an entry of ``~/.netrc``.
    """

    def __init__(self, token: Token) -> None:
        self._token = token

    @property
    def token(self) -> str:
        """Text of the token."""
        return self._token.token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Set the header of a request."""
        request.headers["Authorization"] = f"Bearer {self._token.token}"
        return request


class HttpTransport:
    """The connections to one service.

    Parameters
    ----------
    base_url
        URL of the service.
    max_connections
        Number of connections that stay open between requests.
    timeout
        Seconds for one request as a whole.
    max_response_bytes
        Largest body in bytes, both compressed and decompressed.
    """

    def __init__(self, base_url: str, max_connections: int, *, timeout: float, max_response_bytes: int) -> None:
        self._base_url = base_url
        self._timeout = timeout
        self._max_bytes = max_response_bytes
        self._adapter = AbortableHTTPAdapter(max_connections)
        self._session = NoRedirectSession()
        self._session.mount("http://", self._adapter)
        self._session.mount("https://", self._adapter)
        self._session.headers["Accept-Encoding"] = "gzip"
        self._session.trust_env = not is_loopback_url(base_url)  # a company's proxy cannot reach this machine

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def release_after_fork(self) -> None:
        """Close this process's copies of the connections of the parent process."""
        self._adapter.release_after_fork()

    @hide_secrets_in_traceback
    def send(self, request: Request, auth: BearerAuth, stop: Event) -> HttpResponse:
        """Send a request once.

        Raises
        ------
        ConnectionFailed
            If there is no complete response in time, or `stop` is set.
        UnexpectedResponse
            If the body is too large.
        """
        deadline = time.monotonic() + self._timeout
        try:
            with (
                limit_request(stop, deadline),
                self._session.get(
                    self._base_url + request.path,
                    params=request.params,
                    headers=request.headers,
                    auth=auth,
                    timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
                    allow_redirects=False,  # a redirect could carry the token to another host
                    stream=True,  # reading the raw bytes takes half the time
                ) as response,
            ):
                return HttpResponse(response.status_code, response.headers, read_body(response, self._max_bytes))
        except _BodyTooLarge:
            raise UnexpectedResponse(
                f"The response of {self._base_url} has more than {self._max_bytes:,} bytes, the limit of this client. "
                "If that size is right, raise the limit: IModelsClient(..., max_response_bytes=...)."
            ) from None
        except (requests.RequestException, HTTPError, EOFError, OSError, ValueError) as error:
            # ValueError: a chunk of negative length
            raise self._build_connection_error(error, is_late=time.monotonic() >= deadline) from None

    def _build_connection_error(self, error: Exception, *, is_late: bool) -> ConnectionFailed:
        if is_late:
            return ConnectionFailed(
                f"The response of {self._base_url} was not complete within {self._timeout:g} s. Try again later. "
                "On a slow network, allow more time: IModelsClient(..., timeout=...).",
                is_retryable=False,
            )
        problem = explain_connection_error(error)
        if problem.is_about_certificates:
            advice = (
                f"If your network inspects encrypted connections, set {CA_BUNDLE_VARIABLE} to the file with its CA "
                "certificates."
            )
        elif problem.is_retryable:
            advice = "Check the network and base_url, then try again."
        else:
            advice = "Check base_url, the network and the settings of the proxy (HTTPS_PROXY)."
        return ConnectionFailed(
            f"No complete response from {self._base_url}: {problem.cause}. {advice}", is_retryable=problem.is_retryable
        )


def read_body(response: requests.Response, max_bytes: int) -> bytes:
    """Read a body in pieces, and decompress it.

    Raises
    ------
    EOFError
        If the gzip stream is damaged or cut short. urllib3 would accept a short one.
    """
    pieces: list[bytes] = []
    remaining = max_bytes
    while piece := response.raw.read(_PIECE, decode_content=False):
        remaining -= len(piece)
        if remaining < 0:
            raise _BodyTooLarge
        pieces.append(piece)
    body = b"".join(pieces)
    is_gzip = "gzip" in response.headers.get("Content-Encoding", "").lower()
    return decompress_body(body, max_bytes) if is_gzip else body


def decompress_body(body: bytes, max_bytes: int) -> bytes:
    """Decompress gzip of one or more members (RFC 1952, 2.2).

    Raises
    ------
    EOFError
        If it is damaged or cut short.
    """
    members: list[bytes] = []
    remaining = max_bytes
    while True:
        stream = zlib.decompressobj(_GZIP)
        try:
            member = stream.decompress(body, remaining + 1)
        except zlib.error:
            raise EOFError("the gzip stream is damaged") from None
        remaining -= len(member)
        if remaining < 0:
            raise _BodyTooLarge
        if not stream.eof:
            raise EOFError("the gzip stream is cut short")
        members.append(member)
        body = stream.unused_data
        if not body.startswith(_GZIP_MAGIC):
            break
    if body.strip(b"\0"):
        raise EOFError("something follows the gzip stream")
    return members[0] if len(members) == 1 else b"".join(members)


class _BodyTooLarge(Exception):  # noqa: N818 - never leaves this module
    """A body is larger than the limit."""
