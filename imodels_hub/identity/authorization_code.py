"""The authorization code grant with PKCE (RFC 6749 section 4.1, RFC 7636)."""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Self
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from imodels_hub.identity.clients import Client, OAuthError
from imodels_hub.identity.device_code import drop_old_sessions

_LIFETIME_S = 600
_CODE_LIFETIME_S = 60
_LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")


@dataclass
class AuthorizationCodeSession:
    """A sign-in by authorization code: the request, and the code once it is approved."""

    redirect_uri: str
    state: str
    scope: str
    nonce: str
    challenge: str
    expires_at: float
    code: str | None = None

    @classmethod
    def from_request(cls, client: Client, query: Mapping[str, str], now: float) -> Self:
        """Build the session of an authorization request with a valid redirect.

        Raises
        ------
        OAuthError
            The error to send to the client through its redirect.
        """
        if query.get("response_type") != "code":
            raise OAuthError("unsupported_response_type")
        if query.get("code_challenge_method") != "S256" or not query.get("code_challenge"):
            raise OAuthError("invalid_request")
        return cls(
            redirect_uri=query["redirect_uri"],
            state=query.get("state", ""),
            scope=client.grant_scope(query.get("scope", "")),
            nonce=query.get("nonce", ""),
            challenge=query["code_challenge"],
            expires_at=now + _LIFETIME_S,
        )

    def approve(self, now: float) -> str:
        """Approve the sign-in; return the redirect with its code."""
        self.code = secrets.token_urlsafe(32)
        self.expires_at = now + _CODE_LIFETIME_S
        return _build_redirect(self.redirect_uri, code=self.code, state=self.state)

    def check_redemption(self, form: Mapping[str, str], now: float) -> None:
        """Check that the client that started the sign-in redeems the code in time.

        Raises
        ------
        OAuthError
            ``invalid_grant`` in all other cases.
        """
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        is_verified = secrets.compare_digest(urlsafe_b64encode(digest).rstrip(b"="), self.challenge.encode())
        if not is_verified or form.get("redirect_uri") != self.redirect_uri or now >= self.expires_at:
            raise OAuthError("invalid_grant")


class AuthorizationCodeSessions:
    """The sign-ins by authorization code of one provider.

    Parameters
    ----------
    auto_approve
        Whether each is approved at once without a person.
    clock
        Returns seconds since 1970.
    """

    def __init__(self, *, auto_approve: bool, clock: Callable[[], float]) -> None:
        self._auto_approve = auto_approve
        self._clock = clock
        self._sessions: dict[str, AuthorizationCodeSession] = {}

    def start(self, client: Client, query: Mapping[str, str]) -> tuple[str, str]:
        """Start a sign-in.

        Returns
        -------
        redirect
            The redirect with a code or an error; empty if a person has to decide first.
        request
            Name of the request for that decision.

        Raises
        ------
        OAuthError
            If the client or its redirect is invalid: then there is no redirect.
        """
        if query.get("client_id") != client.id or not _is_loopback(query.get("redirect_uri", "")):
            raise OAuthError("invalid_request")
        now = self._clock()
        try:
            session = AuthorizationCodeSession.from_request(client, query, now)
        except OAuthError as error:
            return _build_redirect(query["redirect_uri"], error=error.code, state=query.get("state", "")), ""
        self._sessions = drop_old_sessions(self._sessions, now)
        request = secrets.token_urlsafe(32)
        self._sessions[request] = session
        if not self._auto_approve:
            return "", request
        return self.decide(request, approve=True) or "", request

    def decide(self, request: str, *, approve: bool) -> str | None:
        """Record a decision; return the redirect, or ``None`` for an unknown request."""
        session = self._sessions.pop(request, None)
        if session is None or self._clock() >= session.expires_at or session.code:
            return None
        if not approve:
            return _build_redirect(session.redirect_uri, error="access_denied", state=session.state)
        redirect = session.approve(self._clock())
        self._sessions[str(session.code)] = session
        return redirect

    def redeem(self, form: Mapping[str, str]) -> AuthorizationCodeSession:
        """Remove and return the sign-in of a code, which is valid once.

        Raises
        ------
        OAuthError
            ``invalid_grant``.
        """
        session = self._sessions.get(form.get("code", ""))
        if session is None or session.code is None:
            raise OAuthError("invalid_grant")
        del self._sessions[session.code]
        session.check_redemption(form, self._clock())
        return session


def _is_loopback(redirect_uri: str) -> bool:
    """Check whether a redirect leads to this machine (RFC 8252 section 7.3)."""
    with suppress(ValueError):
        parts = urlsplit(redirect_uri)
        return parts.scheme == "http" and parts.hostname in _LOOPBACK_HOSTS and parts.port != 0 and not parts.fragment
    return False


def _build_redirect(redirect_uri: str, **parameters: str) -> str:
    """Build the redirect with parameters; empty ones are left out."""
    parts = urlsplit(redirect_uri)
    query = [*parse_qsl(parts.query), *((name, value) for name, value in parameters.items() if value)]
    return urlunsplit(parts._replace(query=urlencode(query)))
