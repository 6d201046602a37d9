"""The credential that the environment variables describe: a token, or a service's client id and secret."""

from typing import Any, final

from imodels_nb.auth.claims import account_of, claims_of, end_of
from imodels_nb.auth.client_secret import ClientSecretCredential
from imodels_nb.auth.credentials import AccessToken, Sealed, bare_token, usable_token
from imodels_nb.auth.provider import IdentityProvider
from imodels_nb.auth.variables import (
    ACCESS_TOKEN_VARIABLE,
    CLIENT_ID_VARIABLE,
    CLIENT_SECRET_VARIABLE,
    PROVIDER_VARIABLE,
    SERVICE_VARIABLES,
    variable,
)
from imodels_nb.auth.vendors import IMS, VENDORS
from imodels_nb.errors import CredentialUnavailableError

_ADVICE = f"Set {ACCESS_TOKEN_VARIABLE} to a bare access token, or {SERVICE_VARIABLES}, before the kernel starts."


@final
class EnvironmentCredential(Sealed):
    """Hands out what the environment has: the token in ``IMODELS_NB_ACCESS_TOKEN``, or else a service's own tokens.

    A service is described by ``IMODELS_NB_CLIENT_ID`` and ``IMODELS_NB_CLIENT_SECRET``. Either belongs to the provider
    that ``IMODELS_NB_PROVIDER`` names, ``ims`` (when it is not set) or ``qa-ims``, and goes to the API of no other.
    """

    __slots__ = ("_service",)

    def __init__(self) -> None:
        self._service: ClientSecretCredential | None = None

    def __repr__(self) -> str:
        return f"EnvironmentCredential(source={self.source!r})"

    @property
    def available(self) -> bool:
        """Whether there is a token, or a client id with its secret."""
        return bool(self.source)

    @property
    def source(self) -> str:
        """The variables that are used; empty when none are set."""
        if variable(ACCESS_TOKEN_VARIABLE):
            return ACCESS_TOKEN_VARIABLE
        return SERVICE_VARIABLES if variable(CLIENT_ID_VARIABLE) and variable(CLIENT_SECRET_VARIABLE) else ""

    @property
    def provider(self) -> IdentityProvider:
        """Whose these are.

        Raises
        ------
        CredentialUnavailableError
            When ``IMODELS_NB_PROVIDER`` names none that is known.
        """
        if (name := variable(PROVIDER_VARIABLE)) and name not in VENDORS:
            raise CredentialUnavailableError(
                f"Set {PROVIDER_VARIABLE} to one of {', '.join(VENDORS)}, or leave it out."
            )
        return VENDORS.get(name, IMS)

    @property
    def allowed_origins(self) -> tuple[str, ...] | None:
        """The API origins that its tokens are meant for."""
        return self.provider.api_origins

    @property
    def account(self) -> str | None:
        """The client that signs in, or whose the token says it is."""
        return account_of(_claims()) if self.source == ACCESS_TOKEN_VARIABLE else variable(CLIENT_ID_VARIABLE) or None

    @property
    def expires_on(self) -> int | None:
        """When the token ends, in seconds since the epoch, as far as that is known."""
        if self.source == ACCESS_TOKEN_VARIABLE:
            return end_of(_claims())
        return self._service.expires_on if self._service else None

    @property
    def is_service(self) -> bool:
        """Whether the provider is asked for a token, as opposed to one that is already there."""
        return self.source == SERVICE_VARIABLES

    def get_token(self, *scopes: str, force_refresh: bool = False) -> AccessToken:
        """Return what the variable holds now, or the service's token.

        Raises
        ------
        CredentialUnavailableError
            When no variable is set, or the token is not one line of text.
        AuthenticationError
            When the provider refuses the service.
        ConnectionFailed, ServerError, RateLimited, UnexpectedResponse
            When it does not answer as it should for now.
        """
        if self.is_service:
            self._service = self._service or _service(self.provider)
            return self._service.get_token(*scopes, force_refresh=force_refresh)
        return usable_token(variable(ACCESS_TOKEN_VARIABLE), _ADVICE)


def _claims() -> dict[str, Any]:
    return claims_of(bare_token(variable(ACCESS_TOKEN_VARIABLE)) or "")


def _service(provider: IdentityProvider) -> ClientSecretCredential:
    return ClientSecretCredential(
        variable(CLIENT_ID_VARIABLE), lambda: variable(CLIENT_SECRET_VARIABLE), provider=provider
    )
