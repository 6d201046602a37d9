"""Access tokens, the credential protocol, and the claims of a token."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol, SupportsIndex, final

import jwt

from imodels_nb.errors import CredentialUnavailableError, clean_text

_BEARER_PREFIX = re.compile(r"^(authorization:\s*)?(bearer\s+)?", re.IGNORECASE)
_MAX_TOKEN = 65_536  # characters of a token whose claims are read
_MAX_NAME = 254  # characters, the length of the longest e-mail address
_MAX_TIME = 32_503_680_000  # 1 January of the year 3000, in seconds since the epoch


class NotPicklable:
    """A base class for objects with secrets, which no pickle and no copy may contain."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError(
            f"{type(self).__name__} is neither pickled nor copied, since it can contain secrets. Create it in the "
            "process that needs it; for example, let each worker create its own credential."
        )


@final
@dataclass(frozen=True, slots=True)
class AccessToken(NotPicklable):
    """A bearer token and the time of its end. Only `token` itself shows the secret.

    Parameters
    ----------
    token
        The text after ``Bearer`` in the header.
    expires_on
        Seconds since the epoch, or ``None`` if the end is not known.

    Examples
    --------
    >>> from imodels_nb.auth import AccessToken
    >>> AccessToken("secret", expires_on=1_795_000_000)
    AccessToken(token=<redacted>, expires_on=1795000000)
    """

    token: str = field(repr=False)
    expires_on: int | None = None

    def __repr__(self) -> str:
        return f"AccessToken(token=<redacted>, expires_on={self.expires_on})"


class TokenCredential(Protocol):
    """An object that returns an access token on request, as in azure-identity.

    A credential may also have an attribute ``allowed_origins``: the API origins that its tokens are meant for, such as
    ``("https://api.bentley.com",)``, or ``None`` for any origin. ``IModelsClient`` refuses to send them elsewhere.

    It has one method, ``get_token(*scopes, force_refresh=False)``, which returns an `AccessToken` that is valid now.

    Examples
    --------
    >>> class VaultCredential:
    ...     def get_token(self, *scopes, force_refresh=False):
    ...         return AccessToken("from the vault")
    >>> isinstance(login(credential=VaultCredential()), LoginWidget)
    True
    """

    def get_token(self, *scopes: str, force_refresh: bool = False) -> AccessToken:
        """Return a token that is valid now.

        Parameters
        ----------
        *scopes
            Scopes of the token; without any, those that the credential was created with.
        force_refresh
            Whether to get a new token even if the present one is still valid, for example after a 401.
        """
        ...


def parse_token(text: object, advice: str) -> AccessToken:
    """Parse a token that a person or a variable supplied.

    Parameters
    ----------
    text
        The token; a leading ``Bearer`` and surrounding blanks or quotation marks are removed.
    advice
        Last sentence of the message if the token cannot be used.

    Raises
    ------
    CredentialUnavailableError
        If the token is empty, is not text, or contains characters that no token has. The message does not show it.
    """
    bare = extract_token(text)
    problem = "" if bare else _describe_problem(text)
    del text  # a verbose traceback prints the variables of the frame that raises
    if bare is None:
        raise CredentialUnavailableError(f"There is no usable access token: {problem}. {advice}")
    return AccessToken(bare, read_expiry(decode_claims(bare)))


def extract_token(text: object) -> str | None:
    """Return the token alone, or ``None`` if an HTTP header cannot contain the text.

    Examples
    --------
    >>> from imodels_nb.auth.tokens import extract_token
    >>> extract_token(" Bearer abc.def ")
    'abc.def'
    """
    if not isinstance(text, str):
        return None
    bare = _BEARER_PREFIX.sub("", text.strip().strip("\"'")).strip("\"' \t")
    return bare if bare and bare.isascii() and bare.isprintable() and " " not in bare else None


def decode_claims(token: str) -> dict[str, Any]:
    """Decode the claims of a JSON Web Token (RFC 7519) without verification.

    The signature is not verified. The claims may be shown to a person, but no decision depends on them. A token of
    another kind has no claims.

    Examples
    --------
    >>> from imodels_nb.auth.tokens import decode_claims
    >>> decode_claims("eyJhbGciOiJub25lIn0.eyJleHAiOjE3OTUwMDAwMDB9.")
    {'exp': 1795000000}
    """
    if len(token) > _MAX_TOKEN:
        return {}
    try:
        return dict(jwt.decode(token, options={"verify_signature": False}))
    except (jwt.InvalidTokenError, ValueError, RecursionError):
        return {}


def read_account(claims: Mapping[str, Any]) -> str | None:
    """Return the name of the account as a person knows it."""
    for claim in ("preferred_username", "email", "name", "client_id"):
        name = claims.get(claim)
        if isinstance(name, str) and name.strip():
            return clean_text(name)[:_MAX_NAME]
    return None


def read_expiry(claims: Mapping[str, Any]) -> int | None:
    """Return the end of a token, in seconds since the epoch."""
    end = claims.get("exp")
    return int(end) if isinstance(end, int | float) and 0 < end < _MAX_TIME else None


def _describe_problem(text: object) -> str:
    if not isinstance(text, str):
        return f"a token is text, not {type(text).__name__}"
    if not text.strip():
        return "it is empty"
    if not text.isascii():
        return "it contains a character that no token has, such as the … of a shortened text"
    return "it contains blanks, line breaks or control characters"
