"""One sign-in by device code (RFC 8628): the codes, the polling, and what the person has said so far."""

import secrets
from dataclasses import dataclass

_ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"  # RFC 8628 section 6.1: no vowels, so no words; nothing to mistake for another
_CODE_LENGTH = 8
LIFETIME_S = 900
INTERVAL_S = 1
_TOLERANCE_S = 0.2  # a client's clock and the network are no offence
_SLOWER_S = 5  # RFC 8628 section 3.5


class OAuthError(Exception):
    """A request that the provider refuses, or not yet grants.

    Parameters
    ----------
    code
        The ``error`` of RFC 6749 section 5.2 or RFC 8628 section 3.5.
    status
        HTTP status of the answer.
    """

    def __init__(self, code: str, status: int = 400) -> None:
        super().__init__(code)
        self.code = code
        self.status = status


@dataclass
class DeviceGrant:
    """One sign-in on its way: what was asked for, and what the person has said so far."""

    user_code: str
    scope: str
    expires_at: float
    interval: float = INTERVAL_S
    polls: int = 0
    polled_at: float | None = None
    approved: bool | None = None

    def poll(self, now: float, *, auto_approve: bool) -> None:
        """Pass if the person has approved.

        Raises
        ------
        OAuthError
            In all other cases, with the code that says which.
        """
        early = self.polled_at is not None and now - self.polled_at < self.interval - _TOLERANCE_S
        self.polls, self.polled_at = self.polls + 1, now
        if now >= self.expires_at:
            raise OAuthError("expired_token")
        if self.approved is None and auto_approve:
            self._play()
        elif self.approved is None:
            self._wait(early=early)
        elif not self.approved:
            raise OAuthError("access_denied")

    def _play(self) -> None:
        """Answer pending, slow_down, success, so that a run without people shows each."""
        if self.polls == 1:
            raise OAuthError("authorization_pending")
        if self.polls == 2:  # noqa: PLR2004 - the second of three
            self.interval += _SLOWER_S
            raise OAuthError("slow_down")

    def _wait(self, *, early: bool) -> None:
        if early:
            self.interval += _SLOWER_S
            raise OAuthError("slow_down")
        raise OAuthError("authorization_pending")


def user_code() -> str:
    """Make up a code for a person to type."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))
    return f"{letters[:4]}-{letters[4:]}"


def typed(text: str) -> str:
    """Read a code as a person types it: in any case, with or without the dash."""
    letters = "".join(letter for letter in text.upper() if letter in _ALPHABET)
    return f"{letters[:4]}-{letters[4:]}"
