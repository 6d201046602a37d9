"""Credentials of a person, with one sign-in at a time."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from threading import RLock
from typing import ClassVar

from imodels_nb._forks import register_for_fork
from imodels_nb._interactive import is_interactive
from imodels_nb.auth.authorization_code_flow import REDIRECT_URI, AuthorizationCodeFlow
from imodels_nb.auth.device_code_flow import DeviceCodeFlow
from imodels_nb.auth.flows import LoginFlow, LoginState, add_observer, notify_observers
from imodels_nb.auth.msal_client import MsalPublicClient
from imodels_nb.auth.polling import Clock
from imodels_nb.auth.provider import (
    ACCESS_TOKEN_VARIABLE,
    IMS,
    SERVICE_VARIABLES,
    IdentityProvider,
    find_client_id,
)
from imodels_nb.auth.token_store import TokenCachePersistenceOptions, TokenStore
from imodels_nb.auth.tokens import AccessToken, NotPicklable
from imodels_nb.errors import (
    AuthenticationError,
    AuthenticationRequiredError,
    TokenCacheError,
)

_POLL_INTERVAL = 0.2  # seconds; a waiting cell can be interrupted after each


class InteractiveCredential(NotPicklable, ABC):
    """Base class of `DeviceCodeCredential` and `AuthorizationCodeCredential`.

    The tokens are in memory only, unless a store is requested. After a fork, the child process has the access token but
    not the refresh token. A sign-in under way continues in the parent process only.
    """

    _flow_class: ClassVar[type[LoginFlow]]

    def __init__(
        self,
        client_id: str | None = None,
        *,
        provider: IdentityProvider = IMS,
        scopes: tuple[str, ...] = ("itwin-platform",),
        redirect_uri: str = REDIRECT_URI,
        cache_persistence_options: TokenCachePersistenceOptions | None = None,
        is_interactive: Callable[[], bool] = is_interactive,
        clock: Clock | None = None,
    ) -> None:
        self.provider = provider
        self.allowed_origins = provider.api_origins
        self.redirect_uri = redirect_uri
        self._client_id = find_client_id(client_id, provider)
        self._scopes = scopes
        options = cache_persistence_options
        self._store = TokenStore(options, provider, self._client_id) if options else None
        self._clock = clock or Clock()
        self._is_interactive = is_interactive
        self._lock = RLock()
        self._flow: LoginFlow | None = None
        self._announced_flow: LoginFlow | None = None
        self._state_without_flow = LoginState.SIGNED_OUT
        self._observers: list[Callable[[InteractiveCredential], None]] = []
        register_for_fork(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(state={self.state.value!r}, provider={self.provider.name!r})"

    @property
    def state(self) -> LoginState:
        """State of the sign-in."""
        return flow.state if (flow := self._flow) else self._state_without_flow

    @property
    def flow(self) -> LoginFlow | None:
        """Newest sign-in, until the person signs out."""
        return self._flow

    @property
    def account(self) -> str | None:
        """Name of the account that is signed in, if it is known."""
        return client.username if (client := self._get_client()) else None

    @property
    def expires_on(self) -> int | None:
        """End of the newest token, in seconds since the epoch; `get_token` refreshes it."""
        return client.expires_on if (client := self._get_client()) else None

    @property
    def is_persistent(self) -> bool:
        """Whether the sign-in is stored on this machine."""
        return self._store is not None

    @abstractmethod
    def begin_authenticate(self) -> LoginFlow:
        """Start a new sign-in in the background, after signing out."""

    def get_token(self, *scopes: str, force_refresh: bool = False) -> AccessToken:
        """Return a token that is valid now, refreshed if necessary.

        Waits while the person signs in. A message is printed once; the wait can be interrupted.

        Parameters
        ----------
        *scopes
            Scopes of the token; without any, those that the credential was created with.
        force_refresh
            Whether to refresh the token even if the present one is still valid.

        Raises
        ------
        AuthenticationRequiredError
            If no person has signed in or can do so, or if the provider requires a new sign-in.
        AuthenticationError
            If the sign-in has ended in another way; one of its subclasses.
        ConnectionFailed, ServerError, RateLimited, UnexpectedResponse
            If the token could not be refreshed at the moment.
        """
        flow = self._flow
        if flow is None:
            raise AuthenticationRequiredError(
                f"There is no sign-in to {self.provider.name}. Click Sign in on its card. Without a card, run "
                "login(credential=credential), or call begin_authenticate() of the credential."
            )
        if flow.state.is_pending:
            self._wait_for_login(flow)
        if (client := flow.client) is None:
            error = flow.error or AuthenticationRequiredError("The sign-in has ended. Sign in again.")
            raise error.with_traceback(None)
        return self._acquire_token(flow, client, scopes or self._scopes, force_refresh=force_refresh)

    def begin_device_code(self) -> DeviceCodeFlow:
        """Start a sign-in by device code in the background, after signing out.

        Returns
        -------
        DeviceCodeFlow
            Started; the provider sends the code for the person in a moment.
        """
        flow = DeviceCodeFlow(self._create_client(), self.provider, self._scopes, self._clock)
        self._begin(flow)
        return flow

    def begin_authorization_code(self) -> AuthorizationCodeFlow:
        """Start a sign-in on the provider's page in the background, after signing out.

        Returns
        -------
        AuthorizationCodeFlow
            Started; it has a link for the person in a moment.
        """
        client = self._create_client()
        flow = AuthorizationCodeFlow(client, self.provider, self._scopes, self._clock, self.redirect_uri)
        self._begin(flow)
        return flow

    def restore(self) -> bool:
        """Load the stored sign-in, and return whether there is one.

        Raises
        ------
        TokenCacheError
            If the stored sign-in cannot be read.
        """
        client = self._create_client()
        if not client.restore():
            return False
        self._set_flow(self._flow_class.from_stored_tokens(client, self.provider, self._scopes, self._clock))
        return True

    def logout(self) -> None:
        """Cancel a sign-in under way, delete the tokens, and revoke them."""
        self._set_flow(None)

    def close(self) -> None:
        """Close the credential: sign out, unless the sign-in is stored."""
        self._set_flow(None, keep_stored=self.is_persistent)

    def on_change(self, observer: Callable[["InteractiveCredential"], None]) -> Callable[[], None]:
        """Register a function that is called with this credential after each change.

        The call comes from the thread that made the change. An error of the function has no effect on the sign-in.

        Returns
        -------
        callable
            Removes the function again.
        """
        return add_observer(self._observers, observer)

    def reset_after_fork(self) -> None:
        """Set a new lock in a child process, and remove the observers."""
        self._lock = RLock()
        self._observers.clear()

    def _get_client(self) -> MsalPublicClient | None:
        return flow.client if (flow := self._flow) else None

    def _create_client(self) -> MsalPublicClient:
        return MsalPublicClient(self._client_id, self.provider, self._store)

    def _begin(self, flow: LoginFlow) -> None:
        flow.on_change(lambda _: notify_observers(self._observers, self))
        self._set_flow(flow)
        flow.start()

    def _wait_for_login(self, flow: LoginFlow) -> None:
        """Wait until a sign-in has ended. On the sample, approve it, too."""
        if not (self.provider.is_auto_approved or self._is_interactive()):
            raise AuthenticationRequiredError(self._format_not_interactive_message())
        is_approving = self._announce(flow) and self.provider.is_sample and not flow.is_auto_approved
        while flow.wait(_POLL_INTERVAL).is_pending:
            if is_approving and flow.has_prompt:
                is_approving = False
                with suppress(AuthenticationError):  # another approval was faster, and the sign-in ends by itself
                    flow.approve()

    def _announce(self, flow: LoginFlow) -> bool:
        """Write once that the cell waits, and return whether this call wrote it."""
        with self._lock:
            if self._announced_flow is flow:
                return False
            self._announced_flow = flow
        print(flow.waiting_message, flush=True)  # noqa: T201 - in the cell that waits
        return True

    def _format_not_interactive_message(self) -> str:
        advice = (
            "Start it with sample.start(auto_approve=True), or set IMODELS_NB_SAMPLE_AUTO_APPROVE=1."
            if self.provider.is_sample
            else f"Set {ACCESS_TOKEN_VARIABLE}, or {SERVICE_VARIABLES}, before the kernel starts."
        )
        return f"No user can sign in to {self.provider.name} here: this is not an interactive session. {advice}"

    def _acquire_token(
        self, flow: LoginFlow, client: MsalPublicClient, scopes: tuple[str, ...], *, force_refresh: bool
    ) -> AccessToken:
        expires_on = client.expires_on
        token = None
        try:
            token = client.acquire_silently(scopes, force_refresh=force_refresh)
        except TokenCacheError:
            raise  # the sign-in itself may be valid
        except AuthenticationError:
            self._set_flow(None, LoginState.REAUTH_REQUIRED, expected=flow)
        if token is None or self._flow is not flow:
            raise AuthenticationRequiredError(self._format_ended_message(client))
        if client.expires_on != expires_on:
            notify_observers(self._observers, self)
        return token

    def _format_ended_message(self, client: MsalPublicClient) -> str:
        if client.is_inherited and self._store is None:
            return (
                f"The token for {self.provider.name} has run out, and this process was forked from the one that can "
                "refresh it. Sign in again in this process, or store the sign-in with persist=True, so that processes "
                "share it."
            )
        return f"The sign-in to {self.provider.name} has ended. Sign in again."

    def _set_flow(
        self,
        flow: LoginFlow | None,
        state_without_flow: LoginState = LoginState.SIGNED_OUT,
        *,
        expected: LoginFlow | None = None,
        keep_stored: bool = False,
    ) -> None:
        """Set another sign-in, and end the present one.

        With `expected`, nothing happens if another sign-in is the present one.
        """
        with self._lock:
            previous = self._flow
            if expected is not None and expected is not previous:
                return
            self._flow = flow
            self._state_without_flow = state_without_flow
        if previous is not None:
            previous.end(keep_stored=keep_stored)
        notify_observers(self._observers, self)


class DeviceCodeCredential(InteractiveCredential):
    """Tokens of a person who enters a code in any browser (RFC 8628).

    `begin_authenticate` starts the sign-in, and `restore` loads a stored one. `get_token` waits for the sign-in; it
    never starts one. A provider need not grant the device code to a client. Then `begin_authorization_code` is the
    alternative, with the same credential.

    Parameters
    ----------
    client_id
        Client id, as registered with the provider. By default that of the provider, or ``IMODELS_NB_CLIENT_ID``.
    provider
        Provider to sign in to.
    scopes
        Scopes of the tokens.
    redirect_uri
        Address that is registered for the client, for `begin_authorization_code`.
    cache_persistence_options
        How to store the sign-in on this machine. ``None`` keeps it in memory only.
    is_interactive
        Function that returns whether a person can sign in; by default it checks the notebook or the terminal.
    clock
        Clock for the pauses between requests.

    Attributes
    ----------
    state : LoginState
        State of the sign-in.
    flow : DeviceCodeFlow or AuthorizationCodeFlow or None
        Newest sign-in, with the code or the link for the person.
    account : str or None
        Name of the account that is signed in, if it is known.
    expires_on : int or None
        End of the newest token, in seconds since the epoch.

    Raises
    ------
    CredentialUnavailableError
        If there is no client id.
    TokenCacheError
        If the sign-in cannot be stored as requested.

    Examples
    --------
    >>> from imodels_nb.auth import DeviceCodeCredential
    >>> DeviceCodeCredential("native-1")
    DeviceCodeCredential(state='SIGNED_OUT', provider='Bentley')
    """

    _flow_class = DeviceCodeFlow

    def begin_authenticate(self) -> DeviceCodeFlow:
        """Start a sign-in by device code in the background, after signing out."""
        return self.begin_device_code()


class AuthorizationCodeCredential(InteractiveCredential):
    """Tokens of a person who signs in on the provider's page (code with PKCE).

    `begin_authenticate` starts the sign-in, and `restore` loads a stored one. `get_token` waits for the sign-in; it
    never starts one. The vendor grants this way to a client of type "native". Where browser and kernel share a machine,
    the response arrives without further action. Elsewhere the person pastes the address of the last page, see
    :meth:`AuthorizationCodeFlow.submit_redirect`.

    Parameters
    ----------
    client_id
        Client id, as registered with the provider. By default that of the provider, or ``IMODELS_NB_CLIENT_ID``.
    provider
        Provider to sign in to.
    scopes
        Scopes of the tokens.
    redirect_uri
        Address that is registered for the client.
    cache_persistence_options
        How to store the sign-in on this machine. ``None`` keeps it in memory only.
    is_interactive
        Function that returns whether a person can sign in; by default it checks the notebook or the terminal.
    clock
        Clock for the pauses between requests.

    Attributes
    ----------
    state : LoginState
        State of the sign-in.
    flow : AuthorizationCodeFlow or DeviceCodeFlow or None
        Newest sign-in, with the link for the person.
    account : str or None
        Name of the account that is signed in, if it is known.
    expires_on : int or None
        End of the newest token, in seconds since the epoch.

    Raises
    ------
    CredentialUnavailableError
        If there is no client id.
    TokenCacheError
        If the sign-in cannot be stored as requested.

    Examples
    --------
    >>> from imodels_nb.auth import AuthorizationCodeCredential
    >>> AuthorizationCodeCredential("native-1", redirect_uri="http://localhost:3000/signin-callback")
    AuthorizationCodeCredential(state='SIGNED_OUT', provider='Bentley')
    """

    _flow_class = AuthorizationCodeFlow

    def begin_authenticate(self) -> AuthorizationCodeFlow:
        """Start a sign-in on the provider's page in the background, after signing out."""
        return self.begin_authorization_code()
