"""One attempt to sign in by device code (RFC 8628): a state machine in a thread, with no display of its own."""

import logging
import time
from collections.abc import Callable
from threading import Event, Lock, Thread

from imodels_nb.auth.credentials import ACCESS_TOKEN_VARIABLE, Sealed
from imodels_nb.auth.polling import Clock, Poll
from imodels_nb.auth.provider import IdentityProvider
from imodels_nb.auth.public_client import DeviceGrant, PublicClient
from imodels_nb.auth.states import LoginState
from imodels_nb.errors import (
    AuthenticationError,
    AuthorizationDeclinedError,
    ConnectionFailed,
    DeviceCodeExpiredError,
    GrantNotAvailableError,
    IModelsError,
    LoginCancelledError,
    RateLimited,
    ServerError,
    UnexpectedResponse,
)

_START_SECONDS = 120  # how long a provider that does not answer is asked for a code
_TRANSIENT = (ConnectionFailed, ServerError, RateLimited)
_TRANSIENT_ONCE_STARTED = (*_TRANSIENT, UnexpectedResponse)  # such as the page of a network that wants its own sign-in
_REFUSALS = frozenset({"unauthorized_client", "unsupported_grant_type", "invalid_client", "invalid_scope"})

_logger = logging.getLogger(__name__)


