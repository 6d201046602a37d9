"""How the conversation travels: the hardened HTTP that MSAL is handed.

Left to itself, MSAL follows redirects, waits for ever and logs the bodies it cannot read. Here it does none of that,
and it sees no field that it does not need, so a provider's free text reaches no log and no message.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import requests
from requests.utils import get_environ_proxies

from imodels_nb.auth.credentials import Sealed
from imodels_nb.errors import ConnectionFailed, IModelsError, RateLimited, ServerError, UnexpectedResponse

DISCOVERY_PATH = "/.well-known/openid-configuration"
UNRECOGNIZED = "unrecognized_error"

_TIMEOUT = (3.05, 10)  # seconds to connect, seconds between two bytes
_LOCAL_TIMEOUT = 2  # a page on this machine answers at once
_MULTIPLE_CHOICES = 300  # from here on, an answer is no success
_REVOCATION_TIMEOUT = 3  # seconds; nobody waits for a good-bye
_DISCOVERY_FIELDS = frozenset(
    {
        *("issuer", "authorization_endpoint", "token_endpoint"),
        *("device_authorization_endpoint", "revocation_endpoint"),
    }
)
_DEVICE_FIELDS = frozenset({"device_code", "user_code", "verification_uri", "verification_uri_complete", "interval"})
_TOKEN_FIELDS = frozenset({"access_token", "refresh_token", "id_token", "token_type", "expires_in", "scope", "error"})
_FIELDS = _DISCOVERY_FIELDS | _DEVICE_FIELDS | _TOKEN_FIELDS
_ERROR_CODES = frozenset(
    {  # RFC 6749 section 5.2, RFC 8628 section 3.5, OpenID Connect Core section 3.1.2.6
        *("invalid_request", "invalid_client", "invalid_grant", "invalid_scope"),
        *("unauthorized_client", "unsupported_grant_type", "unsupported_response_type", "access_denied"),
        *("server_error", "temporarily_unavailable"),
        *("authorization_pending", "slow_down", "expired_token"),
        *("login_required", "interaction_required", "consent_required"),
    }
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What MSAL gets to see of an HTTP answer."""

    status_code: int
    text: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


class Transport(Sealed):
    """An HTTP client for MSAL that knows one provider, by pinned metadata.

    Parameters
    ----------
    name
        The provider, for messages.
    authority
        The URL below which MSAL looks for the metadata; it gets them from here, without a request.
    metadata
        Endpoint URLs by their OpenID names. POST goes to the token, device and revocation endpoints only.
    drop_scopes
        Scopes taken out of what MSAL sends.
    """

    def __init__(
        self, name: str, authority: str, metadata: Mapping[str, str], drop_scopes: frozenset[str] = frozenset()
    ) -> None:
        self._name = name
        self._discovery_url = authority + DISCOVERY_PATH
        self._metadata = metadata
        self._drop_scopes = drop_scopes
        self._session = requests.Session()
        self._session.trust_env = False  # neither ~/.netrc nor REQUESTS_CA_BUNDLE has a say in who is trusted

    def get(self, url: str, **_options: object) -> Answer:
        """Answer MSAL's one GET, for the metadata."""
        if url != self._discovery_url:
            raise UnexpectedResponse("Sign-in tried to read an address that is not the provider's. Report this.")
        return Answer(requests.codes.ok, json.dumps(dict(self._read_metadata())))

    def post(self, url: str, *, data: Mapping[str, Any] | None = None, **_options: object) -> Answer:
        """Send one form to the token or the device endpoint.

        Raises
        ------
        ConnectionFailed, ServerError, RateLimited
            When trying again later may help.
        UnexpectedResponse
            When the answer is no JSON object, or `url` is no endpoint of this provider.
        """
        if url not in {self._metadata.get("token_endpoint"), self._metadata.get("device_authorization_endpoint")}:
            raise UnexpectedResponse("Sign-in tried to post to an address that is not the provider's. Report this.")
        return self._exchange("POST", url, self._without_dropped_scopes(data or {}))

    def shown(self, url: str) -> str:
        """Return a URL of the provider as a person's browser needs it."""
        return url

    def revoke(self, form: Mapping[str, str]) -> bool:
        """Ask the provider to forget a token (RFC 7009); return whether it says that it did.

        Nothing is raised: who signs out has thrown the token away already.
        """
        url = self._metadata.get("revocation_endpoint")
        if url is None:
            return False
        try:
            return self._send("POST", url, form, _REVOCATION_TIMEOUT).ok
        except ConnectionFailed:
            return False

    def close(self) -> None:
        """Let the connections go."""
        self._session.close()

    def _read_metadata(self) -> Mapping[str, str]:
        return self._metadata

    def _proxies(self, url: str) -> dict[str, str]:
        return get_environ_proxies(url)

    def _without_dropped_scopes(self, form: Mapping[str, Any]) -> dict[str, Any]:
        wanted = [scope for scope in (form.get("scope") or "").split() if scope not in self._drop_scopes]
        return {**form, "scope": " ".join(wanted) or None}

    def _exchange(self, method: str, url: str, form: Mapping[str, Any] | None = None) -> Answer:
        return self._read(self._send(method, url, form, _TIMEOUT))

    def _send(
        self, method: str, url: str, form: Mapping[str, Any] | None, timeout: float | tuple[float, float]
    ) -> requests.Response:
        failure = ""
        try:
            return self._session.request(
                method,
                url,
                data=form,
                headers={"Accept": "application/json"},
                timeout=timeout,
                allow_redirects=False,
                proxies=self._proxies(url),
            )
        except requests.RequestException as error:
            failure = type(error).__name__
        del form  # what is raised out here takes no request along, and no form
        raise ConnectionFailed(f"{self._name} did not answer ({failure}). Check the network and try again.")

    def _read(self, response: requests.Response) -> Answer:
        status = response.status_code
        if refusal := self._try_later(status, response.headers.get("Retry-After", "")):
            raise refusal
        body = _json_object(response.content)
        if body is None:
            raise UnexpectedResponse(
                f"{self._name} answered HTTP {status} with something that is not JSON. "
                "A proxy or a network sign-in page may stand in between; open any web page and look.",
                status_code=status,
            )
        return Answer(status, json.dumps(_needed(body, failed=status >= _MULTIPLE_CHOICES)))

    def _try_later(self, status: int, retry_after: str) -> IModelsError | None:
        seconds = float(retry_after) if retry_after.isdecimal() else None
        if status == requests.codes.too_many_requests:
            return RateLimited(
                f"{self._name} has had too many requests. Wait a little.", status_code=status, retry_after=seconds
            )
        if status >= requests.codes.internal_server_error:
            message = f"{self._name} is out of order (HTTP {status}). Try again in a few minutes."
            return ServerError(message, status_code=status, retry_after=seconds)
        return None


