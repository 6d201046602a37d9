"""Hardened HTTP client that MSAL sends its requests with.

On its own, MSAL follows redirects, waits without a limit and logs bodies that it cannot read. This client does none of
that. It passes on only the fields that a sign-in needs, so the free text of a provider reaches no log and no message.
"""

import json
import math
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Event
from typing import Any

import requests
from requests.utils import get_environ_proxies
from urllib3.exceptions import HTTPError

from imodels_nb._abortable_http import (
    CA_BUNDLE_VARIABLE,
    CONNECT_TIMEOUT,
    AbortableHTTPAdapter,
    NoRedirectSession,
    limit_request,
)
from imodels_nb._connection_errors import explain_connection_error, parse_retry_after
from imodels_nb._tracebacks import hide_secrets_in_traceback
from imodels_nb.auth.tokens import NotPicklable, decode_claims
from imodels_nb.errors import (
    AuthenticationError,
    ConnectionFailed,
    IModelsError,
    RateLimited,
    ServerError,
    UnexpectedResponse,
)

DISCOVERY_PATH = "/.well-known/openid-configuration"
DEFAULT_TIMEOUT = 30.0
UNRECOGNIZED = "unrecognized_error"
DISCOVERY_FIELDS = {
    "issuer",
    "authorization_endpoint",
    "token_endpoint",
    "device_authorization_endpoint",
    "revocation_endpoint",
}

_REVOCATION_TIMEOUT = 3.0
_MAX_BODY = 1_000_000  # bytes; a real response has a few thousand
_PIECE = 16_384  # bytes
_MAX_TEXT = 100_000  # characters of one field
_MAX_USER_CODE = 64  # characters; RFC 8628 section 6.1 suggests eight
_MAX_LIFETIME = 315_360_000  # seconds, ten years
_MAX_INTERVAL = 300  # seconds
_FIRST_ERROR_STATUS = 300
_SECRETS = {"device_code", "access_token", "refresh_token", "id_token"}
_LINKS = {"verification_uri", "verification_uri_complete"}
_TEXTS = DISCOVERY_FIELDS | _SECRETS | _LINKS | {"user_code", "token_type", "scope"}
# RFC 6749 section 5.2, RFC 8628 section 3.5, OpenID Connect Core section 3.1.2.6
_ERROR_CODES = {
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "invalid_scope",
    "unauthorized_client",
    "unsupported_grant_type",
    "unsupported_response_type",
    "access_denied",
    "server_error",
    "temporarily_unavailable",
    "authorization_pending",
    "slow_down",
    "expired_token",
    "login_required",
    "interaction_required",
    "consent_required",
}


@dataclass(frozen=True, slots=True)
class ProviderResponse:
    """The part of an HTTP response that MSAL may see."""

    status_code: int
    text: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


