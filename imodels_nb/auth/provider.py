"""Whom to ask: the identity providers, as data, and the sample's own way of saying yes."""

import math
from dataclasses import asdict, dataclass, field

from imodels_nb._urls import parse_url
from imodels_nb.auth.consent import hidden_fields
from imodels_nb.auth.http import DEFAULT_TIMEOUT, HttpTransport
from imodels_nb.auth.loopback import LoopbackTransport, Page, visit_this_machine
from imodels_nb.errors import AuthenticationError, ConnectionFailed

_BAD_REQUEST = 400
_NO_CODE = "The sample no longer knows this code. Get a new code."
_NO_SIGN_IN = "The sample no longer knows this sign-in. Begin it again."


@dataclass(frozen=True, slots=True)
class Metadata:
    """The endpoints of a provider, as its OpenID configuration would name them.

    Parameters
    ----------
    issuer, authorization_endpoint, token_endpoint
        https URLs.
    device_authorization_endpoint, revocation_endpoint
        https URL, or None when the provider has no device code, or takes no token back.
    """

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    device_authorization_endpoint: str | None = None
    revocation_endpoint: str | None = None


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """An OAuth 2.0 provider that a person signs in to.

    Parameters
    ----------
    name
        As a person knows it.
    authority
        https URL with at least one path segment, which MSAL insists on. Nothing is fetched below it.
    metadata
        The provider's endpoints, pinned. None on the sample, whose endpoints are discovered.
    client_id
        The client to use when the caller names none.
    drop_scopes
        Scopes that MSAL adds by itself and this provider does not want on the wire.
    api_origins
        Where its tokens may be sent; None means anywhere.
    identity_url
        Address of a sample provider on this machine; None for any real one.
    auto_approve
        Whether the sample says yes by itself, without a person.
    timeout
        Seconds that one request to the provider may take as a whole.
    ca_bundle
        File of the CA certificates to trust, for a network that inspects encrypted connections. None means the file
        that ``IMODELS_NB_CA_BUNDLE`` names, or else the certificates of the package certifi.

    Raises
    ------
    ValueError
        When `identity_url` is not http on this machine, or without it the endpoints are missing or not https; or when
        `timeout` is not a positive number.
    """

    name: str
    authority: str
    metadata: Metadata | None
    client_id: str | None = None
    drop_scopes: frozenset[str] = frozenset()
    api_origins: tuple[str, ...] | None = None
    identity_url: str | None = None
    auto_approve: bool = False
    timeout: float = field(default=DEFAULT_TIMEOUT, compare=False)
    ca_bundle: str | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if not 0 < self.timeout < math.inf:
            raise ValueError(f"The timeout of the provider {self.name!r} should be a positive number of seconds.")
        if self.identity_url is not None:
            _check_sample_address(self.identity_url)
        elif not self._endpoints() or not all(_is_safe(url) for url in self._endpoints().values()):
            raise ValueError(f"The provider {self.name!r} needs metadata with https endpoints; none are looked up.")

    @property
    def is_sample(self) -> bool:
        """Whether this is a sample provider on this machine."""
        return self.identity_url is not None

    def transport(self) -> HttpTransport:
        """Return a new HTTP client for MSAL that reaches this provider and nobody else."""
        if self.identity_url is not None:
            return LoopbackTransport(
                self.name,
                self.authority,
                self.drop_scopes,
                logical_origin=parse_url(self.authority).origin,
                real_origin=parse_url(self.identity_url).origin,
                timeout=self.timeout,
            )
        return HttpTransport(
            self.name,
            self.authority,
            self._endpoints(),
            self.drop_scopes,
            timeout=self.timeout,
            ca_bundle=self.ca_bundle,
        )

    def _endpoints(self) -> dict[str, str]:
        return {name: url for name, url in asdict(self.metadata).items() if url is not None} if self.metadata else {}

    def trusts_link(self, uri: str) -> bool:
        """Whether a person may be sent to `uri`: https anywhere, or the sample's own pages."""
        if _is_safe(uri):
            return True
        return self.identity_url is not None and uri.isprintable() and uri.startswith(f"{self.identity_url}/")

    def decide(self, user_code: str, *, approve: bool = True) -> None:
        """Say yes or no in place of the person, on the sample's verification page.

        Parameters
        ----------
        user_code
            The code that the person would enter.
        approve
            Yes, or no.

        Raises
        ------
        ValueError
            When this is a real provider: there, only the person decides.
        ConnectionFailed
            When the sample does not answer.
        AuthenticationError
            When it does not know the code any more.
        """
        if self.identity_url is None:
            raise ValueError(f"Only the person who signs in decides at {self.name}; open the verification page.")
        self._decide(f"{self.identity_url}/device", {"user_code": user_code}, _NO_CODE, approve=approve)

    def authorize(self, authorization_url: str, *, approve: bool = True) -> str:
        """Say yes or no in place of the person, on the sample's authorization page.

        Parameters
        ----------
        authorization_url
            The page that the person would open.
        approve
            Yes, or no.

        Returns
        -------
        str
            The address that the person's browser would be sent to, with the answer in it.

        Raises
        ------
        ValueError, ConnectionFailed, AuthenticationError
            As `decide` does.
        """
        if self.identity_url is None:
            raise ValueError(f"Only the person who signs in decides at {self.name}; open the sign-in page.")
        page = self._visit(authorization_url, None, _NO_SIGN_IN)
        if page.location:
            return page.location
        return self._decide(authorization_url.partition("?")[0], hidden_fields(page.text), _NO_SIGN_IN, approve=approve)

    def _decide(self, url: str, fields: dict[str, str], lost: str, *, approve: bool) -> str:
        return self._visit(url, {**fields, "decision": "approve" if approve else "deny"}, lost).location

    def _visit(self, url: str, form: dict[str, str] | None, lost: str) -> Page:
        page = visit_this_machine(url, form)
        if page is None:
            raise ConnectionFailed("The sample does not answer. Is it still running? Start it again.")
        if page.status >= _BAD_REQUEST:
            raise AuthenticationError(lost, status_code=page.status)
        return page


