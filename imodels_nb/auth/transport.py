"""How the conversation travels: the hardened HTTP that MSAL is handed.

Left to itself, MSAL follows redirects, waits for ever and logs the bodies it cannot read. Here it does none of that,
and it sees no field that it does not need, so a provider's free text reaches no log and no message.
"""

import json
from collections.abc import Mapping
from typing import Any

import requests
from requests.utils import get_environ_proxies
from urllib3.exceptions import HTTPError

from imodels_nb.auth.answers import Answer, json_object, needed
from imodels_nb.auth.credentials import Sealed
from imodels_nb.errors import ConnectionFailed, IModelsError, RateLimited, ServerError, UnexpectedResponse

DISCOVERY_PATH = "/.well-known/openid-configuration"

_TIMEOUT = (3.05, 10)  # seconds to connect, seconds between two bytes
_SUCCESS_ENDS = 300  # from this status on, an answer is no success
_REVOCATION_TIMEOUT = 3  # seconds; nobody waits for a good-bye


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
        except (requests.RequestException, HTTPError, ValueError) as error:
            failure = type(error).__name__  # ValueError: a chunk of negative length, a redirect to no address
        del form  # what is raised out here takes no request along, and no form
        raise ConnectionFailed(f"{self._name} did not answer ({failure}). Check the network and try again.")

    def _read(self, response: requests.Response) -> Answer:
        status = response.status_code
        if refusal := self._try_later(status, response.headers.get("Retry-After", "")):
            raise refusal
        body = json_object(response.content)
        if body is None:
            raise UnexpectedResponse(
                f"{self._name} answered HTTP {status} with something that is not JSON. "
                "A proxy or a network sign-in page may stand in between; open any web page and look.",
                status_code=status,
            )
        return Answer(status, json.dumps(needed(body, failed=status >= _SUCCESS_ENDS)))

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
