"""How the conversation with a sample travels: over http, on this machine only."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from imodels_nb.auth.http import DEFAULT_TIMEOUT, DISCOVERY_FIELDS, HttpTransport
from imodels_nb.errors import AuthenticationError, UnexpectedResponse

_LOCAL_TIMEOUT = 2  # a page on this machine answers at once


class LoopbackTransport(HttpTransport):
    """The transport for a sample provider on this machine, whose metadata is discovered over HTTP.

    MSAL takes https URLs only; it therefore sees `logical_origin` wherever `real_origin` stands on the wire.

    Parameters
    ----------
    name, authority, drop_scopes
        As for `HttpTransport`.
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
        timeout: float = DEFAULT_TIMEOUT,
    ) -> None:
        super().__init__(name, authority, {}, drop_scopes, timeout=timeout)
        self._logical_origin = logical_origin
        self._real_origin = real_origin

    def browser_url(self, url: str) -> str:
        """Return a URL of the provider as a person's browser needs it: on the wire, not as MSAL sees it."""
        return url.replace(self._logical_origin, self._real_origin, 1)

    def _read_metadata(self) -> Mapping[str, str]:
        answer = json.loads(self._exchange("GET", self._discovery_url).text)
        if "token_endpoint" not in answer:
            raise AuthenticationError("The sample's metadata names no token endpoint. Start it again.")
        self._metadata = {key: self._logical(answer.get(key)) for key in DISCOVERY_FIELDS if key in answer}
        return self._metadata

    def _logical(self, url: object) -> str:
        if not isinstance(url, str) or not url.startswith(self._real_origin + "/"):
            raise UnexpectedResponse("The sample's metadata names an address that is not its own. Start it again.")
        return url.replace(self._real_origin, self._logical_origin, 1)

    def _send(
        self, method: str, url: str, form: Mapping[str, Any] | None, timeout: float
    ) -> tuple[int, Mapping[str, str], bytes]:
        return super()._send(method, self.browser_url(url), form, timeout)

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
