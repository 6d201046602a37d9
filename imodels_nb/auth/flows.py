"""States of a sign-in, and the thread that runs one sign-in."""

import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import suppress
from enum import StrEnum
from threading import Event, Lock, Thread
from typing import Any, Self, TypeVar

from imodels_nb._forks import register_for_fork
from imodels_nb.auth.msal_client import MsalPublicClient
from imodels_nb.auth.polling import Clock, Poller
from imodels_nb.auth.provider import ACCESS_TOKEN_VARIABLE, IdentityProvider
from imodels_nb.auth.tokens import NotPicklable
from imodels_nb.errors import (
    AuthenticationError,
    AuthorizationDeclinedError,
    GrantNotAvailableError,
    IModelsError,
    LoginCancelledError,
)

_OBSERVER_TIMEOUT = 5.0  # seconds that observers have before a waiting thread continues
_NOT_GRANTED = {
    "unauthorized_client",
    "unsupported_grant_type",
    "unsupported_response_type",
    "invalid_client",
    "invalid_scope",
}

_logger = logging.getLogger(__name__)

T = TypeVar("T")


class LoginState(StrEnum):
    """State of a sign-in.

    Attributes
    ----------
    SIGNED_OUT
        No sign-in has begun, or the person signed out.
    STARTING
        The provider has not yet responded to the request for a code or a link.
    AWAITING_USER
        The person has a code or a link, and has not signed in yet.
    RETRYING
        The provider does not respond as expected at the moment. The next request follows automatically.
    SIGNED_IN
        Tokens are available, and are refreshed as needed.
    EXPIRED
        The person did not finish in time. Begin a new sign-in.
    DECLINED
        The person declined on the provider's page.
    CANCELLED
        The sign-in was cancelled here.
    FAILED
        The sign-in ended in another error, `LoginFlow.error`.
    REAUTH_REQUIRED
        The provider no longer refreshes the tokens. Sign in again.
    UNSUPPORTED
        The provider does not offer this way to sign in to this client. Use another way.

    Examples
    --------
    >>> LoginState.AWAITING_USER.is_pending, LoginState.SIGNED_IN.is_pending
    (True, False)
    """

    SIGNED_OUT = "SIGNED_OUT"
    STARTING = "STARTING"
    AWAITING_USER = "AWAITING_USER"
    RETRYING = "RETRYING"
    SIGNED_IN = "SIGNED_IN"
    EXPIRED = "EXPIRED"
    DECLINED = "DECLINED"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"
    REAUTH_REQUIRED = "REAUTH_REQUIRED"
    UNSUPPORTED = "UNSUPPORTED"

    @property
    def is_pending(self) -> bool:
        """Whether the sign-in is under way, so that the state will change."""
        return self in {LoginState.STARTING, LoginState.AWAITING_USER, LoginState.RETRYING}


