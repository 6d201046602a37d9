"""One attempt of a person to sign in: a state machine in a thread, with no display of its own."""

import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from threading import Event, Lock, Thread
from typing import Any, Self

from imodels_nb.auth.credentials import Sealed
from imodels_nb.auth.polling import Clock, Poll
from imodels_nb.auth.provider import IdentityProvider
from imodels_nb.auth.public_client import PublicClient
from imodels_nb.auth.states import LoginState
from imodels_nb.auth.variables import ACCESS_TOKEN_VARIABLE
from imodels_nb.errors import (
    AuthenticationError,
    AuthorizationDeclinedError,
    ConnectionFailed,
    GrantNotAvailableError,
    IModelsError,
    LoginCancelledError,
    RateLimited,
    ServerError,
    UnexpectedResponse,
)

TRANSIENT = (ConnectionFailed, ServerError, RateLimited)
TRANSIENT_ONCE_STARTED = (*TRANSIENT, UnexpectedResponse)  # such as the page of a network that wants its own sign-in

_REFUSALS = frozenset(
    {
        *("unauthorized_client", "unsupported_grant_type", "unsupported_response_type"),
        *("invalid_client", "invalid_scope"),
    }
)

_TELLING = 1  # seconds that observers have before who waits for the end goes on

_logger = logging.getLogger(__name__)


class SignIn(Sealed, ABC):
    """A sign-in under way or at its end. It asks in a daemon thread that writes nowhere.

    Parameters
    ----------
    client
        Gets the tokens. Only this sign-in uses it until the person has said yes.
    provider
        Whom the person signs in to.
    scopes
        What to ask for.
    clock
        Paces the questions.
    """

    door = ""
    """How the person signs in, in words."""

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
        self._deadline = 0.0
        self._observers: list[Callable[[Any], None]] = []
        self._thread = Thread(target=self._run, name="imodels-nb-sign-in", daemon=True)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(state={self._state.value!r}, provider={self._provider.name!r})"

    @property
    def state(self) -> LoginState:
        """Where it stands."""
        return self._state

    @property
    def error(self) -> IModelsError | None:
        """Why it ended without a sign-in, or why it is retrying."""
        return self._error

    @property
    def seconds_left(self) -> float:
        """How long the person still has."""
        return max(0.0, self._deadline - self._clock.now()) if self._offered() else 0.0

    @property
    def expires_on(self) -> float | None:
        """When the person's time runs out, in seconds since the epoch."""
        return time.time() + self.seconds_left if self._offered() else None

    @property
    def client(self) -> PublicClient | None:
        """What holds the tokens, once the person has said yes."""
        return self._client if self._state is LoginState.SIGNED_IN else None

    def on_change(self, observer: Callable[[Self], None]) -> Callable[[], None]:
        """Call `observer` with this sign-in after each change, from whichever thread made the change.

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
        if not self._done.wait(timeout) and not self._state.pending:
            self._done.wait(_TELLING)
        return self._state

    @property
    def offered(self) -> bool:
        """Whether the person has what they need to sign in."""
        return self._offered()

    @property
    def approves_itself(self) -> bool:
        """Whether the sample will say yes with nobody there."""
        return self._provider.auto_approve

    @property
    def what_is_waited_for(self) -> str:
        """What a cell says that waits for this sign-in."""
        if self.approves_itself:
            return "Waiting for the sample, which approves sign-ins by itself."
        if self._provider.is_sample:
            return "Approving as the sample user, since no button can be clicked while a cell runs."
        return f"Waiting for you to sign in to {self._provider.name} {self._how()} Interrupt to stop waiting."

    @abstractmethod
    def approve(self, *, approve: bool = True) -> None:
        """Say yes or no in place of the person, on the sample.

        Raises
        ------
        ValueError
            When this is a real provider: there, only the person decides.
        ConnectionFailed, AuthenticationError
            When the sample does not answer, or no longer knows the sign-in.
        """

    @abstractmethod
    def _how(self) -> str:
        """How the person signs in, to go on a sentence with."""

    @abstractmethod
    def _converse(self) -> None:
        """Go the whole way; each step ends in `_move`."""

    @abstractmethod
    def _offered(self) -> bool:
        """Whether the person has what they need to sign in."""

    @abstractmethod
    def _wipe(self) -> None:
        """Drop what was there for the person and is of no use any more."""

    def _run(self) -> None:
        self._converse()
        if self.client is None:
            self._client.release()

    def _poll(self) -> Poll:
        return Poll(self._clock, self._stop, self._note_trouble)

    def _note_trouble(self, trouble: IModelsError | None) -> None:
        if trouble is not None:
            self._move(LoginState.RETRYING, trouble)
        elif self._state is LoginState.RETRYING:
            self._move(LoginState.AWAITING_USER)

    def _ending(self, refusal: AuthenticationError) -> tuple[LoginState, IModelsError]:
        if refusal.code == "access_denied":
            return LoginState.DECLINED, AuthorizationDeclinedError("The sign-in was declined. Begin it again.")
        if refusal.code in _REFUSALS:
            return LoginState.UNSUPPORTED, self._unsupported(refusal)
        return LoginState.FAILED, refusal

    def _unsupported(self, refusal: IModelsError) -> GrantNotAvailableError:
        reason = refusal.code or f"HTTP {refusal.status_code}"
        return GrantNotAvailableError(
            f"{self._provider.name} does not let this client sign in by {self.door} ({reason}). {self._next_door()}",
            code=refusal.code,
            status_code=refusal.status_code,
        )

    def _next_door(self) -> str:
        return (
            f"Set {ACCESS_TOKEN_VARIABLE} before the kernel starts, or run "
            "login(credential=StaticTokenCredential(token))."
        )

    def _move(self, state: LoginState, error: IModelsError | None = None) -> None:
        """Change the state, unless it has ended: what comes too late changes nothing."""
        with self._lock:
            if not self._state.pending:
                return
            if not state.pending:
                self._wipe()
            self._state, self._error = state, error
        self._tell()  # before anybody who waits goes on: an executed notebook ends there, and would keep the code
        if not state.pending:
            self._done.set()

    def _tell(self) -> None:
        for observer in tuple(self._observers):
            try:
                observer(self)
            except Exception:  # a display that fails must not end the sign-in, nor write into a cell
                _logger.debug("An observer of the sign-in failed", exc_info=True)
