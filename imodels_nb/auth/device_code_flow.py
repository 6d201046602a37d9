"""Sign-in by device code (RFC 8628): the person enters a code in any browser."""

from typing import Any

from imodels_nb.auth.flows import LoginFlow, LoginState
from imodels_nb.auth.polling import is_transient, is_transient_or_unexpected
from imodels_nb.auth.provider import ACCESS_TOKEN_VARIABLE
from imodels_nb.auth.tokens import NotPicklable
from imodels_nb.errors import ConnectionFailed, DeviceCodeExpiredError, IModelsError, UnexpectedResponse

_MAX_START_SECONDS = 120  # how long to ask a provider that does not respond
_MAX_CODE_SECONDS = 1800  # how long to wait for the person, even if the provider allows more
_MIN_INTERVAL = 1  # seconds; MSAL polls without a pause at 0


class PendingDeviceCode(NotPicklable):
    """A device code, which is secret, and the user code that belongs to it.

    Parameters
    ----------
    flow
        Dictionary of MSAL, which MSAL changes with each poll.
    scopes
        Scopes that were requested.
    """

    __slots__ = ("_flow", "_scopes", "expires_in", "user_code", "verification_uri", "verification_uri_complete")

    def __init__(self, flow: dict[str, Any], scopes: list[str]) -> None:
        flow["interval"] = max(_MIN_INTERVAL, flow["interval"])
        self._flow = flow
        self._scopes = scopes
        self.user_code: str = flow["user_code"]
        self.verification_uri: str = flow["verification_uri"]
        self.verification_uri_complete: str | None = flow.get("verification_uri_complete")
        self.expires_in: int = min(flow.get("expires_in", _MAX_CODE_SECONDS), _MAX_CODE_SECONDS)

    def __repr__(self) -> str:
        return f"PendingDeviceCode(verification_uri={self.verification_uri!r})"

    @property
    def interval(self) -> int:
        """Seconds between two requests; the provider's ``slow_down`` adds to them."""
        return int(self._flow["interval"])

    def request_tokens(self, app: Any) -> dict[str, Any]:
        """Send one request for the tokens, and return MSAL's result."""
        self._flow.pop("latest_attempt_at", None)  # MSAL would check the pace by a clock that can jump, and warn
        return dict(
            app.acquire_token_by_device_flow(
                self._flow,
                exit_condition=lambda _: True,
                data={"scope": self._scopes},  # the scopes that the token cache files the token under
            )
        )


class DeviceCodeFlow(LoginFlow):
    """A sign-in that waits for the person to enter a code in any browser.

    ``DeviceCodeCredential.begin_authenticate`` creates and starts it.
    """

    grant_name = "device code"
    _pending: PendingDeviceCode | None = None

    @property
    def user_code(self) -> str | None:
        """Code to enter; ``None`` before the provider has sent it and after the end."""
        return pending.user_code if (pending := self._pending) else None

    @property
    def verification_uri(self) -> str | None:
        """Page to enter it on."""
        return pending.verification_uri if (pending := self._pending) else None

    @property
    def verification_uri_complete(self) -> str | None:
        """Page that has the code filled in, if the provider has one."""
        return pending.verification_uri_complete if (pending := self._pending) else None

    @property
    def has_prompt(self) -> bool:
        """Whether the person has a code to enter."""
        return self._pending is not None

    def approve(self, *, approve: bool = True) -> None:
        """Approve or decline in place of the person, on the sample only.

        Raises
        ------
        ValueError
            If this is a real provider, where only the person decides.
        ConnectionFailed, AuthenticationError
            If the sample does not respond, or has no such code any more.
        """
        if code := self.user_code:
            self._provider.approve_device_code(code, approve=approve)

    @property
    def _instruction(self) -> str:
        return "with the code shown."

    def _run_flow(self) -> None:
        pending = self._request_code()
        if pending is not None and self._show_prompt(pending):
            self._wait_for_tokens(pending)

    def _request_code(self) -> PendingDeviceCode | None:
        try:
            pending = self._create_poller().poll(
                lambda: PendingDeviceCode(self._client.request_device_code(self._scopes), list(self._scopes)),
                seconds=_MAX_START_SECONDS,
                interval=lambda: 0,
                is_transient=is_transient,
            )
        except ConnectionFailed as error:
            self._set_state(LoginState.FAILED, error)
            return None
        except IModelsError as error:
            if error.code is not None or error.status_code is not None:
                self._set_state(LoginState.UNSUPPORTED, self._build_not_granted_error(error))
            else:
                self._set_state(*self._map_error(error))
            return None
        if pending is None:
            self._set_state(LoginState.FAILED, self._error)
        return pending

    def _show_prompt(self, pending: PendingDeviceCode) -> bool:
        links = (pending.verification_uri, pending.verification_uri_complete)
        if not all(self._provider.trusts_link(link) for link in links if link):
            message = f"{self._provider.name} sent a verification link that is not safe to open. Do not sign in there."
            self._set_state(LoginState.FAILED, UnexpectedResponse(message))
            return False
        self._deadline = self._clock.now() + pending.expires_in
        with self._lock:
            self._pending = pending if self._state.is_pending else None
        self._set_state(LoginState.AWAITING_USER)
        return True

    def _wait_for_tokens(self, pending: PendingDeviceCode) -> None:
        try:
            has_tokens = self._create_poller().poll(
                lambda: self._client.redeem(pending),
                seconds=pending.expires_in,
                interval=lambda: pending.interval,
                is_transient=_is_transient_after_code,
            )
        except IModelsError as error:
            self._set_state(*self._map_error(error))
            return
        if has_tokens:
            self._set_state(LoginState.SIGNED_IN)
        else:
            self._set_state(LoginState.EXPIRED, _build_expiry_error())

    def _map_error(self, error: IModelsError) -> tuple[LoginState, IModelsError]:
        if error.code == "expired_token":
            return LoginState.EXPIRED, _build_expiry_error()
        return super()._map_error(error)

    def _clear_prompt(self) -> None:
        self._pending = None

    def _format_alternative(self) -> str:
        return (
            'Sign in in the browser instead: login("authorization_code", ...). Or set '
            f"{ACCESS_TOKEN_VARIABLE} before the kernel starts, or run login(credential=StaticTokenCredential(token))."
        )


def _is_transient_after_code(error: IModelsError) -> bool:
    """Return whether another try may help after the provider has sent a code.

    Then every failed connection is transient: even an unknown host was known before.
    """
    return isinstance(error, ConnectionFailed) or is_transient_or_unexpected(error)


def _build_expiry_error() -> DeviceCodeExpiredError:
    return DeviceCodeExpiredError("The code has expired. Get a new code.")
