"""The states of a sign-in, shared by every way of signing in that has a person in it."""

from enum import StrEnum


class LoginState(StrEnum):
    """Where a sign-in stands."""

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
    def pending(self) -> bool:
        """Whether the sign-in is under way: it will change by itself."""
        return self in {LoginState.STARTING, LoginState.AWAITING_USER, LoginState.RETRYING}
