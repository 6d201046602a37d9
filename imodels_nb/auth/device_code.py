"""Signing in by device code: a credential that a person opens once, in a browser on whatever machine."""

from collections.abc import Callable
from contextlib import suppress
from threading import RLock

from imodels_nb.auth.attendance import somebody_is_there
from imodels_nb.auth.credentials import ACCESS_TOKEN_VARIABLE, AccessToken, Sealed
from imodels_nb.auth.device_flow import DeviceCodeFlow
from imodels_nb.auth.polling import Clock
from imodels_nb.auth.provider import IMS, IdentityProvider
from imodels_nb.auth.public_client import PublicClient
from imodels_nb.auth.states import LoginState
from imodels_nb.errors import AuthenticationError, AuthenticationRequiredError, CredentialUnavailableError, IModelsError

_GLANCE = 0.2  # seconds between two looks at a pending sign-in; a cell stays interruptible


class DeviceCodeCredential(Sealed):
    """Hands out the tokens of a person who has entered a code in a browser.

    Tokens rest in memory only, and renew themselves for as long as the provider allows.

    Parameters
    ----------
    client_id
        As registered with the provider; may be left out where the provider has a default.
    provider
        Whom the person signs in to.
    scopes
        What the tokens are for.
    attended
        Says whether somebody is there to sign in; by default, looks at the notebook or terminal.
    clock
        Paces the questions to the provider.

    Raises
    ------
    CredentialUnavailableError
        When there is no client id.
    """

    def __init__(
        self,
        client_id: str | None = None,
        *,
        provider: IdentityProvider = IMS,
        scopes: tuple[str, ...] = ("itwin-platform",),
        attended: Callable[[], bool] = somebody_is_there,
        clock: Clock | None = None,
    ) -> None:
        self.provider = provider
        self.allowed_origins = provider.api_origins
        self._client_id = _client_id(client_id, provider)
        self._scopes = scopes
        self._attended = attended
        self._clock = clock or Clock()
        self._lock = RLock()
        self._flow: DeviceCodeFlow | None = None
        self._announced: DeviceCodeFlow | None = None
        self._rest = LoginState.SIGNED_OUT
        self._observers: list[Callable[[DeviceCodeCredential], None]] = []

    def __repr__(self) -> str:
        return f"DeviceCodeCredential(state={self.state.value!r}, provider={self.provider.name!r})"

    @property
    def state(self) -> LoginState:
        """Where the sign-in stands."""
        return flow.state if (flow := self._flow) else self._rest

    @property
    def flow(self) -> DeviceCodeFlow | None:
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

    def begin_authenticate(self) -> DeviceCodeFlow:
        """Begin to sign in, in the background; whatever went before is signed out.

        Returns
        -------
        DeviceCodeFlow
            Started; it will have a code for the person in a moment.
        """
        client = PublicClient(self._client_id, self.provider)
        flow = DeviceCodeFlow(client, self.provider, self._scopes, self._clock)
        flow.on_change(lambda _: self._notify())
        self._replace(flow)
        flow.start()
        return flow

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
            self._await_person(flow)
        if (client := flow.client) is None:
            raise _ended(flow)
        return self._renew(flow, client, scopes or self._scopes, force_refresh=force_refresh)

    def logout(self) -> None:
        """Sign out: the tokens are thrown away, a sign-in under way is cancelled."""
        self._replace(None)

    def close(self) -> None:
        """Let go of everything. While tokens rest in memory only, this is the same as signing out."""
        self.logout()

    def on_change(self, observer: Callable[["DeviceCodeCredential"], None]) -> Callable[[], None]:
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

    def _await_person(self, flow: DeviceCodeFlow) -> None:
        if not (self.provider.auto_approve or self._attended()):
            raise AuthenticationRequiredError(_nobody_there(self.provider))
        approving = self._announce(flow) and self.provider.is_sample and not self.provider.auto_approve
        while flow.wait(_GLANCE).pending:
            if approving and (code := flow.user_code):
                approving = False
                with suppress(AuthenticationError):  # somebody was quicker; the sign-in ends by itself
                    self.provider.decide(code)

    def _announce(self, flow: DeviceCodeFlow) -> bool:
        """Say once for each sign-in that it is waited for; return whether this was the time."""
        with self._lock:
            if self._announced is flow:
                return False
            self._announced = flow
        print(_waiting(self.provider), flush=True)  # noqa: T201 - in the cell that waits
        return True

    def _renew(
        self, flow: DeviceCodeFlow, client: PublicClient, scopes: tuple[str, ...], *, force_refresh: bool
    ) -> AccessToken:
        expires_on = client.expires_on
        try:
            token = client.acquire_silently(scopes, force_refresh=force_refresh)
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
        flow: DeviceCodeFlow | None,
        rest: LoginState = LoginState.SIGNED_OUT,
        *,
        only: DeviceCodeFlow | None = None,
    ) -> None:
        """Put `flow` in place of the one before, and end that one; with `only`, nothing unless that is the one."""
        with self._lock:
            before = self._flow
            if only is not None and only is not before:
                return
            self._flow, self._rest = flow, rest
        if before is not None:
            before.cancel()
            if before.client is not None:
                before.client.forget()
        self._notify()

    def _notify(self) -> None:
        for observer in tuple(self._observers):
            observer(self)


def _client_id(chosen: str | None, provider: IdentityProvider) -> str:
    if client_id := chosen or provider.client_id:
        return client_id
    raise CredentialUnavailableError(
        f"{provider.name} needs a client_id. Register an application of type 'Desktop / Mobile' (native) at "
        f"https://developer.bentley.com with the scope itwin-platform, and pass its client_id; or set "
        f"{ACCESS_TOKEN_VARIABLE}."
    )


def _nobody_there(provider: IdentityProvider) -> str:
    advice = (
        "Start it in its auto-approve mode."
        if provider.is_sample
        else f"Set {ACCESS_TOKEN_VARIABLE} before the kernel starts."
    )
    return f"Nobody is there to sign in to {provider.name}. {advice}"


def _waiting(provider: IdentityProvider) -> str:
    if provider.auto_approve:
        return "Waiting for the sample, which approves sign-ins by itself."
    if provider.is_sample:
        return "Approving as the sample user, since no button can be clicked while a cell runs."
    return f"Waiting for you to sign in to {provider.name} with the code shown. Interrupt to stop waiting."


def _ended(flow: DeviceCodeFlow) -> IModelsError:
    error = flow.error or AuthenticationRequiredError("The sign-in has ended. Sign in again.")
    return error.with_traceback(None)
