"""Who may ask: the access token, the credential protocol, and the credential of a token already at hand."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NoReturn, Protocol, SupportsIndex, final

from imodels_nb.auth.claims import account_of, claims_of, end_of
from imodels_nb.errors import CredentialUnavailableError


class Sealed:
    """Keeps what it holds out of pickles and copies, which would carry a secret to places nobody watches."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError(f"{type(self).__name__} is neither pickled nor copied. Make it anew where you need it.")


@final
@dataclass(frozen=True, slots=True)
class AccessToken(Sealed):
    """A bearer token and the time it ends; only `token` itself shows the secret.

    Parameters
    ----------
    token
        The secret, as it goes behind ``Bearer``.
    expires_on
        Seconds since the epoch, or None when the issuer did not say.

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
    """Anything that hands out a token on request.

    A credential may also have an attribute ``allowed_origins``: the API origins that its tokens are meant for, such as
    ``("https://api.bentley.com",)``, or None for anywhere. ``IModelsClient`` refuses to send them elsewhere.
    """

    def get_token(self, *scopes: str, force_refresh: bool = False) -> AccessToken:
        """Return a token that is valid now.

        Parameters
        ----------
        *scopes
            What the token is for; none means what the credential was made for.
        force_refresh
            Ask the issuer even if the token at hand has not run out, for example after a 401.
        """
        ...


@final
class StaticTokenCredential(Sealed):
    """Hands out a token that somebody else obtained.

    Parameters
    ----------
    token
        The token, or a callable that returns the current one and is called at each request. A leading ``Bearer`` and
        surrounding blanks are taken off.
    allowed_origins
        Where it may be sent, as scheme, host and port; None means anywhere.

    Attributes
    ----------
    account, expires_on
        Whose it is and when it ends (seconds since the epoch), as far as a token that is no callable says so itself.

    Examples
    --------
    >>> from imodels_nb.auth import StaticTokenCredential
    >>> StaticTokenCredential("secret").get_token()
    AccessToken(token=<redacted>, expires_on=None)
    """

    __slots__ = ("_supply", "account", "allowed_origins", "expires_on")

    def __init__(self, token: str | Callable[[], str], *, allowed_origins: tuple[str, ...] | None = None) -> None:
        self.allowed_origins = allowed_origins
        self._supply = token if callable(token) else lambda: token
        claims = {} if callable(token) else claims_of(bare_token(token) or "")
        self.account, self.expires_on = account_of(claims), end_of(claims)

    def __repr__(self) -> str:
        return "StaticTokenCredential(<redacted>)"

    def get_token(self, *scopes: str, force_refresh: bool = False) -> AccessToken:  # noqa: ARG002 - the protocol's
        """Return the token as it is.

        Raises
        ------
        CredentialUnavailableError
            When it is empty, or has blanks or line breaks inside.
        """
        return usable_token(
            self._supply(), "Pass the bare access token, as one line of text, to StaticTokenCredential."
        )


def bare_token(text: object) -> str | None:
    """Return the token without decoration, or None when it is no text that could stand in an HTTP header.

    Examples
    --------
    >>> from imodels_nb.auth.credentials import bare_token
    >>> bare_token(" Bearer abc.def ")
    'abc.def'
    """
    if not isinstance(text, str):
        return None
    bare = re.sub("^bearer ", "", text.strip(), flags=re.IGNORECASE).strip()
    return bare if bare and bare.isascii() and bare.isprintable() and " " not in bare else None


def usable_token(text: object, advice: str) -> AccessToken:
    """Make a token of what a person or a variable gave.

    Raises
    ------
    CredentialUnavailableError
        With `advice`, when it is empty, or has blanks or line breaks inside.
    """
    bare = bare_token(text)
    del text  # a verbose traceback prints the variables of the frame that raises
    if bare is None:
        raise CredentialUnavailableError(f"There is no usable access token. {advice}")
    return AccessToken(bare, end_of(claims_of(bare)))