def sample_provider(
    identity_url: str, client_id: str = "imodels-nb-sample", *, auto_approve: bool = False
) -> IdentityProvider:
    """Describe the identity provider of a sample hub on this machine.

    Parameters
    ----------
    identity_url
        Such as ``http://127.0.0.1:8123/idp``; its endpoints are discovered below it.
    client_id
        The client that the sample knows.
    auto_approve
        Whether that sample says yes by itself.

    Raises
    ------
    ValueError
        When `identity_url` is not http on this machine.

    Examples
    --------
    >>> from imodels_nb.auth import sample_provider
    >>> sample_provider("http://127.0.0.1:8123/idp").is_sample
    True
    """
    _check_sample_address(identity_url)
    address = identity_url.rstrip("/")
    return IdentityProvider(
        name="sample",
        # MSAL takes https only; the transport maps this name, which can exist nowhere, to the address on this machine
        authority="https://sample-idp.invalid" + parse_url(address).path,
        metadata=None,
        client_id=client_id,
        api_origins=(parse_url(address).origin,),
        identity_url=address,
        auto_approve=auto_approve,
    )


def _is_safe(url: str) -> bool:
    try:
        return parse_url(url).scheme == "https"
    except ValueError:
        return False


def _check_sample_address(identity_url: str) -> None:
    try:
        url = parse_url(identity_url)
        here = url.scheme == "http" and url.is_loopback and url.path.strip("/") and not url.has_query
    except ValueError:
        here = False
    if not here:
        raise ValueError(
            "identity_url is no sample provider on this machine. Pass what the sample printed as identity_url, "
            "such as http://127.0.0.1:8123/idp."
        )


def _vendor(name: str, host: str, api_origins: tuple[str, ...]) -> IdentityProvider:
    return IdentityProvider(
        name=name,
        authority=f"https://{host}/connect",
        metadata=Metadata(
            issuer=f"https://{host}",
            authorization_endpoint=f"https://{host}/connect/authorize",
            token_endpoint=f"https://{host}/connect/token",
            device_authorization_endpoint=f"https://{host}/as/device_authz.oauth2",
            revocation_endpoint=f"https://{host}/connect/revocation",
        ),
        drop_scopes=frozenset({"openid", "profile"}),
        api_origins=api_origins,
    )


IMS = _vendor("Bentley", "ims.bentley.com", ("https://api.bentley.com",))
"""Bentley's identity service, by pinned endpoints; nothing is discovered.

Authorization and token endpoint are the ones that the vendor documents and its own clients use. The revocation endpoint
is the one that a sample repository of the vendor names beside them. The device endpoint is the one last seen working in
public, in the vendor's Unreal Engine plug-in of November 2022 (iTwin/unreal-engine-3dft-plugin, b47f137), which gave it
up for another flow that same month; the vendor's pages do not mention device code. A client may therefore not be
granted it, and any refusal of it ends in ``LoginState.UNSUPPORTED``. The live service has not been called in the making
of this package.
"""

QA_IMS = _vendor("Bentley QA", "qa-ims.bentley.com", ("https://qa-api.bentley.com", "https://dev-api.bentley.com"))
"""The vendor's test environment: the same endpoints on the host that its own clients use for ``qa-`` and ``dev-``.

Accounts and clients of the one are unknown to the other, and so are tokens.
"""

KNOWN_PROVIDERS = {"ims": IMS, "qa-ims": QA_IMS}
"""The pinned providers, by the names that IMODELS_NB_PROVIDER takes."""
