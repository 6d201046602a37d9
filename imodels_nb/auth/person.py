"""What the credentials of a person have in common: one sign-in at a time, waited for, renewed, and ended."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from threading import RLock

from imodels_nb._interactive import is_interactive
from imodels_nb.auth.code_flow import AuthorizationCodeFlow
from imodels_nb.auth.credentials import AccessToken, Sealed
from imodels_nb.auth.device_flow import DeviceCodeFlow
from imodels_nb.auth.patience import Patience
from imodels_nb.auth.polling import Clock
from imodels_nb.auth.provider import IdentityProvider
from imodels_nb.auth.public_client import PublicClient
from imodels_nb.auth.sign_in import SignIn
from imodels_nb.auth.states import LoginState
from imodels_nb.auth.stored_session import StoredSession
from imodels_nb.auth.token_store import TokenCachePersistenceOptions, TokenStore
from imodels_nb.auth.variables import ACCESS_TOKEN_VARIABLE, CLIENT_ID_VARIABLE, variable
from imodels_nb.auth.vendors import IMS
from imodels_nb.errors import (
    AuthenticationError,
    AuthenticationRequiredError,
    CredentialUnavailableError,
    IModelsError,
    TokenCacheError,
)

REDIRECT_URI = "http://localhost:3000/signin-callback"
"""What the vendor's own command-line clients register, and their tutorials show."""