class DeviceCodeFlow(Sealed):
    """A sign-in that waits for a person to enter a code in a browser, on whatever machine.

    ``DeviceCodeCredential.begin_authenticate`` makes and starts it. It asks in a daemon thread that writes nowhere.

    Parameters
    ----------
    client
        Gets the tokens. Only this flow uses it until the person has said yes.
    provider
        Whom the person signs in to.
    scopes
        What to ask for.
    clock
        Paces the questions.
    """

    def __init__(self, client: PublicClient, provider: IdentityProvider, scopes: tuple[str, ...], clock: Clock) -> None:
        self._client = client
        self._provider = provider
        self._scopes = scopes
        self._clock = clock
        self._stop = Event()
        self._done = Event()
        self._lock = Lock()
        self._state = LoginState.STARTING
        self._error: IModelsError | None = None
        self._grant: DeviceGrant | None = None
        self._deadline = 0.0
        self._observers: list[Callable[[DeviceCodeFlow], None]] = []
        self._thread = Thread(target=self._run, name="imodels-nb-sign-in", daemon=True)

    def __repr__(self) -> str:
        return f"DeviceCodeFlow(state={self._state.value!r}, provider={self._provider.name!r})"

    @property
    def state(self) -> LoginState:
        """Where it stands."""
        return self._state

    @property
    def error(self) -> IModelsError | None:
        """Why it ended without a sign-in, or why it is retrying."""
        return self._error

    @property
    def user_code(self) -> str | None:
        """What the person enters; None before there is one, and again after the end."""
        return grant.user_code if (grant := self._grant) else None

    @property
    def verification_uri(self) -> str | None:
        """Where the person enters it."""
        return grant.verification_uri if (grant := self._grant) else None

    @property
    def verification_uri_complete(self) -> str | None:
        """The same with the code filled in, if the provider has such a page."""
        return grant.verification_uri_complete if (grant := self._grant) else None

    @property
    def seconds_left(self) -> float:
        """How long the code can still be entered."""
        return max(0.0, self._deadline - self._clock.now()) if self._grant else 0.0

    @property
    def expires_on(self) -> float | None:
        """When the code runs out, in seconds since the epoch."""
        return time.time() + self.seconds_left if self._grant else None

    @property
    def client(self) -> PublicClient | None:
        """What holds the tokens, once the person has said yes."""
        return self._client if self._state is LoginState.SIGNED_IN else None

    def on_change(self, observer: Callable[["DeviceCodeFlow"], None]) -> Callable[[], None]:
        """Call `observer` with this flow after each change, from whichever thread made the change.

        Returns
        -------
        callable
            Ends the subscription.
        """
        self._observers.append(observer)
        return lambda: self._observers.remove(observer)

    def start(self) -> None:
        """Begin to ask, in the background."""
        self._thread.start()

    def cancel(self) -> None:
        """End it now. An answer that is already under way is thrown away."""
        self._move(LoginState.CANCELLED, LoginCancelledError("The sign-in was cancelled. Sign in again."))
        self._stop.set()

    def wait(self, timeout: float | None = None) -> LoginState:
        """Wait for the end, at most `timeout` seconds, and return the state."""
        self._done.wait(timeout)
        return self._state

    def _run(self) -> None:
        if grant := self._obtain_grant():
            self._await_person(grant)
        if self.client is None:
            self._client.forget()

    def _obtain_grant(self) -> DeviceGrant | None:
        try:
            grant = self._poll().ask(
                lambda: self._client.request_device_code(self._scopes),
                seconds=_START_SECONDS,
                interval=lambda: 0,
                transient=_TRANSIENT,
            )
        except IModelsError as refusal:
            self._move(LoginState.UNSUPPORTED, self._unsupported(refusal))
            return None
        if grant is None:
            self._move(LoginState.FAILED, self._error)
        return grant if grant and self._present(grant) else None

    def _present(self, grant: DeviceGrant) -> bool:
        links = (grant.verification_uri, grant.verification_uri_complete)
        if not all(self._provider.trusts_link(link) for link in links if link):
            message = f"{self._provider.name} sent a verification link that is not safe to open. Do not sign in there."
            self._move(LoginState.FAILED, UnexpectedResponse(message))
            return False
        self._deadline = self._clock.now() + grant.expires_in
        self._move(LoginState.AWAITING_USER, grant=grant)
        return True

    def _await_person(self, grant: DeviceGrant) -> None:
        try:
            agreed = self._poll().ask(
                lambda: self._client.redeem(grant),
                seconds=grant.expires_in,
                interval=lambda: grant.interval,
                transient=_TRANSIENT_ONCE_STARTED,
            )
        except AuthenticationError as refusal:
            self._move(*self._ending(refusal))
        else:
            self._move(*((LoginState.SIGNED_IN, None) if agreed else _expired()))

    def _poll(self) -> Poll:
        return Poll(self._clock, self._stop, self._note_trouble)

    def _note_trouble(self, trouble: IModelsError | None) -> None:
        if trouble is not None:
            self._move(LoginState.RETRYING, trouble)
        elif self._state is LoginState.RETRYING:
            self._move(LoginState.AWAITING_USER)

    def _ending(self, refusal: AuthenticationError) -> tuple[LoginState, IModelsError]:
        if refusal.code == "access_denied":
            return LoginState.DECLINED, AuthorizationDeclinedError("The sign-in was declined. Get a new code.")
        if refusal.code == "expired_token":
            return _expired()
        if refusal.code in _REFUSALS:
            return LoginState.UNSUPPORTED, self._unsupported(refusal)
        return LoginState.FAILED, refusal

    def _unsupported(self, refusal: IModelsError) -> GrantNotAvailableError:
        reason = refusal.code or f"HTTP {refusal.status_code}"
        return GrantNotAvailableError(
            f"{self._provider.name} does not let this client sign in by device code ({reason}). Instead, set "
            f"{ACCESS_TOKEN_VARIABLE} before the kernel starts, or run login(credential=StaticTokenCredential(token)).",
            code=refusal.code,
            status_code=refusal.status_code,
        )

    def _move(self, state: LoginState, error: IModelsError | None = None, *, grant: DeviceGrant | None = None) -> None:
        """Change the state, unless it has ended: what comes too late changes nothing."""
        with self._lock:
            if not self._state.pending:
                return
            self._grant = (grant or self._grant) if state.pending else None
            self._state, self._error = state, error
        for observer in tuple(self._observers):
            self._tell(observer)
        if not state.pending:
            self._done.set()

    def _tell(self, observer: Callable[["DeviceCodeFlow"], None]) -> None:
        try:
            observer(self)
        except Exception:  # a display that fails must not end the sign-in, nor write into a cell
            _logger.debug("An observer of the sign-in failed", exc_info=True)


def _expired() -> tuple[LoginState, IModelsError]:
    return LoginState.EXPIRED, DeviceCodeExpiredError("The code ran out before anybody entered it. Get a new code.")