class LoopbackTransport(Transport):
    """The same for a sample provider on this machine, whose metadata is discovered over HTTP.

    MSAL takes https URLs only; it therefore sees `logical_origin` wherever `real_origin` stands on the wire.

    Parameters
    ----------
    name, authority, drop_scopes
        As above.
    logical_origin
        Such as ``https://sample-idp.invalid``.
    real_origin
        Such as ``http://127.0.0.1:8123``; no request leaves it.
    """

    def __init__(
        self,
        name: str,
        authority: str,
        drop_scopes: frozenset[str] = frozenset(),
        *,
        logical_origin: str,
        real_origin: str,
    ) -> None:
        super().__init__(name, authority, {}, drop_scopes)
        self._logical_origin = logical_origin
        self._real_origin = real_origin

    def shown(self, url: str) -> str:
        """Return a URL of the provider as a person's browser needs it: on the wire, not as MSAL sees it."""
        return url.replace(self._logical_origin, self._real_origin, 1)

    def _read_metadata(self) -> Mapping[str, str]:
        answer = json.loads(self._exchange("GET", self._discovery_url).text)
        self._metadata = {key: self._logical(answer.get(key)) for key in _DISCOVERY_FIELDS if key in answer}
        return self._metadata

    def _logical(self, url: object) -> str:
        if not isinstance(url, str) or not url.startswith(self._real_origin + "/"):
            raise UnexpectedResponse("The sample's metadata names an address that is not its own. Start it again.")
        return url.replace(self._real_origin, self._logical_origin, 1)

    def _send(
        self, method: str, url: str, form: Mapping[str, Any] | None, timeout: float | tuple[float, float]
    ) -> requests.Response:
        return super()._send(method, self.shown(url), form, timeout)

    def _proxies(self, url: str) -> dict[str, str]:  # noqa: ARG002 - a company's proxy does not know this machine
        return {}


@dataclass(frozen=True, slots=True)
class Page:
    """What a browser would get: a page for the person, or the address that it is sent on to."""

    status: int
    text: str = field(repr=False)
    location: str = field(repr=False)


def visit_this_machine(url: str, form: Mapping[str, str] | None = None) -> Page | None:
    """Open a page on this machine, or send it a form; return None when nothing answers."""
    with requests.Session() as session:
        session.trust_env = False  # a company's proxy does not know this machine
        method = "GET" if form is None else "POST"
        try:
            response = session.request(method, url, data=form, timeout=_LOCAL_TIMEOUT, allow_redirects=False)
        except requests.RequestException:
            return None
    return Page(response.status_code, response.text, response.headers.get("Location", ""))


def known_code(code: object) -> str:
    """Return an error code that a standard knows, and `UNRECOGNIZED` for anything else, which may be any text."""
    return code if isinstance(code, str) and code in _ERROR_CODES else UNRECOGNIZED


def _json_object(content: bytes) -> dict[str, Any] | None:
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _needed(body: Mapping[str, Any], *, failed: bool) -> dict[str, Any]:
    fields = {key: value for key, value in body.items() if key in _FIELDS}
    if failed or "error" in fields:
        fields["error"] = known_code(fields.get("error"))
    return fields
