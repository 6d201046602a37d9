"""The device code grant (RFC 8628)."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from imodels_hub.identity.clients import OAuthError

LIFETIME_S = 900
INTERVAL_S = 1

_ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"  # RFC 8628 section 6.1: no vowels, so no words, and no similar characters
_CODE_LENGTH = 8
_TOLERANCE_S = 0.2  # seconds of tolerance for the client's clock and the network
_SLOW_DOWN_S = 5  # RFC 8628 section 3.5
_SECOND_POLL = 2
_MAX_SESSIONS = 1000


@dataclass
class DeviceCodeSession:
    """A sign-in by device code: the requested scope, and the person's decision."""

    user_code: str
    scope: str
    expires_at: float
    interval: float = INTERVAL_S
    polls: int = 0
    polled_at: float | None = None
    is_approved: bool | None = None

    def poll(self, now: float, *, auto_approve: bool) -> None:
        """Check that the person has approved.

        Raises
        ------
        OAuthError
            In all other cases, with the code of the case.
        """
        is_early = self.polled_at is not None and now - self.polled_at < self.interval - _TOLERANCE_S
        self.polls += 1
        self.polled_at = now
        if now >= self.expires_at:
            raise OAuthError("expired_token")
        if self.is_approved is None and auto_approve:
            self._approve_at_third_poll()
        elif self.is_approved is None:
            if is_early:
                self._slow_down()
            raise OAuthError("authorization_pending")
        elif not self.is_approved:
            raise OAuthError("access_denied")

    def _approve_at_third_poll(self) -> None:
        """Raise pending and slow_down before the approval, so that each is seen once."""
        if self.polls < _SECOND_POLL:
            raise OAuthError("authorization_pending")
        if self.polls == _SECOND_POLL:
            self._slow_down()

    def _slow_down(self) -> None:
        self.interval += _SLOW_DOWN_S
        raise OAuthError("slow_down")


class DeviceCodeSessions:
    """The sign-ins by device code of one provider.

    Parameters
    ----------
    auto_approve
        Whether each is approved at its third poll without a person.
    clock
        Returns seconds since 1970.
    """

    def __init__(self, *, auto_approve: bool, clock: Callable[[], float]) -> None:
        self._auto_approve = auto_approve
        self._clock = clock
        self._sessions: dict[str, DeviceCodeSession] = {}

    def start(self, scope: str) -> tuple[str, DeviceCodeSession]:
        """Start a sign-in; return its device code, too."""
        now = self._clock()
        self._sessions = drop_old_sessions(self._sessions, now)
        device_code = secrets.token_urlsafe(32)
        session = DeviceCodeSession(_generate_user_code(), scope, now + LIFETIME_S)
        self._sessions[device_code] = session
        return device_code, session

    def decide(self, user_code: str, *, approve: bool) -> bool:
        """Record a person's decision; return whether the code was waiting for one."""
        for session in self._sessions.values():
            is_waiting = session.is_approved is None and self._clock() < session.expires_at
            if is_waiting and session.user_code == normalize_user_code(user_code):
                session.is_approved = approve
                return True
        return False

    def poll(self, device_code: str) -> DeviceCodeSession:
        """Remove and return an approved sign-in.

        Raises
        ------
        OAuthError
            If it is not approved, or not yet.
        """
        session = self._sessions.get(device_code)
        if session is None:
            raise OAuthError("invalid_grant" if device_code else "invalid_request")
        try:
            session.poll(self._clock(), auto_approve=self._auto_approve)
        except OAuthError as error:
            if error.code in ("access_denied", "expired_token"):
                del self._sessions[device_code]
            raise
        return self._sessions.pop(device_code)


def normalize_user_code(text: str) -> str:
    """Return the code that a person typed, in any case, with or without the dash."""
    letters = "".join(letter for letter in text.upper() if letter in _ALPHABET)
    return f"{letters[:4]}-{letters[4:]}"


def _generate_user_code() -> str:
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))
    return f"{letters[:4]}-{letters[4:]}"


class _Session(Protocol):
    @property
    def expires_at(self) -> float: ...


Session = TypeVar("Session", bound=_Session)


def drop_old_sessions(sessions: dict[str, Session], now: float) -> dict[str, Session]:
    """Return the sessions that did not end long ago, with room for one more."""
    recent = [item for item in sessions.items() if now < item[1].expires_at + LIFETIME_S]
    return dict(recent[1 - _MAX_SESSIONS :])
