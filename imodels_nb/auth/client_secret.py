"""A service's own sign-in, by client id and secret (RFC 6749 section 4.4): for reports that run with nobody there."""

from collections.abc import Callable
from typing import final

from imodels_nb.auth.credentials import AccessToken, Sealed
from imodels_nb.auth.provider import IdentityProvider
from imodels_nb.auth.service_client import ServiceClient
from imodels_nb.auth.variables import SERVICE_VARIABLES
from imodels_nb.auth.vendors import IMS
from imodels_nb.errors import AuthenticationError, CredentialUnavailableError, GrantNotAvailableError

_NOT_GRANTED = frozenset({"unauthorized_client", "unsupported_grant_type"})


@final
class ClientSecretCredential(Sealed):
    """Hands out the tokens of a service, which signs in as itself and not as a person.

    Parameters
    ----------
    client_id
        Of a client of type "Service", as registered with the provider.
    client_secret
        Its secret, or a callable that returns it, for example from a vault.
    provider
        Whom the service signs in to.
    scopes
        What the tokens are for.

    Raises
    ------
    CredentialUnavailableError
        When the client id or the secret is empty.

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
        self._client = ServiceClient(client_id, provider, supply)

    def __repr__(self) -> str:
        return f"ClientSecretCredential(client_id={self.account!r}, provider={self.provider.name!r})"

    @property
    def expires_on(self) -> int | None:
        """When the newest token ends, in seconds since the epoch; it is renewed when asked for."""
        return self._client.expires_on

    def get_token(self, *scopes: str, force_refresh: bool = False) -> AccessToken:
        """Return a token that is valid now, asked for anew if need be.

        Raises
        ------
        GrantNotAvailableError
            When the provider does not let this client sign in by its secret.
        AuthenticationError
            When it refuses the client id, the secret or the scopes.
        ConnectionFailed, ServerError, RateLimited, UnexpectedResponse
            When it does not answer as it should for now.
        """
        try:
            return self._client.acquire(scopes or self._scopes, force_refresh=force_refresh)
        except AuthenticationError as refusal:
            explained = self._explained(refusal)
        raise explained  # out here, so that nothing hangs on the error

    def close(self) -> None:
        """Throw the token away."""
        self._client.forget()

    def _explained(self, refusal: AuthenticationError) -> AuthenticationError:
        kind = GrantNotAvailableError if refusal.code in _NOT_GRANTED else AuthenticationError
        return kind(
            f"{self.provider.name} refused the service's sign-in ({refusal.code}). Check the client id, its secret and "
            f"that it is registered as a service with the scope {' '.join(self._scopes)}.",
            code=refusal.code,
        )
