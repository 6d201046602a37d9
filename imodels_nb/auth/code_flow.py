"""One attempt to sign in by authorization code with PKCE (RFC 6749 section 4.1, RFC 7636, RFC 8252)."""

from collections.abc import Mapping
from contextlib import suppress
from threading import Event

from imodels_nb.auth.grants import CodeGrant
from imodels_nb.auth.http import known_error_code
from imodels_nb.auth.polling import Clock
from imodels_nb.auth.provider import IdentityProvider
from imodels_nb.auth.public_client import PublicClient
from imodels_nb.auth.redirect import Redirects, listening, read_redirect
from imodels_nb.auth.sign_in import TRANSIENT, TRANSIENT_ONCE_STARTED, SignIn
from imodels_nb.auth.states import LoginState
from imodels_nb.errors import AuthenticationError, AuthorizationExpiredError, IModelsError

_START_SECONDS = 120  # how long a provider that does not answer is asked for its metadata
_PATIENCE = 900  # seconds that a person has
_GLANCE = 0.2  # seconds between two looks at whether the answer is there
_REDEMPTION_SECONDS = 60  # a code lives shortly; RFC 6749 section 4.1.2 advises ten minutes at most


class AuthorizationCodeFlow(SignIn):
    """A sign-in on the provider's own page, whose last redirect brings the answer.

    Where browser and kernel share a machine, the redirect is heard there. Elsewhere it leads the browser to a page that
    cannot be reached, and the person pastes the address of that page: see `hand_over`.
    ``AuthorizationCodeCredential.begin_authenticate`` makes and starts it.

    Parameters
    ----------
    client, provider, scopes, clock
        As of any sign-in.
    redirect_uri
        As registered for the client. With port 0 any free port is taken.
    """

    door = "authorization code"

    def __init__(
        self,
        client: PublicClient,
        provider: IdentityProvider,
        scopes: tuple[str, ...],
        clock: Clock,
        redirect_uri: str,
    ) -> None:
        super().__init__(client, provider, scopes, clock)
        self._registered = redirect_uri
        self._grant: CodeGrant | None = None
        self._answered = Event()
        self._listening = False

    @property
    def authorization_url(self) -> str | None:
        """Where the person signs in; None before there is one, and again after the end."""
        return grant.authorization_url if (grant := self._grant) else None

    @property
    def listens(self) -> bool:
        """Whether a browser on this machine brings the answer here by itself."""
        return self._listening

    def hand_over(self, address: str) -> bool:
        """Take the address of the page on which the person's browser ended.

        Parameters
        ----------
        address
            The whole address, or what stands behind its question mark.

        Returns
        -------
        bool
            Whether it answers this sign-in; if not, nothing has changed.
        """
        return self._take(read_redirect(address))

    def approve(self, *, approve: bool = True) -> None:
        """Say yes or no in place of the person, on the sample.

        Raises
        ------
        ValueError, ConnectionFailed, AuthenticationError
            As :meth:`IdentityProvider.authorize` does.
        """
        if url := self.authorization_url:
            self.hand_over(self._provider.authorize(url, approve=approve))

    @property
    def approves_itself(self) -> bool:
        """Never: even the sample needs a browser here, or `approve` in place of one."""
        return False

    def _how(self) -> str:
        if not self._listening:
            return (
                "and to paste the address, which works only while no cell runs: interrupt, paste, run this cell again."
            )
        return "on the page shown. If that ends on a page that cannot be reached, interrupt and paste its address."

    def _take(self, answer: Mapping[str, str]) -> bool:
        with self._lock:
            if self._grant is None or self._answered.is_set() or not self._grant.take(answer):
                return False
            self._answered.set()
        return True

    def _offered(self) -> bool:
        return self._grant is not None

    def _wipe(self) -> None:
        self._grant = None

    def _converse(self) -> None:
        with listening(self._registered, self._take) as redirects:
            if (grant := self._obtain_grant(redirects)) and self._await_person():
                self._redeem(grant)

    def _obtain_grant(self, redirects: Redirects) -> CodeGrant | None:
        grant = None
        with suppress(IModelsError):
            grant = self._poll().ask(
                lambda: self._client.request_code(self._scopes, redirects.uri),
                seconds=_START_SECONDS,
                interval=lambda: 0,
                transient=TRANSIENT_ONCE_STARTED,
            )
        if grant is None:
            self._move(LoginState.FAILED, self._error or _unprepared(self._provider))
            return None
        self._listening = redirects.heard
        self._deadline = self._clock.now() + _PATIENCE
        with self._lock:
            self._grant = grant if self._state.pending else None
        self._move(LoginState.AWAITING_USER)
        return grant

    def _await_person(self) -> bool:
        answered = self._poll().ask(self._answer, seconds=_PATIENCE, interval=lambda: _GLANCE, transient=TRANSIENT)
        if not answered:
            message = "Nobody has signed in in time. Begin it again."
            self._move(LoginState.EXPIRED, AuthorizationExpiredError(message))
        return bool(answered)

    def _redeem(self, grant: CodeGrant) -> None:
        if grant.error is not None:
            code = known_error_code(grant.error)
            self._move(*self._ending(AuthenticationError(f"The sign-in ended in an error ({code}).", code=code)))
            return
        try:
            agreed = self._poll().ask(
                lambda: self._client.redeem(grant),
                seconds=_REDEMPTION_SECONDS,
                interval=lambda: 1,
                transient=TRANSIENT_ONCE_STARTED,
            )
        except AuthenticationError as refusal:
            self._move(*self._ending(refusal))
        else:
            self._move(*((LoginState.SIGNED_IN, None) if agreed else (LoginState.FAILED, self._error)))

    def _answer(self) -> bool:
        return self._answered.is_set()


def _unprepared(provider: IdentityProvider) -> IModelsError:
    return AuthenticationError(f"The sign-in to {provider.name} could not be prepared. Begin it again.")
