"""Sign-in by authorization code with PKCE (RFC 6749, RFC 7636, RFC 8252)."""

import hmac
from collections.abc import Mapping
from threading import Event
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from imodels_nb.auth.flows import LoginFlow, LoginState
from imodels_nb.auth.msal_client import MsalPublicClient
from imodels_nb.auth.polling import Clock, is_transient, is_transient_or_unexpected
from imodels_nb.auth.provider import IdentityProvider
from imodels_nb.auth.redirect_server import RedirectTarget, listen_for_redirect, parse_redirect
from imodels_nb.auth.tokens import NotPicklable
from imodels_nb.auth.transport import filter_error_code
from imodels_nb.errors import (
    AuthenticationError,
    AuthorizationExpiredError,
    IModelsError,
)

REDIRECT_URI = "http://localhost:3000/signin-callback"
"""The address that the vendor's own command-line clients register, and that its tutorials show."""

_MAX_START_SECONDS = 120  # how long to ask a sample that does not respond for its metadata
_MAX_SIGN_IN_SECONDS = 900  # how long to wait for the person
_POLL_INTERVAL = 0.2  # seconds
_MAX_REDEEM_SECONDS = 60  # a code is short-lived; RFC 6749 section 4.1.2 recommends ten minutes at most


class PendingAuthorization(NotPicklable):
    """A request for authorization, with its response and its secret verifier.

    Parameters
    ----------
    flow
        Dictionary of MSAL.
    drop_scopes
        Scopes to remove from the request.
    """

    __slots__ = ("_flow", "_response", "authorization_url", "redirect_uri")

    def __init__(self, flow: dict[str, Any], drop_scopes: frozenset[str]) -> None:
        self._flow = flow
        self._response: dict[str, str] = {}
        self.redirect_uri: str = flow["redirect_uri"]
        self.authorization_url = _remove_fields(flow["auth_uri"], drop_scopes)

    def __repr__(self) -> str:
        return f"PendingAuthorization(redirect_uri={self.redirect_uri!r})"

    def accept(self, response: Mapping[str, str]) -> bool:
        """Store the fields of a redirect, and return whether they belong to this request."""
        is_ours = hmac.compare_digest(response.get("state", "").encode(), self._flow["state"].encode())
        if not is_ours or not (response.get("code") or response.get("error")):
            return False
        self._response = dict(response)
        return True

    @property
    def error(self) -> str | None:
        """Error that the redirect contained in place of a code."""
        return None if self._response.get("code") else self._response.get("error")

    def request_tokens(self, app: Any) -> dict[str, Any]:
        """Send the code in exchange for tokens, and return MSAL's result."""
        return dict(app.acquire_token_by_auth_code_flow(dict(self._flow), self._response))


