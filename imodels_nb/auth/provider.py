"""Identity providers with pinned endpoints, and environment variables."""

import math
import os
from dataclasses import asdict, dataclass, field

from imodels_nb._abortable_http import CA_BUNDLE_VARIABLE
from imodels_nb._urls import parse_url
from imodels_nb.auth.transport import DEFAULT_TIMEOUT, MsalTransport
from imodels_nb.errors import CredentialUnavailableError

ACCESS_TOKEN_VARIABLE = "IMODELS_NB_ACCESS_TOKEN"  # noqa: S105 - the name of a variable, not a secret
CLIENT_ID_VARIABLE = "IMODELS_NB_CLIENT_ID"
CLIENT_SECRET_VARIABLE = "IMODELS_NB_CLIENT_SECRET"  # noqa: S105 - the name of a variable, not a secret
PROVIDER_VARIABLE = "IMODELS_NB_PROVIDER"
SERVICE_VARIABLES = f"{CLIENT_ID_VARIABLE} and {CLIENT_SECRET_VARIABLE}"


@dataclass(frozen=True, slots=True)
class Metadata:
    """The endpoints of a provider, as its OpenID configuration would name them.

    Parameters
    ----------
    issuer, authorization_endpoint, token_endpoint
        https URLs.
    device_authorization_endpoint, revocation_endpoint
        https URLs. ``None`` if the provider has no device code, or revokes no tokens.
    """

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    device_authorization_endpoint: str | None = None
    revocation_endpoint: str | None = None


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """An OAuth 2.0 provider that a person or a service signs in to.

    Parameters
    ----------
    name
        Name that a person knows it by.
    authority
        https URL with at least one path segment, which MSAL requires. Nothing is requested below it.
    metadata
        Endpoints of the provider.
    client_id
        Client id to use if the caller names none.
    drop_scopes
        Scopes that MSAL adds and that this provider should not get.
    api_origins
        API origins that its tokens may be sent to; ``None`` means any.
    timeout
        Seconds that one request to the provider may take as a whole.
    ca_bundle
        File of the CA certificates to trust, for a network that inspects encrypted connections. ``None`` means the file
        that ``IMODELS_NB_CA_BUNDLE`` names, or else the certificates of the package certifi.

    Raises
    ------
    ValueError
        If an endpoint is missing or is not https, or if `timeout` is not a positive number.

    Examples
    --------
    >>> IMS
    <IdentityProvider 'Bentley'>
    >>> IMS.authority
    'https://ims.bentley.com/connect'
    """

    name: str
    authority: str
    metadata: Metadata | None
    client_id: str | None = None
    drop_scopes: frozenset[str] = frozenset()
    api_origins: tuple[str, ...] | None = None
    timeout: float = field(default=DEFAULT_TIMEOUT, compare=False)
    ca_bundle: str | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if not 0 < self.timeout < math.inf:
            raise ValueError(f"The timeout of the provider {self.name!r} should be a positive number of seconds.")
        self._check_endpoints()

    def __repr__(self) -> str:  # it is in the signature of login() and of each credential
        return f"<{type(self).__name__} {self.name!r}>"

    @property
    def is_sample(self) -> bool:
        """Whether this is the provider of a sample hub on this machine."""
        return False

    @property
    def is_auto_approved(self) -> bool:
        """Whether it approves sign-ins without a person, which only a sample does."""
        return False

    @property
    def display_url(self) -> str:
        """URL of the provider, as a person knows it."""
        return self.authority

    def build_transport(self) -> MsalTransport:
        """Return a new HTTP client for MSAL that reaches this provider only."""
        return MsalTransport(
            self.name,
            self.authority,
            self._list_endpoints(),
            self.drop_scopes,
            timeout=self.timeout,
            ca_bundle=self.ca_bundle or read_variable(CA_BUNDLE_VARIABLE) or None,
        )

    def trusts_link(self, url: str) -> bool:
        """Return whether a link is safe to open: https, without a user name."""
        return is_https(url)

    def approve_device_code(self, user_code: str, *, approve: bool = True) -> None:
        """Approve or decline a device code in place of the person, on a sample only.

        Parameters
        ----------
        user_code
            Code that the person would enter.
        approve
            Whether to approve or to decline.

        Raises
        ------
        ValueError
            If this is a real provider.
        ConnectionFailed
            If the sample does not respond.
        AuthenticationError
            If the sample has no such code any more.
        """
        _ = (user_code, approve)
        raise ValueError(f"Only the person who signs in can approve at {self.name}. Open the verification page.")

    def approve_authorization(self, authorization_url: str, *, approve: bool = True) -> str:
        """Approve or decline an authorization in place of the person, on a sample only.

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
        ValueError, ConnectionFailed, AuthenticationError
            As `approve_device_code`.
        """
        _ = (authorization_url, approve)
        raise ValueError(f"Only the person who signs in can approve at {self.name}. Open the sign-in page.")

    def _list_endpoints(self) -> dict[str, str]:
        return {name: url for name, url in asdict(self.metadata).items() if url is not None} if self.metadata else {}

    def _check_endpoints(self) -> None:
        endpoints = self._list_endpoints()
        if not endpoints or not all(is_https(url) for url in (self.authority, *endpoints.values())):
            raise ValueError(
                f"The provider {self.name!r} needs metadata with https endpoints. Endpoints are not looked up."
            )


