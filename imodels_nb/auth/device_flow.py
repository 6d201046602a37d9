"""One attempt to sign in by device code (RFC 8628)."""

from imodels_nb.auth.grants import DeviceGrant
from imodels_nb.auth.sign_in import TRANSIENT, TRANSIENT_ONCE_STARTED, SignIn
from imodels_nb.auth.states import LoginState
from imodels_nb.auth.variables import ACCESS_TOKEN_VARIABLE
from imodels_nb.errors import AuthenticationError, DeviceCodeExpiredError, IModelsError, UnexpectedResponse

_START_SECONDS = 120  # how long a provider that does not answer is asked for a code


class DeviceCodeFlow(SignIn):
    """A sign-in that waits for a person to enter a code in a browser, on whatever machine.

    ``DeviceCodeCredential.begin_authenticate`` makes and starts it.
    """

    door = "device code"
    _grant: DeviceGrant | None = None

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

    def approve(self, *, approve: bool = True) -> None:
        """Say yes or no in place of the person, on the sample.

        Raises
        ------
        ValueError, ConnectionFailed, AuthenticationError
            As :meth:`IdentityProvider.decide` does.
        """
        if code := self.user_code:
            self._provider.decide(code, approve=approve)

    def _how(self) -> str:
        return "with the code shown."

    def _offered(self) -> bool:
        return self._grant is not None

    def _wipe(self) -> None:
        self._grant = None

    def _converse(self) -> None:
        if grant := self._obtain_grant():
            self._await_person(grant)

    def _obtain_grant(self) -> DeviceGrant | None:
        try:
            grant = self._poll().ask(
                lambda: self._client.request_device_code(self._scopes),
                seconds=_START_SECONDS,
                interval=lambda: 0,
                transient=TRANSIENT,
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
        with self._lock:
            self._grant = grant if self._state.pending else None
        self._move(LoginState.AWAITING_USER)
        return True

    def _await_person(self, grant: DeviceGrant) -> None:
        try:
            agreed = self._poll().ask(
                lambda: self._client.redeem(grant),
                seconds=grant.expires_in,
                interval=lambda: grant.interval,
                transient=TRANSIENT_ONCE_STARTED,
            )
        except AuthenticationError as refusal:
            self._move(*self._ending(refusal))
        else:
            self._move(*((LoginState.SIGNED_IN, None) if agreed else _expired()))

    def _ending(self, refusal: AuthenticationError) -> tuple[LoginState, IModelsError]:
        return _expired() if refusal.code == "expired_token" else super()._ending(refusal)

    def _next_door(self) -> str:
        return (
            'Sign in in the browser instead: login("authorization_code", ...). Or set '
            f"{ACCESS_TOKEN_VARIABLE} before the kernel starts, or run login(credential=StaticTokenCredential(token))."
        )


def _expired() -> tuple[LoginState, IModelsError]:
    return LoginState.EXPIRED, DeviceCodeExpiredError("The code ran out before anybody entered it. Get a new code.")
