"""Identity provider of a sample hub, over http on this machine."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from imodels_nb._urls import parse_url
from imodels_nb.auth import IdentityProvider
from imodels_nb.auth.transport import DEFAULT_TIMEOUT, DISCOVERY_FIELDS, MsalTransport
from imodels_nb.errors import AuthenticationError, ConnectionFailed, UnexpectedResponse

_LOGICAL_ORIGIN = "https://sample-idp.invalid"  # MSAL takes https only; no such host can exist
_PAGE_TIMEOUT = 2.0  # seconds; a page on this machine responds at once
_FIRST_ERROR_STATUS = 400


@dataclass(frozen=True, slots=True, repr=False)
class SampleProvider(IdentityProvider):
    """The identity provider of a sample hub on this machine.

    :func:`build_sample_provider` creates one. Its endpoints are looked up over http when they are needed.

    Parameters
    ----------
    name, authority, metadata, client_id, drop_scopes, api_origins, timeout, ca_bundle
        As in `IdentityProvider`; `metadata` is ``None``.
    identity_url
        Address of the provider on this machine.
    auto_approve
        Whether it approves sign-ins without a person.

    Raises
    ------
    ValueError
        If `identity_url` is not http on this machine.
    """

    identity_url: str = ""
    auto_approve: bool = False

    @property
    def is_sample(self) -> bool:
        """True: its sign-ins can be approved here."""
        return True

    @property
    def is_auto_approved(self) -> bool:
        """Whether it approves sign-ins without a person."""
        return self.auto_approve

    @property
    def display_url(self) -> str:
        """Address of the provider on this machine."""
        return self.identity_url

    def build_transport(self) -> "SampleTransport":
        """Return a new HTTP client for MSAL that reaches this provider only."""
        real_origin = parse_url(self.identity_url).origin
        return SampleTransport(self.name, self.authority, self.drop_scopes, real_origin, timeout=self.timeout)

    def trusts_link(self, url: str) -> bool:
        """Return whether a link is safe to open: https, or one of the sample's pages."""
        is_own_page = url.isprintable() and url.startswith(f"{self.identity_url}/")
        return is_own_page or IdentityProvider.trusts_link(self, url)

    def approve_device_code(self, user_code: str, *, approve: bool = True) -> None:
        """Approve or decline a device code in place of the person.

        Parameters
        ----------
        user_code
            Code that the person would enter.
        approve
            Whether to approve or to decline.

        Raises
        ------
        ConnectionFailed
            If the sample does not respond.
        AuthenticationError
            If the sample has no such code any more.
        """
        form = {"user_code": user_code, "decision": _format_decision(approve=approve)}
        self._open_page(f"{self.identity_url}/device", form, "The sample has no such code any more. Get a new code.")

    def approve_authorization(self, authorization_url: str, *, approve: bool = True) -> str:
        """Approve or decline an authorization in place of the person.

        Parameters
        ----------
        authorization_url
            Page that the person would open.
        approve
            Whether to approve or to decline.

        Returns
        -------
        str
            Address that the person's browser would be sent to, with the response in it.

        Raises
        ------
        ConnectionFailed, AuthenticationError
            As `approve_device_code`.
        """
        unknown = "The sample has no such sign-in any more. Sign in again."
        location, page = self._open_page(authorization_url, None, unknown)
        if location:
            return location
        form = {**parse_hidden_fields(page), "decision": _format_decision(approve=approve)}
        return self._open_page(authorization_url.partition("?")[0], form, unknown)[0]

    def _open_page(self, url: str, form: dict[str, str] | None, message_if_unknown: str) -> tuple[str, str]:
        """Open a page or send it a form; return the address of its redirect, and its text."""
        transport = self.build_transport()
        try:
            status, headers, body = transport.send("GET" if form is None else "POST", url, form, _PAGE_TIMEOUT)
        except ConnectionFailed:
            status, headers, body = 0, {}, b""
        finally:
            transport.close()
        if status == 0:
            raise ConnectionFailed("The sample does not respond. Check that it is running, or start it again.")
        if status >= _FIRST_ERROR_STATUS:
            raise AuthenticationError(message_if_unknown, status_code=status)
        return headers.get("Location", ""), body.decode("utf-8", "replace")

    def _check_endpoints(self) -> None:
        _check_identity_url(self.identity_url)