class MsalTransport(NotPicklable):
    """An HTTP client for MSAL that knows the endpoints of one provider.

    Parameters
    ----------
    name
        Name of the provider, for messages.
    authority
        URL below which MSAL looks for the metadata. It gets them from here, without a request.
    metadata
        Endpoint URLs by their OpenID names. POST goes to the token, device and revocation endpoints only.
    drop_scopes
        Scopes to remove from the requests of MSAL.
    timeout
        Seconds that one request may take as a whole.
    ca_bundle
        File of the CA certificates to trust; by default the certificates of the package certifi.
    """

    def __init__(
        self,
        name: str,
        authority: str,
        metadata: Mapping[str, str],
        drop_scopes: frozenset[str] = frozenset(),
        *,
        timeout: float = DEFAULT_TIMEOUT,
        ca_bundle: str | os.PathLike[str] | None = None,
    ) -> None:
        self._name = name
        self._discovery_url = authority + DISCOVERY_PATH
        self._metadata = metadata
        self._drop_scopes = drop_scopes
        self._timeout = timeout
        self._ca_bundle = ca_bundle
        self._session = NoRedirectSession()
        self._session.trust_env = False  # neither ~/.netrc nor REQUESTS_CA_BUNDLE decides which host is trusted
        self._adapter = AbortableHTTPAdapter(max_connections=1)
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, self._adapter)

    def get(self, url: str, **_options: object) -> ProviderResponse:
        """Return the metadata, the only thing that MSAL reads."""
        if url != self._discovery_url:
            raise UnexpectedResponse(
                "The sign-in tried to read an address that is not the provider's. Report this bug."
            )
        return ProviderResponse(requests.codes.ok, json.dumps(dict(self._read_metadata())))

    def post(self, url: str, *, data: Mapping[str, Any] | None = None, **_options: object) -> ProviderResponse:
        """Send a form to the token endpoint or the device endpoint.

        Raises
        ------
        ConnectionFailed, ServerError, RateLimited
            If the request failed for a reason that may pass; a `ConnectionFailed` has `is_retryable` for this.
        UnexpectedResponse
            If the response is not a JSON object or is too large, or if `url` is not an endpoint of this provider.
        """
        if url not in {self._metadata.get("token_endpoint"), self._metadata.get("device_authorization_endpoint")}:
            raise UnexpectedResponse(
                "The sign-in tried to post to an address that is not the provider's. Report this bug."
            )
        return self._send_and_parse("POST", url, self._remove_scopes(data or {}))

    def build_browser_url(self, url: str) -> str:
        """Return a URL of the provider as the browser of a person needs it."""
        return url

    def revoke(self, form: Mapping[str, str]) -> bool:
        """Revoke a token (RFC 7009), and return whether the provider confirmed it.

        It raises nothing: the person has signed out here already.
        """
        url = self._metadata.get("revocation_endpoint")
        if url is None:
            return False
        try:
            status, _, _ = self.send("POST", url, form, min(self._timeout, _REVOCATION_TIMEOUT))
        except IModelsError:
            return False
        return bool(status == requests.codes.ok)

    def abort(self) -> None:
        """Cancel a request that is under way in another thread: it fails at once."""
        self._adapter.abort()

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _read_metadata(self) -> Mapping[str, str]:
        return self._metadata

    def _find_proxies(self, url: str) -> dict[str, str]:
        return get_environ_proxies(url)

    def _remove_scopes(self, form: Mapping[str, Any]) -> dict[str, Any]:
        scopes = [scope for scope in (form.get("scope") or "").split() if scope not in self._drop_scopes]
        return {**form, "scope": " ".join(scopes) or None}

    def _send_and_parse(self, method: str, url: str, form: Mapping[str, Any] | None = None) -> ProviderResponse:
        status, headers, body = self.send(method, url, form, self._timeout)
        if error := self._build_temporary_error(status, headers.get("Retry-After")):
            raise error
        document = parse_json_object(body)
        if document is None:
            raise UnexpectedResponse(
                f"{self._name} responded with HTTP {status}, and the body is not JSON. "
                "A proxy or the sign-in page of a network may be the sender; open any web page to check.",
                status_code=status,
            )
        return ProviderResponse(status, json.dumps(self._filter_fields(document, status)))

    @hide_secrets_in_traceback
    def send(
        self, method: str, url: str, form: Mapping[str, Any] | None, timeout: float
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Send one request; return status, headers and body of the response.

        Raises
        ------
        ConnectionFailed, UnexpectedResponse
            If there is no complete response, or if it is too large.
        """
        try:
            with (
                limit_request(Event(), time.monotonic() + timeout),
                self._session.request(
                    method,
                    url,
                    data=form,
                    headers={"Accept": "application/json"},
                    timeout=(min(timeout, CONNECT_TIMEOUT), timeout),
                    allow_redirects=False,
                    proxies=self._find_proxies(url),
                    verify=str(self._ca_bundle) if self._ca_bundle else True,
                    stream=True,
                ) as response,
            ):
                body = _read_body(response)
                status = int(response.status_code)
                headers = response.headers
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            raise self._build_connection_error(error) from None
        if body is None:
            raise UnexpectedResponse(
                f"{self._name} sent more than {_MAX_BODY:,} bytes, too many for the response to a sign-in. "
                "A proxy may be the sender; open any web page to check."
            )
        return status, headers, body

    def _build_connection_error(self, error: Exception) -> ConnectionFailed:
        problem = explain_connection_error(error)
        if problem.is_about_certificates:
            advice = (
                f"If your network inspects encrypted connections, set {CA_BUNDLE_VARIABLE} to the file with its CA "
                "certificates, or pass ca_bundle to the provider. The sign-in does not read REQUESTS_CA_BUNDLE."
            )
        elif problem.is_retryable:
            advice = "Check the network and try again."
        else:
            advice = "Check the network and the settings of the proxy, then sign in again."
        return ConnectionFailed(
            f"{self._name} did not respond: {problem.cause}. {advice}", is_retryable=problem.is_retryable
        )

    def _build_temporary_error(self, status: int, retry_after: str | None) -> IModelsError | None:
        seconds = parse_retry_after(retry_after)
        if status == requests.codes.too_many_requests:
            message = f"{self._name} has had too many requests. Wait a little, then try again."
            return RateLimited(message, status_code=status, retry_after=seconds)
        if status >= requests.codes.internal_server_error:
            message = f"{self._name} is temporarily unavailable (HTTP {status}). Try again in a few minutes."
            return ServerError(message, status_code=status, retry_after=seconds)
        return None

    def _filter_fields(self, document: Mapping[str, Any], status: int) -> dict[str, Any]:
        """Return the fields that MSAL needs, of the types that it expects."""
        fields: dict[str, Any] = {
            name: text for name in _TEXTS if (text := _filter_text(name, document.get(name))) is not None
        }
        if (
            "id_token" in document
            and document["id_token"] is not None
            and not decode_claims(fields.get("id_token", ""))
        ):
            raise self._build_unreadable_error("id_token")
        if document.get("expires_in") is not None:
            lifetime = _parse_number(document["expires_in"])
            if lifetime is None:
                raise self._build_unreadable_error("expires_in")
            fields["expires_in"] = int(min(max(lifetime, 0), _MAX_LIFETIME))
        if (interval := _parse_number(document.get("interval"))) is not None:
            fields["interval"] = int(min(max(interval, 1), _MAX_INTERVAL))
        if status >= _FIRST_ERROR_STATUS or "error" in document:
            fields["error"] = filter_error_code(document.get("error"))
        return fields

    def _build_unreadable_error(self, name: str) -> AuthenticationError:
        return AuthenticationError(
            f"{self._name} sent an {name} that cannot be read. Sign in again; if it happens again, report it as a bug."
        )


def filter_error_code(code: object) -> str:
    """Return an error code that a standard defines, or `UNRECOGNIZED`."""
    return code if isinstance(code, str) and code in _ERROR_CODES else UNRECOGNIZED


def parse_json_object(body: bytes) -> dict[str, Any] | None:
    """Parse a JSON object; return ``None`` if the body is anything else."""
    try:
        document = json.loads(body, parse_int=float)  # int() refuses numbers of more than 4,300 digits
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _filter_text(name: str, value: object) -> str | None:
    if not isinstance(value, str) or len(value) > _MAX_TEXT:
        return None
    if name == "user_code" and not (value.isprintable() and 0 < len(value) <= _MAX_USER_CODE):
        return None  # a person could not enter it, and it could disturb the page around it
    return value


def _parse_number(value: object) -> float | None:
    try:
        number = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else math.nan
    except ValueError:
        return None
    return None if math.isnan(number) else number


def _read_body(response: requests.Response) -> bytes | None:
    """Read the body in pieces; return ``None`` if it is larger than `_MAX_BODY`."""
    body = bytearray()
    for piece in response.raw.stream(_PIECE, decode_content=True):
        body += piece
        if len(body) > _MAX_BODY:
            return None
    return bytes(body)
