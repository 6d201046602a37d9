"""Credentials without a person: a token, a client secret, environment variables."""

from collections.abc import Callable
from typing import Any, final

from imodels_nb._tracebacks import hide_secrets_in_traceback
from imodels_nb.auth.msal_client import MsalConfidentialClient
from imodels_nb.auth.provider import (
    ACCESS_TOKEN_VARIABLE,
    CLIENT_ID_VARIABLE,
    CLIENT_SECRET_VARIABLE,
    IMS,
    KNOWN_PROVIDERS,
    PROVIDER_VARIABLE,
    SERVICE_VARIABLES,
    IdentityProvider,
    read_variable,
)
from imodels_nb.auth.tokens import (
    AccessToken,
    NotPicklable,
    decode_claims,
    extract_token,
    parse_token,
    read_account,
    read_expiry,
)
from imodels_nb.errors import AuthenticationError, CredentialUnavailableError, GrantNotAvailableError

_NOT_GRANTED = frozenset({"unauthorized_client", "unsupported_grant_type"})
_ENVIRONMENT_ADVICE = (
    f"Set {ACCESS_TOKEN_VARIABLE} to a bare access token, or {SERVICE_VARIABLES}, before the kernel starts."
)


@final
class StaticTokenCredential(NotPicklable):
    """A token that was obtained elsewhere.

    Parameters
    ----------
    token
        The token, or a function that returns the current one and is called for each request. A leading ``Bearer`` and
        surrounding blanks are removed.
    allowed_origins
        API origins that it may be sent to, as scheme, host and port; ``None`` means any.

    Attributes
    ----------
    account : str or None
        Name of the account, if the token contains it. ``None`` for a function.
    expires_on : int or None
        End of the token in seconds since the epoch, if the token contains it. ``None`` for a function.

    Examples
    --------
    >>> from imodels_nb.auth import StaticTokenCredential
    >>> StaticTokenCredential("secret").get_token()
    AccessToken(token=<redacted>, expires_on=None)
    """

    __slots__ = ("_is_function", "_supply", "account", "allowed_origins", "expires_on")

    def __init__(self, token: str | Callable[[], str], *, allowed_origins: tuple[str, ...] | None = None) -> None:
        self.allowed_origins = allowed_origins
        self._is_function = callable(token)
        self._supply = token if callable(token) else lambda: token
        claims = {} if callable(token) else decode_claims(extract_token(token) or "")
        self.account = read_account(claims)
        self.expires_on = read_expiry(claims)

    def __repr__(self) -> str:
        return "StaticTokenCredential(<redacted>)"

    def validate(self) -> None:
        """Validate the token without a request; a function is not called for it.

        Raises
        ------
        CredentialUnavailableError
            If the token is empty, or contains characters that no token has.
        """
        if not self._is_function:
            self.get_token()

    def get_token(self, *scopes: str, force_refresh: bool = False) -> AccessToken:  # noqa: ARG002 - the protocol's
        """Return the token as it is.

        Raises
        ------
        CredentialUnavailableError
            If it is empty, or contains characters that no token has.
        """
        return parse_token(self._supply(), "Pass the bare access token, as one line of text, to StaticTokenCredential.")


@final
class ClientSecretCredential(NotPicklable):
    """Tokens of a service, which signs in without a person (RFC 6749 section 4.4).

    Parameters
    ----------
    client_id
        Client id of a client of type "Service", as registered with the provider.
    client_secret
        Its secret, or a function that returns it, for example from a vault.
    provider
        Provider to sign in to.
    scopes
        Scopes of the tokens.

    Attributes
    ----------
    account : str
        The client id.
    expires_on : int or None
        End of the newest token, in seconds since the epoch.

    Raises
    ------
    CredentialUnavailableError
        If the client id or the secret is empty.

    Examples
    --------
    >>> from imodels_nb.auth import ClientSecretCredential
    >>> ClientSecretCredential("service-1", "secret")
    ClientSecretCredential(client_id='service-1', provider='Bentley')
    """

    __slots__ = ("_client", "_scopes", "account", "allowed_origins", "provider")

    def __init__(
        self,
        client_id: str,
        client_secret: str | Callable[[], str],
        *,
        provider: IdentityProvider = IMS,
        scopes: tuple[str, ...] = ("itwin-platform",),
    ) -> None:
        if not client_id or not client_secret:
            raise CredentialUnavailableError(
                f"A service needs a client_id and its secret. Pass both, or set {SERVICE_VARIABLES}."
            )
        self.provider = provider
        self.allowed_origins = provider.api_origins
        self.account = client_id
        self._scopes = scopes
        supply = client_secret if callable(client_secret) else lambda: client_secret
        self._client = MsalConfidentialClient(client_id, provider, supply)

    def __repr__(self) -> str:
        return f"ClientSecretCredential(client_id={self.account!r}, provider={self.provider.name!r})"

    @property
    def expires_on(self) -> int | None:
        """End of the newest token, in seconds since the epoch; `get_token` replaces it."""
        return self._client.expires_on

    @hide_secrets_in_traceback
    def get_token(self, *scopes: str, force_refresh: bool = False) -> AccessToken:
        """Return a token that is valid now, requested anew if necessary.

        Raises
        ------
        GrantNotAvailableError
            If the provider does not let this client sign in by its secret.
        AuthenticationError
            If it refuses the client id, the secret or the scopes.
        ConnectionFailed, ServerError, RateLimited, UnexpectedResponse
            If it gives no useful response at the moment.
        """
        try:
            return self._client.acquire(scopes or self._scopes, force_refresh=force_refresh)
        except AuthenticationError as error:
            if error.code is None:
                raise
            kind = GrantNotAvailableError if error.code in _NOT_GRANTED else AuthenticationError
            raise kind(
                f"{self.provider.name} refused the sign-in of the service ({error.code}). Check the client id, its "
                f"secret and that it is registered as a service with the scope {' '.join(self._scopes)}.",
                code=error.code,
            ) from None

    def close(self) -> None:
        """Delete the token."""
        self._client.clear_tokens()


