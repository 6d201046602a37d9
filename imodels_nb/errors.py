"""Exception tree of the package. Standard library only, so that every package may raise from it.

A message says what went wrong and what to do next. It never carries a token, a signature or a server's body, and no
character that moves the cursor or turns the direction of a text, wherever its words come from.
"""

import unicodedata
from collections.abc import Sequence
from typing import Any

_INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # Unicode categories: controls, marks of direction, halves of a character


def clean_text(text: str) -> str:
    r"""Return a text that a terminal and a notebook show as it is: without escape sequences and marks of direction.

    Examples
    --------
    >>> clean_text("red: \x1b[31m, turned: \u202egnp.exe")
    'red: \ufffd[31m, turned: \ufffdgnp.exe'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_visible, text))


def _visible(character: str) -> str:
    if character == "\n" or unicodedata.category(character) not in _INVISIBLE:
        return character
    return " " if character.isspace() else "\N{REPLACEMENT CHARACTER}"


class IModelsError(Exception):
    """The root of everything that this package raises on purpose.

    Parameters
    ----------
    message
        What went wrong, and what to do next.
    status_code
        HTTP status of the answer, if there was one.
    code
        The service's own error code, such as ``iModelNotFound``.
    retry_after
        Seconds the service asked to wait.
    details
        The service's own detail lines, already as text.
    """

    def __init__(
        self,
        message: str,
        *,
        status_code: int | None = None,
        code: str | None = None,
        retry_after: float | None = None,
        details: Sequence[str] = (),
    ) -> None:
        super().__init__(clean_text(message))
        self.status_code = status_code
        self.code = clean_text(code) if code is not None else None
        self.retry_after = retry_after
        self.details = tuple(map(clean_text, details))


class AuthenticationError(IModelsError):
    """Signing in failed."""


class AuthenticationRequiredError(AuthenticationError):
    """A person has to sign in first, and nobody is there to do it."""


class CredentialUnavailableError(AuthenticationError):
    """This credential cannot be tried here, for example since its variables are not set."""


class DeviceCodeExpiredError(AuthenticationError):
    """The code ran out before anybody entered it."""


class AuthorizationExpiredError(AuthenticationError):
    """Nobody signed in on the provider's page in time."""


class AuthorizationDeclinedError(AuthenticationError):
    """The person said no."""


class LoginCancelledError(AuthenticationError):
    """The sign-in was cancelled on this side."""


class GrantNotAvailableError(AuthenticationError):
    """The provider does not grant this way of signing in to this client."""


class TokenCacheError(AuthenticationError):
    """Tokens cannot be kept, or what was kept cannot be read."""


class ConnectionFailed(IModelsError):
    """No complete response came back: refused, reset, cut short or timed out.

    Parameters
    ----------
    message
        What went wrong, and what to do next.
    is_retryable
        Whether the same request may succeed a moment later.
    """

    def __init__(self, message: str, *, is_retryable: bool = True) -> None:
        super().__init__(message)
        self.is_retryable = is_retryable


class HTTPStatusError(IModelsError):
    """The service answered with an error status."""


class Unauthorized(HTTPStatusError):
    """401: the token was missing, expired or meant for somebody else."""


class Forbidden(HTTPStatusError):
    """403: signed in, but without the permission."""


class NotFound(HTTPStatusError):
    """404: no such iModel, or it is hidden from this account."""


class InvalidRequest(HTTPStatusError):
    """400, 409, 413 or 422: the service refused what was asked."""


class RateLimited(HTTPStatusError):
    """429: the subscription's quota is used up for now."""


class ServerError(HTTPStatusError):
    """5xx: the service itself failed."""


class UnexpectedResponse(IModelsError):
    """The answer is not what the API promises; the message names the JSON path."""


class IncompleteTimeline(IModelsError):
    """The changesets do not form one unbroken chain; the message names the break."""


class UnreadableChangeset(IModelsError):
    """A changeset file is missing, damaged or too large; the message names the file and the place.

    Attributes
    ----------
    changes
        Frame of the changes in all other files of the same call, or ``None``.
    failures
        One error for each unreadable file of the call, in the order of the changesets.
    """

    changes: Any = None
    failures: "tuple[UnreadableChangeset, ...]" = ()


class UnknownChangeWarning(UserWarning):
    """A changeset carries ``containingChanges`` bits that this version has no name for."""


class DamagedValueWarning(UserWarning):
    """A value of the service is damaged; the warning names the row and the field."""


class LeakFound(IModelsError, ValueError):
    """A text that was to be written looks like a token, a signature or an address; the message names the place."""