class PersonCredential(Sealed, ABC):
    """Hands out the tokens of a person who has signed in, and renews them for as long as the provider allows.

    Tokens rest in memory only, unless a place for them is asked for.

    Parameters
    ----------
    client_id
        As registered with the provider; may be left out where ``IMODELS_NB_CLIENT_ID`` or the provider has one.
    provider
        Whom the person signs in to.
    scopes
        What the tokens are for.
    redirect_uri
        As registered for the client, for signing in by authorization code.
    cache_persistence_options
        Keep the sign-in beyond this process, and how; None keeps it in memory only.
    attended
        Says whether somebody is there to sign in; by default, looks at the notebook or terminal.
    clock
        Paces the questions to the provider.

    Raises
    ------
    CredentialUnavailableError
        When there is no client id.
    TokenCacheError
        When the sign-in cannot be kept as was asked for.
    """

    def __init__(
        self,
        client_id: str | None = None,
        *,
        provider: IdentityProvider = IMS,
        scopes: tuple[str, ...] = ("itwin-platform",),
        redirect_uri: str = REDIRECT_URI,
        cache_persistence_options: TokenCachePersistenceOptions | None = None,
        attended: Callable[[], bool] = is_interactive,
        clock: Clock | None = None,
    ) -> None:
        self.provider = provider
        self.allowed_origins = provider.api_origins
        self.redirect_uri = redirect_uri
        self._client_id = _client_id(client_id, provider)
        self._scopes = scopes
        self._store = _store(cache_persistence_options, provider, self._client_id)
        self._clock = clock or Clock()
        self._patience = Patience(provider, attended)
        self._lock = RLock()
        self._flow: SignIn | None = None
        self._rest = LoginState.SIGNED_OUT
        self._observers: list[Callable[[PersonCredential], None]] = []

    def __repr__(self) -> str:
        return f"{type(self).__name__}(state={self.state.value!r}, provider={self.provider.name!r})"

    @property
    def state(self) -> LoginState:
        """Where the sign-in stands."""
        return flow.state if (flow := self._flow) else self._rest

    @property
    def flow(self) -> SignIn | None:
        """The newest attempt to sign in, until it is signed out of."""
        return self._flow

    @property
    def account(self) -> str | None:
        """Who is signed in, if the provider says so."""
        return client.username if (client := self._client()) else None

    @property
    def expires_on(self) -> int | None:
        """When the newest token ends, in seconds since the epoch; it is renewed when asked for."""
        return client.expires_on if (client := self._client()) else None

    @property
    def persistent(self) -> bool:
        """Whether the sign-in is kept beyond this process."""
        return self._store is not None

    @abstractmethod
    def begin_authenticate(self) -> SignIn:
        """Begin to sign in, in the background; whatever went before is signed out."""

    def begin_device_code(self) -> DeviceCodeFlow:
        """Begin to sign in by device code, in the background; whatever went before is signed out.

        Returns
        -------
        DeviceCodeFlow
            Started; it will have a code for the person in a moment.
        """
        flow = DeviceCodeFlow(self._new_client(), self.provider, self._scopes, self._clock)
        self._begin(flow)
        return flow

    def begin_authorization_code(self) -> AuthorizationCodeFlow:
        """Begin to sign in on the provider's page, in the background; whatever went before is signed out.

        Returns
        -------
        AuthorizationCodeFlow
            Started; it will have a link for the person in a moment.
        """
        flow = AuthorizationCodeFlow(
            self._new_client(), self.provider, self._scopes, self._clock, redirect_uri=self.redirect_uri
        )
        self._begin(flow)
        return flow

    def restore(self) -> bool:
        """Take up the sign-in that was kept, if there is one; return whether there is.

        Raises
        ------
        TokenCacheError
            When the place where it is kept cannot be read.
        """
        client = self._new_client()
        if not client.restore():
            return False
        self._replace(StoredSession(client, self.provider, self._scopes, self._clock))
        return True

    def get_token(self, *scopes: str, force_refresh: bool = False) -> AccessToken:
        """Return a token that is valid now, renewed if need be.

        While somebody is signing in, this waits for them, says so once, and can be interrupted.

        Parameters
        ----------
        *scopes
            What the token is for; none means what the credential was made for.
        force_refresh
            Renew the token even if the one at hand has not run out.

        Raises
        ------
        AuthenticationRequiredError
            When nobody has signed in, nobody is there to do it, or the provider wants to see them again.
        AuthenticationError
            One of its kinds, when the sign-in has ended otherwise.
        ConnectionFailed, ServerError, RateLimited, UnexpectedResponse
            When the token could not be renewed for now.
        """
        flow = self._flow
        if flow is None:
            raise AuthenticationRequiredError(f"Nobody has signed in to {self.provider.name}. Run login() first.")
        if flow.state.pending:
            self._patience.wait_for(flow)
        if (client := flow.client) is None:
            raise _ended(flow)
        return self._renew(flow, client, scopes or self._scopes, force_refresh=force_refresh)

    def logout(self) -> None:
        """Sign out: the tokens are thrown away wherever they are kept, a sign-in under way is cancelled.

        The provider is asked to drop them too, in the background, if it has an address for that.
        """
        self._replace(None)

    def close(self) -> None:
        """Let go of everything. A sign-in that is kept stays kept; any other is signed out."""
        self._replace(None, keep=self.persistent)

    def on_change(self, observer: Callable[["PersonCredential"], None]) -> Callable[[], None]:
        """Call `observer` with this credential after each change, from whichever thread made the change.

        Returns
        -------
        callable
            Ends the subscription.
        """
        self._observers.append(observer)
        return lambda: self._observers.remove(observer)

    def _client(self) -> PublicClient | None:
        return flow.client if (flow := self._flow) else None

    def _new_client(self) -> PublicClient:
        return PublicClient(self._client_id, self.provider, self._store)

    def _begin(self, flow: SignIn) -> None:
        flow.on_change(lambda _: self._notify())
        self._replace(flow)
        flow.start()

    def _renew(
        self, flow: SignIn, client: PublicClient, scopes: tuple[str, ...], *, force_refresh: bool
    ) -> AccessToken:
        expires_on = client.expires_on
        try:
            token = client.acquire_silently(scopes, force_refresh=force_refresh)
        except TokenCacheError:
            raise  # the sign-in itself may be fine
        except AuthenticationError:
            self._replace(None, LoginState.REAUTH_REQUIRED, only=flow)
            token = None
        if token is None or self._flow is not flow:  # raised out here, so that nothing hangs on the error
            raise AuthenticationRequiredError(f"The sign-in to {self.provider.name} has ended. Sign in again.")
        if client.expires_on != expires_on:
            self._notify()
        return token

    def _replace(
        self,
        flow: SignIn | None,
        rest: LoginState = LoginState.SIGNED_OUT,
        *,
        only: SignIn | None = None,
        keep: bool = False,
    ) -> None:
        """Put `flow` in place of the one before, and end that one; with `only`, nothing unless that is the one."""
        with self._lock:
            before = self._flow
            if only is not None and only is not before:
                return
            self._flow, self._rest = flow, rest
        if before is not None:
            before.cancel()
            _let_go(before, keep=keep)
        self._notify()

    def _notify(self) -> None:
        for observer in tuple(self._observers):
            observer(self)


def _client_id(chosen: str | None, provider: IdentityProvider) -> str:
    of_the_environment = "" if provider.is_sample else variable(CLIENT_ID_VARIABLE)
    if client_id := chosen or provider.client_id or of_the_environment:
        return client_id
    raise CredentialUnavailableError(
        f"{provider.name} needs a client_id. Register an application of type 'Desktop / Mobile' (native) at "
        f"https://developer.bentley.com with the scope itwin-platform, and pass its client_id or set "
        f"{CLIENT_ID_VARIABLE}; or set {ACCESS_TOKEN_VARIABLE}."
    )


def _store(
    options: TokenCachePersistenceOptions | None, provider: IdentityProvider, client_id: str
) -> TokenStore | None:
    return TokenStore(options, provider, client_id) if options else None


def _let_go(flow: SignIn, *, keep: bool) -> None:
    if flow.client is None:
        return
    if keep:
        flow.client.release()
    else:
        flow.client.forget()


def _ended(flow: SignIn) -> IModelsError:
    error = flow.error or AuthenticationRequiredError("The sign-in has ended. Sign in again.")
    return error.with_traceback(None)