class AuthorizationCodeFlow(LoginFlow):
    """A sign-in on the provider's own page, whose last redirect contains the response.

    Where browser and kernel share a machine, the redirect arrives here. Elsewhere it leads the browser to a page that
    cannot be reached, and the person pastes the address of that page: see `submit_redirect`.
    ``AuthorizationCodeCredential.begin_authenticate`` creates and starts it.

    Parameters
    ----------
    client, provider, scopes, clock
        As in `LoginFlow`.
    redirect_uri
        Address that is registered for the client. Port 0 means any free port.

    Raises
    ------
    ValueError
        If `redirect_uri` is not an address.
    """

    grant_name = "authorization code"

    def __init__(
        self,
        client: MsalPublicClient,
        provider: IdentityProvider,
        scopes: tuple[str, ...],
        clock: Clock,
        redirect_uri: str = REDIRECT_URI,
    ) -> None:
        super().__init__(client, provider, scopes, clock)
        self._redirect_uri = _check_redirect_uri(redirect_uri)
        self._pending: PendingAuthorization | None = None
        self._has_response = Event()
        self._is_listening = False

    @property
    def authorization_url(self) -> str | None:
        """Page to sign in on; ``None`` before there is one and after the end."""
        return pending.authorization_url if (pending := self._pending) else None

    @property
    def is_listening(self) -> bool:
        """Whether the redirect of a browser on this machine arrives here without pasting."""
        return self._is_listening

    @property
    def has_prompt(self) -> bool:
        """Whether the person has a link to open."""
        return self._pending is not None

    @property
    def is_auto_approved(self) -> bool:
        """False: even the sample needs a browser here, or a call of `approve`."""
        return False

    def submit_redirect(self, address: str) -> bool:
        """Apply the address of the page on which the person's browser ended.

        Parameters
        ----------
        address
            Whole address, or the part after its question mark.

        Returns
        -------
        bool
            Whether it belongs to this sign-in. If not, nothing has changed.
        """
        return self._accept(parse_redirect(address))

    def approve(self, *, approve: bool = True) -> None:
        """Approve or decline in place of the person, on the sample only.

        Raises
        ------
        ValueError
            If this is a real provider, where only the person decides.
        ConnectionFailed, AuthenticationError
            If the sample does not respond, or has no such sign-in any more.
        """
        if url := self.authorization_url:
            self.submit_redirect(self._provider.approve_authorization(url, approve=approve))

    def reset_after_fork(self) -> None:
        """Set new locks in a child process, and cancel a sign-in that is under way."""
        self._has_response = Event()
        super().reset_after_fork()

    @property
    def _instruction(self) -> str:
        if not self._is_listening:
            return "and to paste the address. Paste only while no cell runs: interrupt, paste, run this cell again."
        return "on the page shown. If the last page cannot be reached, interrupt this cell, and paste its address."

    def _run_flow(self) -> None:
        with listen_for_redirect(self._redirect_uri, self._accept) as target:
            pending = self._request_authorization(target)
            if pending is not None and self._wait_for_response():
                self._redeem(pending)

    def _request_authorization(self, target: RedirectTarget) -> PendingAuthorization | None:
        try:
            pending = self._create_poller().poll(
                lambda: PendingAuthorization(
                    self._client.request_authorization(self._scopes, target.uri), self._provider.drop_scopes
                ),
                seconds=_MAX_START_SECONDS,
                interval=lambda: 0,
                is_transient=is_transient_or_unexpected,
            )
        except IModelsError as error:
            self._set_state(LoginState.FAILED, error)
            return None
        if pending is None:
            self._set_state(LoginState.FAILED, self._error)
            return None
        self._is_listening = target.is_listening
        self._deadline = self._clock.now() + _MAX_SIGN_IN_SECONDS
        with self._lock:
            self._pending = pending if self._state.is_pending else None
        self._set_state(LoginState.AWAITING_USER)
        return pending

    def _accept(self, response: Mapping[str, str]) -> bool:
        with self._lock:
            if self._pending is None or self._has_response.is_set() or not self._pending.accept(response):
                return False
            self._has_response.set()
        return True

    def _wait_for_response(self) -> bool:
        has_response = self._create_poller().poll(
            self._has_response.is_set,
            seconds=_MAX_SIGN_IN_SECONDS,
            interval=lambda: _POLL_INTERVAL,
            is_transient=is_transient,
        )
        if not has_response:
            message = "The time to sign in has run out. Sign in again."
            self._set_state(LoginState.EXPIRED, AuthorizationExpiredError(message))
        return bool(has_response)

    def _redeem(self, pending: PendingAuthorization) -> None:
        if pending.error is not None:
            code = filter_error_code(pending.error)
            message = f"{self._provider.name} ended the sign-in with an error ({code}). Sign in again."
            self._set_state(*self._map_error(AuthenticationError(message, code=code)))
            return
        try:
            has_tokens = self._create_poller().poll(
                lambda: self._client.redeem(pending),
                seconds=_MAX_REDEEM_SECONDS,
                interval=lambda: 1,
                is_transient=is_transient_or_unexpected,
            )
        except IModelsError as error:
            self._set_state(*self._map_error(error))
            return
        if has_tokens:
            self._set_state(LoginState.SIGNED_IN)
        else:
            self._set_state(LoginState.FAILED, self._error)

    def _clear_prompt(self) -> None:
        self._pending = None


def _check_redirect_uri(uri: str) -> str:
    try:
        is_valid = isinstance(uri, str) and uri.isprintable() and " " not in uri and bool(urlsplit(uri).scheme)
        _ = urlsplit(uri).port if is_valid else None
    except ValueError:
        is_valid = False
    if not is_valid:
        raise ValueError(f"redirect_uri should be the address that you registered, such as {REDIRECT_URI}.")
    return uri


def _remove_fields(url: str, drop_scopes: frozenset[str]) -> str:
    """Return the request without the fields of Microsoft and the scopes to drop."""
    parts = urlsplit(url)
    fields = {key: value for key, value in parse_qsl(parts.query) if key not in {"response_mode", "client_info"}}
    fields["scope"] = " ".join(scope for scope in fields["scope"].split() if scope not in drop_scopes)
    return urlunsplit(parts._replace(query=urlencode(fields)))