@final
class EnvironmentCredential(NotPicklable):
    """The token or the client secret that environment variables contain.

    The token in ``IMODELS_NB_ACCESS_TOKEN`` comes first. Without it, the client id and the secret of a service in
    ``IMODELS_NB_CLIENT_ID`` and ``IMODELS_NB_CLIENT_SECRET`` are used. Both belong to the provider that
    ``IMODELS_NB_PROVIDER`` names, ``ims`` (the default) or ``qa-ims``, and are sent to the API of no other. The
    variables are read at each use.

    Parameters
    ----------
    provider
        The provider that the variables belong to, with a `timeout` or a `ca_bundle` of its own. By default the
        provider that ``IMODELS_NB_PROVIDER`` names.

    Attributes
    ----------
    available : bool
        Whether there is a token, or a client id with its secret.
    source : str
        Names of the variables that are used; empty if none are set.
    provider : IdentityProvider
        Provider that they belong to.
    account : str or None
        The client id, or the account that the token names.
    expires_on : int or None
        End of the token in seconds since the epoch, if it is known.
    is_service : bool
        Whether a service signs in. It does not if there is a token already.

    Examples
    --------
    >>> from imodels_nb.auth import EnvironmentCredential
    >>> EnvironmentCredential().available
    False
    """

    __slots__ = ("_chosen_provider", "_service")

    def __init__(self, provider: IdentityProvider | None = None) -> None:
        self._chosen_provider = provider
        self._service: ClientSecretCredential | None = None

    def __repr__(self) -> str:
        return f"EnvironmentCredential(source={self.source!r})"

    @property
    def available(self) -> bool:
        """Whether there is a token, or a client id with its secret."""
        return bool(self.source)

    @property
    def source(self) -> str:
        """Names of the variables that are used; empty if none are set."""
        if read_variable(ACCESS_TOKEN_VARIABLE):
            return ACCESS_TOKEN_VARIABLE
        has_service = read_variable(CLIENT_ID_VARIABLE) and read_variable(CLIENT_SECRET_VARIABLE)
        return SERVICE_VARIABLES if has_service else ""

    @property
    def provider(self) -> IdentityProvider:
        """Provider that they belong to.

        Raises
        ------
        CredentialUnavailableError
            If ``IMODELS_NB_PROVIDER`` names an unknown provider.
        """
        if (name := read_variable(PROVIDER_VARIABLE)) and name not in KNOWN_PROVIDERS:
            raise CredentialUnavailableError(
                f"Set {PROVIDER_VARIABLE} to one of {', '.join(KNOWN_PROVIDERS)}, or leave it out."
            )
        known = KNOWN_PROVIDERS.get(name, IMS)
        return self._chosen_provider if self._chosen_provider == known else known

    @property
    def allowed_origins(self) -> tuple[str, ...] | None:
        """API origins that the tokens are meant for."""
        return self.provider.api_origins

    @property
    def account(self) -> str | None:
        """The client id, or the account that the token names."""
        if self.source == ACCESS_TOKEN_VARIABLE:
            return read_account(_read_claims())
        return read_variable(CLIENT_ID_VARIABLE) or None

    @property
    def expires_on(self) -> int | None:
        """End of the token in seconds since the epoch, if it is known."""
        if self.source == ACCESS_TOKEN_VARIABLE:
            return read_expiry(_read_claims())
        return self._service.expires_on if self._service else None

    @property
    def is_service(self) -> bool:
        """Whether a service signs in. It does not if there is a token already."""
        return self.source == SERVICE_VARIABLES

    def get_token(self, *scopes: str, force_refresh: bool = False) -> AccessToken:
        """Return the token in the variable, or a token of the service.

        Raises
        ------
        CredentialUnavailableError
            If no variable is set, or if the token contains characters that no token has.
        AuthenticationError
            If the provider refuses the service.
        ConnectionFailed, ServerError, RateLimited, UnexpectedResponse
            If the provider gives no useful response at the moment.
        """
        if not self.is_service:
            return parse_token(read_variable(ACCESS_TOKEN_VARIABLE), _ENVIRONMENT_ADVICE)
        if self._service is None:
            self._service = ClientSecretCredential(
                read_variable(CLIENT_ID_VARIABLE), lambda: read_variable(CLIENT_SECRET_VARIABLE), provider=self.provider
            )
        return self._service.get_token(*scopes, force_refresh=force_refresh)


def _read_claims() -> dict[str, Any]:
    return decode_claims(extract_token(read_variable(ACCESS_TOKEN_VARIABLE)) or "")
