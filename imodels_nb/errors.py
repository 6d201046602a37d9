"""The exceptions of the package.

The module imports the standard library only, so that every package can raise them. A message says what went wrong and
what to do next. It contains no token, no signature and no body of a response. It contains no control character and no
mark of direction either, not even in a text of the service.
"""

import unicodedata
from collections.abc import Sequence
from typing import Any

_INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # Unicode categories: controls, marks of direction, halves of a character


def clean_text(text: str) -> str:
    r"""Return a text without control characters and marks of direction.

    In a terminal, an escape sequence can move the cursor. A mark of direction can turn the text that follows.

    Examples
    --------
    >>> clean_text("red: \x1b[31m, turned: \u202egnp.exe")
    'red: \ufffd[31m, turned: \ufffdgnp.exe'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_replace_invisible, text))


def _replace_invisible(character: str) -> str:
    if character == "\n" or unicodedata.category(character) not in _INVISIBLE:
        return character
    return " " if character.isspace() else "\N{REPLACEMENT CHARACTER}"


class IModelsError(Exception):
    """Base class of the errors that this package raises.

    Parameters
    ----------
    message
        What went wrong, and what to do next.
    status_code
        HTTP status of the response, if there was one.
    code
        The service's own error code, such as ``iModelNotFound``.
    retry_after
        Seconds that the service asked to wait.
    details
        The service's own details, as text.

    Examples
    --------
    >>> with sample.start(changesets=40) as hub, IModelsClient(hub.credential, base_url=hub.base_url) as client:
    ...     try:
    ...         fetch_changesets(client, "5e19bee0-3aea-4355-a9f0-c6df9989ee7d")
    ...     except IModelsError as error:
    ...         print(error.status_code, error.code)
    404 iModelNotFound
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
    """The sign-in failed."""


class AuthenticationRequiredError(AuthenticationError):
    """There is no sign-in, it has ended, or no user can sign in here."""


class CredentialUnavailableError(AuthenticationError):
    """The credential cannot be used here, for example because a variable is missing."""


class DeviceCodeExpiredError(AuthenticationError):
    """The device code expired before a user entered it."""


class AuthorizationExpiredError(AuthenticationError):
    """The time to sign in on the provider's page is over."""


class AuthorizationDeclinedError(AuthenticationError):
    """The user declined the sign-in."""


class LoginCancelledError(AuthenticationError):
    """The sign-in was cancelled in this program."""


class GrantNotAvailableError(AuthenticationError):
    """The provider does not support this grant for this client."""


class TokenCacheError(AuthenticationError):
    """Tokens cannot be stored, or stored tokens cannot be read."""


class ConnectionFailed(IModelsError):
    """No complete response came back: refused, reset, cut short or timed out.

    Parameters
    ----------
    message
        What went wrong, and what to do next.
    is_retryable
        Whether the same request may succeed a moment later.
    status_code, retry_after
        Status and wait in seconds that the storage of files sent last.
    """

    def __init__(
        self,
        message: str,
        *,
        is_retryable: bool = True,
        status_code: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, status_code=status_code, retry_after=retry_after)
        self.is_retryable = is_retryable


class WrongFile(ConnectionFailed):
    """In the place of a file, the storage sent a web page or another file."""


class HTTPStatusError(IModelsError):
    """The status of the response is not 200."""


class Unauthorized(HTTPStatusError):
    """Status 401: the token is missing, expired or from another provider."""


class Forbidden(HTTPStatusError):
    """Status 403: the account lacks the permission."""


class NotFound(HTTPStatusError):
    """Status 404: the iModel does not exist, or this account cannot see it."""


class InvalidRequest(HTTPStatusError):
    """Status 400, 409, 413, 422 or similar: the request is invalid."""


class RateLimited(HTTPStatusError):
    """Status 429: the quota of the subscription is used up for now."""


class ServerError(HTTPStatusError):
    """Status 5xx: the service failed."""


class UnexpectedResponse(IModelsError):
    """The response does not have the documented schema; the message has the JSON path."""


class IncompleteTimeline(IModelsError):
    """The changesets do not form one unbroken chain; the message names the break."""


class UnreadableChangeset(IModelsError):
    """A changeset file is missing, damaged or too large.

    The message names the file and the place in it.

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
    """A changeset has ``containingChanges`` bits that this version does not know."""


class DamagedValueWarning(UserWarning):
    """A value of the service is damaged; the warning names the row and the field."""


class SecretFound(IModelsError, ValueError):
    """A text looks like a token, a signature or an e-mail address."""
