"""A confidential client with MSAL: OAuth's word for an application that can keep a secret, such as a service."""

from collections.abc import Callable
from typing import Any

import msal

from imodels_nb.auth.credentials import AccessToken
from imodels_nb.auth.provider import IdentityProvider
from imodels_nb.auth.token_client import TokenClient


class ServiceClient(TokenClient):
    """A service's sign-in to one provider, with its token in memory.

    Parameters
    ----------
    client_id
        As registered with the provider.
    provider
        Whom to ask.
    secret
        Gives the client's secret when it is needed.
    """

    def __init__(self, client_id: str, provider: IdentityProvider, secret: Callable[[], str]) -> None:
        super().__init__(client_id, provider)
        self._secret = secret

    def acquire(self, scopes: tuple[str, ...], *, force_refresh: bool) -> AccessToken:
        """Return the token at hand, or ask for one.

        Raises
        ------
        AuthenticationError
            With the provider's error in ``code``, when it refuses.
        UnexpectedResponse, ConnectionFailed, ServerError, RateLimited
            When trying again later may help.
        """
        return self._step(lambda app: self._ask(app, list(scopes), force_refresh=force_refresh))

    def _ask(self, app: Any, scopes: list[str], *, force_refresh: bool) -> AccessToken:
        if force_refresh:
            app.remove_tokens_for_client()
        return self._read_token(app.acquire_token_for_client(scopes))

    def _make_application(self, **options: Any) -> Any:
        return msal.ConfidentialClientApplication(self._client_id, client_credential=self._secret(), **options)

    def _drop(self, app: Any) -> None:
        app.remove_tokens_for_client()