class LoginFlow(NotPicklable, ABC):
    """A sign-in that runs in a daemon thread without output.

    Parameters
    ----------
    client
        Client that gets the tokens. Only this sign-in uses it until the person has agreed.
    provider
        Provider to sign in to.
    scopes
        Scopes to request.
    clock
        Clock for the pauses between requests.
    """

    grant_name = ""
    """Name of the way to sign in, for messages."""

    def __init__(
        self, client: MsalPublicClient, provider: IdentityProvider, scopes: tuple[str, ...], clock: Clock
    ) -> None:
        self._client = client
        self._provider = provider
        self._scopes = scopes
        self._clock = clock
        self._stop = Event()
        self._ended = Event()
        self._observers_notified = Event()
        self._lock = Lock()
        self._state = LoginState.STARTING
        self._error: IModelsError | None = None
        self._deadline = 0.0
        self._observers: list[Callable[[Any], None]] = []
        self._thread = Thread(target=self._run, name="imodels-nb-sign-in", daemon=True)
        register_for_fork(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(state={self._state.value!r}, provider={self._provider.name!r})"

    @classmethod
    def from_stored_tokens(
        cls, client: MsalPublicClient, provider: IdentityProvider, scopes: tuple[str, ...], clock: Clock
    ) -> Self:
        """Return the finished sign-in of stored tokens."""
        flow = cls(client, provider, scopes, clock)
        flow._set_state(LoginState.SIGNED_IN)
        return flow

    @property
    def state(self) -> LoginState:
        """State of the sign-in."""
        return self._state

    @property
    def error(self) -> IModelsError | None:
        """Reason why it ended without tokens, or why it retries."""
        return self._error

    @property
    def seconds_left(self) -> float:
        """Seconds left to sign in."""
        return max(0.0, self._deadline - self._clock.now()) if self.has_prompt else 0.0

    @property
    def expires_on(self) -> float | None:
        """End of the time to sign in, in seconds since the epoch."""
        return time.time() + self.seconds_left if self.has_prompt else None

    @property
    def client(self) -> MsalPublicClient | None:
        """Client that holds the tokens; ``None`` until the person has agreed."""
        return self._client if self._state is LoginState.SIGNED_IN else None

    @property
    @abstractmethod
    def has_prompt(self) -> bool:
        """Whether the person has a code or a link to sign in with."""

    @property
    def is_auto_approved(self) -> bool:
        """Whether the sample approves it without a person."""
        return self._provider.is_auto_approved

    @property
    def waiting_message(self) -> str:
        """Message of a cell that waits for this sign-in."""
        if self.is_auto_approved:
            return "Waiting for the sample, which approves sign-ins automatically."
        if self._provider.is_sample:
            return "Approving as the sample user, since no button can be clicked while a cell runs."
        return f"Waiting for you to sign in to {self._provider.name} {self._instruction} Interrupt to stop waiting."

    def on_change(self, observer: Callable[[Self], None]) -> Callable[[], None]:
        """Register a function that is called with this sign-in after each change.

        The call comes from the thread that made the change. An error of the function has no effect on the sign-in.

        Returns
        -------
        callable
            Removes the function again.
        """
        return add_observer(self._observers, observer)

    def start(self) -> None:
        """Start the sign-in in the background."""
        try:
            self._thread.start()
        except RuntimeError:  # no more threads, or Python is about to exit
            self._set_state(LoginState.FAILED, _build_unexpected_error(self._provider, "no thread could be started"))

    def cancel(self) -> None:
        """Cancel the sign-in now, together with a request that is under way."""
        is_under_way = self._state.is_pending
        self._set_state(LoginState.CANCELLED, LoginCancelledError("The sign-in was cancelled. Sign in again."))
        self._stop.set()
        if is_under_way:
            self._client.abort()

    def end(self, *, keep_stored: bool) -> None:
        """Cancel the sign-in, and delete its tokens in memory.

        Without `keep_stored`, also revoke them and delete the stored ones.
        """
        self.cancel()
        if self.client is None:
            return
        if keep_stored:
            self.client.clear_tokens()
        else:
            self.client.sign_out()

    def wait(self, timeout: float | None = None) -> LoginState:
        """Wait for the end, at most `timeout` seconds, and return the state."""
        if self._ended.wait(timeout):
            self._observers_notified.wait(_OBSERVER_TIMEOUT)
        return self._state

    @abstractmethod
    def approve(self, *, approve: bool = True) -> None:
        """Approve or decline in place of the person, on the sample only.

        Raises
        ------
        ValueError
            If this is a real provider, where only the person decides.
        ConnectionFailed, AuthenticationError
            If the sample does not respond, or has no such sign-in any more.
        """

    def reset_after_fork(self) -> None:
        """Set new locks in a child process, and cancel a sign-in that is under way."""
        was_pending = self._state.is_pending
        self._lock = Lock()
        self._stop = Event()
        self._ended = Event()
        self._observers_notified = Event()
        self._observers.clear()
        if was_pending:
            message = "This sign-in goes on in the process that began it. Sign in again in this process."
            self._set_state(LoginState.CANCELLED, LoginCancelledError(message))
            self._stop.set()
        else:
            self._ended.set()
            self._observers_notified.set()

    @property
    @abstractmethod
    def _instruction(self) -> str:
        """Instruction for the person, as the end of a sentence."""

    @abstractmethod
    def _run_flow(self) -> None:
        """Run the sign-in to its end, which `_set_state` records."""

    @abstractmethod
    def _clear_prompt(self) -> None:
        """Delete the code or the link, which is of no more use."""

    def _format_alternative(self) -> str:
        return (
            f"Set {ACCESS_TOKEN_VARIABLE} before the kernel starts, or run "
            "login(credential=StaticTokenCredential(token))."
        )

    def _run(self) -> None:
        """Run the sign-in. Even after an error, it ends in a state that is not pending."""
        error: IModelsError | None = None
        try:
            self._run_flow()
        except IModelsError as unhandled:
            error = unhandled.with_traceback(None)
        except BaseException as unhandled:  # noqa: BLE001 - otherwise a cell would wait for ever
            error = _build_unexpected_error(self._provider, type(unhandled).__name__)
        finally:
            # Without effect if the sign-in has ended already: _set_state keeps the first final state.
            self._set_state(LoginState.FAILED, error or _build_unexpected_error(self._provider, "it stopped"))
            if self.client is None:
                with suppress(Exception):
                    self._client.clear_tokens()

    def _create_poller(self) -> Poller:
        return Poller(self._clock, self._stop, self._record_attempt)

    def _record_attempt(self, error: IModelsError | None) -> None:
        if error is not None:
            self._set_state(LoginState.RETRYING, error)
        elif self._state is LoginState.RETRYING:
            self._set_state(LoginState.AWAITING_USER)

    def _map_error(self, error: IModelsError) -> tuple[LoginState, IModelsError]:
        """Return the final state and the error to show, for an error of the provider."""
        if error.code == "access_denied":
            return LoginState.DECLINED, AuthorizationDeclinedError("The sign-in was declined. Sign in again.")
        if error.code in _NOT_GRANTED:
            return LoginState.UNSUPPORTED, self._build_not_granted_error(error)
        return LoginState.FAILED, error

    def _build_not_granted_error(self, error: IModelsError) -> GrantNotAvailableError:
        reason = error.code or f"HTTP {error.status_code}"
        hint = ""
        if error.code == "invalid_client":
            hint = "Check the client id: it is not registered with this provider. "
        return GrantNotAvailableError(
            f"{self._provider.name} does not let this client sign in by {self.grant_name} ({reason}). "
            f"{hint}{self._format_alternative()}",
            code=error.code,
            status_code=error.status_code,
        )

    def _set_state(self, state: LoginState, error: IModelsError | None = None) -> None:
        """Set the state and notify the observers, unless the sign-in has ended already."""
        with self._lock:
            if not self._state.is_pending:
                return
            if not state.is_pending:
                self._clear_prompt()
            self._state, self._error = state, error
        if not state.is_pending:
            self._ended.set()
        notify_observers(self._observers, self)
        if not state.is_pending:
            self._observers_notified.set()  # a waiting cell ends now: an executed notebook is saved without the code


def add_observer(observers: list[Callable[[T], None]], observer: Callable[[T], None]) -> Callable[[], None]:
    """Add an observer, and return a function that removes it."""

    def remove() -> None:
        with suppress(ValueError):
            observers.remove(observer)

    observers.append(observer)
    return remove


def notify_observers(observers: Sequence[Callable[[T], None]], changed: T) -> None:
    """Run each observer; an error of one affects neither the others nor the sign-in."""
    for observer in tuple(observers):
        try:
            observer(changed)
        except Exception:
            _logger.debug("An observer of the sign-in failed", exc_info=True)


def _build_unexpected_error(provider: IdentityProvider, what: str) -> AuthenticationError:
    return AuthenticationError(
        f"The sign-in to {provider.name} ended in an unexpected way ({what}). Sign in again; if it happens again, "
        "report it as a bug."
    )