class SampleTransport(MsalTransport):
    """The HTTP client for the provider of a sample, over http on this machine.

    The endpoints are looked up at the provider. MSAL accepts https URLs only, so it gets a logical https origin, and
    each request goes to the real one.

    Parameters
    ----------
    name, authority, drop_scopes, timeout
        As in `MsalTransport`.
    real_origin
        Origin of the sample, such as ``http://127.0.0.1:8123``. No request leaves it.
    """

    def __init__(
        self,
        name: str,
        authority: str,
        drop_scopes: frozenset[str],
        real_origin: str,
        *,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> None:
        super().__init__(name, authority, {}, drop_scopes, timeout=timeout)
        self._real_origin = real_origin

    def build_browser_url(self, url: str) -> str:
        """Return a URL of the provider as the browser of a person needs it."""
        return url.replace(_LOGICAL_ORIGIN, self._real_origin, 1)

    def send(
        self, method: str, url: str, form: Mapping[str, Any] | None, timeout: float
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Send one request to the real origin; return status, headers and body."""
        real_url = self.build_browser_url(url)
        if not real_url.startswith(self._real_origin + "/"):
            raise UnexpectedResponse("The sample named an address that is not its own. Start it again.")
        return super().send(method, real_url, form, timeout)

    def _read_metadata(self) -> Mapping[str, str]:
        metadata = json.loads(self._send_and_parse("GET", self._discovery_url).text)
        if "token_endpoint" not in metadata:
            raise AuthenticationError("The sample's metadata names no token endpoint. Start it again.")
        self._metadata = {
            key: self._build_logical_url(metadata.get(key)) for key in DISCOVERY_FIELDS if key in metadata
        }
        return self._metadata

    def _build_logical_url(self, url: object) -> str:
        if not isinstance(url, str) or not url.startswith(self._real_origin + "/"):
            raise UnexpectedResponse("The sample's metadata names an address that is not its own. Start it again.")
        return url.replace(self._real_origin, _LOGICAL_ORIGIN, 1)

    def _find_proxies(self, url: str) -> dict[str, str]:  # noqa: ARG002 - a company's proxy does not know this machine
        return {}


def build_sample_provider(
    identity_url: str, client_id: str = "imodels-nb-sample", *, auto_approve: bool = False
) -> SampleProvider:
    """Return the identity provider of a sample hub on this machine.

    Parameters
    ----------
    identity_url
        Its address, such as ``http://127.0.0.1:8123/idp``. The endpoints are looked up below it.
    client_id
        Client id that the sample knows.
    auto_approve
        Whether that sample approves sign-ins automatically.

    Raises
    ------
    ValueError
        If `identity_url` is not http on this machine.

    Examples
    --------
    >>> from imodels_nb.sample.provider import build_sample_provider
    >>> build_sample_provider("http://127.0.0.1:8123/idp").is_sample
    True
    """
    _check_identity_url(identity_url)
    address = identity_url.rstrip("/")
    url = parse_url(address)
    return SampleProvider(
        name="sample",
        authority=_LOGICAL_ORIGIN + url.path,
        metadata=None,
        client_id=client_id,
        api_origins=(url.origin,),
        identity_url=address,
        auto_approve=auto_approve,
    )


def parse_hidden_fields(page: str) -> dict[str, str]:
    """Parse the hidden fields of the forms on a page.

    Examples
    --------
    >>> from imodels_nb.sample.provider import parse_hidden_fields
    >>> parse_hidden_fields('<form><input type="hidden" name="request" value="a&amp;b"><input name="other"></form>')
    {'request': 'a&b'}
    """
    parser = _HiddenFieldParser()
    parser.feed(page)
    parser.close()
    return parser.fields


class _HiddenFieldParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "input" and attributes.get("type") == "hidden" and (name := attributes.get("name")):
            self.fields[name] = attributes.get("value") or ""


def _format_decision(*, approve: bool) -> str:
    return "approve" if approve else "deny"


def _check_identity_url(identity_url: str) -> None:
    try:
        url = parse_url(identity_url)
        is_valid = bool(url.scheme == "http" and url.is_loopback and url.path.strip("/") and not url.has_query)
    except ValueError:
        is_valid = False
    if not is_valid:
        raise ValueError(
            "identity_url is not the address of a sample provider on this machine. Pass the identity_url that the "
            "sample printed, such as http://127.0.0.1:8123/idp."
        )