def read_variable(name: str) -> str:
    """Return the value of an environment variable without blanks around it, or "".

    The function raises nothing, since a verbose traceback would show the variables of its frame.
    """
    return os.environ.get(name, "").strip()


def find_client_id(chosen: str | None, provider: IdentityProvider) -> str:
    """Find the client id: of the caller, of the provider, or of the environment.

    Raises
    ------
    TypeError
        If the client id of the caller is not text.
    CredentialUnavailableError
        If no client id is found.
    """
    if chosen is not None and not isinstance(chosen, str):
        raise TypeError(f"client_id should be text, not {type(chosen).__name__}.")
    from_environment = "" if provider.is_sample else read_variable(CLIENT_ID_VARIABLE)
    if client_id := chosen or provider.client_id or from_environment:
        return client_id
    raise CredentialUnavailableError(
        f"{provider.name} needs a client_id. Register an application of type 'Desktop / Mobile' (native) at "
        f"https://developer.bentley.com with the scope itwin-platform, and pass its client_id or set "
        f"{CLIENT_ID_VARIABLE}; or set {ACCESS_TOKEN_VARIABLE}."
    )


def is_https(url: str) -> bool:
    """Return whether a text is a valid https URL without a user name."""
    try:
        return parse_url(url).scheme == "https"
    except ValueError:
        return False


def _build_bentley_provider(name: str, host: str, api_origins: tuple[str, ...]) -> IdentityProvider:
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


IMS = _build_bentley_provider("Bentley", "ims.bentley.com", ("https://api.bentley.com",))
"""Identity service of Bentley, with pinned endpoints, which are not looked up.

The vendor documents the authorization endpoint and the token endpoint, and its own clients use them. A sample
repository of the vendor names the revocation endpoint beside them. The device endpoint was last seen in public use in
November 2022, in the vendor's Unreal Engine plug-in (iTwin/unreal-engine-3dft-plugin, b47f137), which replaced it in
the same month. The vendor's pages do not mention device code. A client may therefore not be granted it, and every
refusal of it ends in ``LoginState.UNSUPPORTED``. The live service was not called when this package was made.
"""

QA_IMS = _build_bentley_provider(
    "Bentley QA", "qa-ims.bentley.com", ("https://qa-api.bentley.com", "https://dev-api.bentley.com")
)
"""Test environment of the vendor: the same endpoints, on the host that its own clients use for ``qa-`` and ``dev-``.

Accounts, clients and tokens of one environment are unknown to the other.
"""

KNOWN_PROVIDERS = {"ims": IMS, "qa-ims": QA_IMS}
"""Providers with pinned endpoints, by their names in ``IMODELS_NB_PROVIDER``."""
