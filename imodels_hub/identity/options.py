"""The ways in which identity providers differ, and a client has to live with."""

from dataclasses import dataclass
from typing import Self

WORDS = ("jwt", "no-id-token", "no-scope", "no-device-endpoint")
"""What can be chosen."""


@dataclass(frozen=True)
class Options:
    """How a provider writes its answers.

    Parameters
    ----------
    jwt
        Whether access tokens are JSON Web Tokens; otherwise nobody can read them.
    id_token
        Whether an ID token comes along.
    echoes_scope
        Whether the scope is repeated, which RFC 6749 section 5.1 leaves open if it is the one asked for.
    device_endpoint
        Whether there is sign-in by device code.
    """

    jwt: bool = False
    id_token: bool = True
    echoes_scope: bool = True
    device_endpoint: bool = True

    @classmethod
    def of(cls, *words: str) -> Self:
        """Read options from `WORDS`.

        Raises
        ------
        ValueError
            If there is no such option.
        """
        if unknown := set(words) - set(WORDS):
            raise ValueError(f"There is no option {min(unknown)!r} of the provider. There are: {', '.join(WORDS)}.")
        return cls(*("jwt" in words, *(word not in words for word in WORDS[1:])))
