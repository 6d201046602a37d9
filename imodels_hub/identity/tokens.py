"""Access, refresh and ID tokens."""

import hmac
import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from imodels_hub.identity.clients import OAuthError
from imodels_hub.records import User

Json = dict[str, Any]

OPTION_NAMES = ("jwt", "no-id-token", "no-scope", "no-device-endpoint")
"""Names of the options of a provider."""


@dataclass(frozen=True)
class ProviderOptions:
    """Variants of a provider's responses.

    Parameters
    ----------
    has_jwt
        Whether access tokens are JSON Web Tokens instead of random texts.
    has_id_token
        Whether responses have an ID token.
    has_scope
        Whether responses repeat the scope, which RFC 6749 section 5.1 leaves open if it is the requested one.
    has_device_endpoint
        Whether there is sign-in by device code.
    """

    has_jwt: bool = False
    has_id_token: bool = True
    has_scope: bool = True
    has_device_endpoint: bool = True

    @classmethod
    def parse(cls, names: Sequence[str]) -> Self:
        """Parse options from `OPTION_NAMES`.

        Raises
        ------
        ValueError
            If an option is unknown.
        """
        if unknown := set(names) - set(OPTION_NAMES):
            known = ", ".join(OPTION_NAMES)
            raise ValueError(f"There is no option {min(unknown)!r} of the provider. There are: {known}.")
        return cls("jwt" in names, *(name not in names for name in OPTION_NAMES[1:]))


@dataclass(frozen=True, eq=False)
class Grant:
    """One sign-in with its tokens; two of the same user are not equal."""

    user: User
    client_id: str
    scope: str
    nonce: str = ""


class Tokens:
    """Access tokens that expire, and refresh tokens that are valid once.

    Parameters
    ----------
    issuer
        URL of the provider.
    options
        Variants of the responses.
    lifetime
        Seconds for which an access token is valid.
    clock
        Returns seconds since 1970.
    """

    def __init__(self, issuer: str, options: ProviderOptions, lifetime: int, clock: Callable[[], float]) -> None:
        self._issuer = issuer
        self._options = options
        self._lifetime = lifetime
        self._clock = clock
        self._access: dict[str, tuple[float, Grant]] = {}
        self._refresh: dict[str, Grant] = {}
        self._key = secrets.token_bytes(32)

    def find_user_id(self, token: str) -> str | None:
        """Find the user of an access token; ``None`` if the token is invalid."""
        expires_at, grant = self._access.get(token, (0.0, None))
        return grant.user.id if grant and self._clock() < expires_at else None

    def revoke_access(self) -> None:
        """Revoke every access token; refresh tokens stay valid."""
        self._access.clear()

    def redeem_refresh_token(self, token: str) -> Grant:
        """Remove a refresh token, and return its grant.

        Raises
        ------
        OAuthError
            ``invalid_grant`` if it was used before, or is unknown.
        """
        grant = self._refresh.pop(token, None)
        if grant is None:
            raise OAuthError("invalid_grant")
        return grant

    def revoke(self, token: str, client_id: str) -> None:
        """Revoke a token; for a refresh token, also the access tokens of its grant.

        Raises
        ------
        OAuthError
            ``invalid_grant`` if the token belongs to another client (RFC 7009 section 2.1).
        """
        _, grant = self._access.get(token, (0.0, self._refresh.get(token)))
        if grant and grant.client_id != client_id:
            raise OAuthError("invalid_grant")
        if self._refresh.pop(token, None):
            self._access = {known: entry for known, entry in self._access.items() if entry[1] is not grant}
        self._access.pop(token, None)

    def build_response(self, grant: Grant, *, is_person: bool = True) -> Json:
        """Build the response to a token request; a service gets an access token only."""
        access = {
            "access_token": self._create_access_token(grant),
            "token_type": "Bearer",
            "expires_in": self._lifetime,
            **({"scope": grant.scope} if self._options.has_scope else {}),
        }
        if not is_person:
            return access
        refresh_token = secrets.token_urlsafe(32)
        self._refresh[refresh_token] = grant
        id_token = {"id_token": sign_jwt(self._build_claims(grant), self._key)} if self._options.has_id_token else {}
        return {**access, "refresh_token": refresh_token, **id_token}

    def _create_access_token(self, grant: Grant) -> str:
        now = self._clock()
        self._access = {token: entry for token, entry in self._access.items() if now < entry[0]}
        token = secrets.token_urlsafe(32)
        if self._options.has_jwt:
            claims = {"scope": grant.scope.split(), "client_id": grant.client_id, "jti": token}
            token = sign_jwt({**self._build_lifetime_claims(grant), **claims}, self._key)
        self._access[token] = (now + self._lifetime, grant)
        return token

    def _build_claims(self, grant: Grant) -> Json:
        user = grant.user
        return {
            **self._build_lifetime_claims(grant),
            "aud": grant.client_id,
            "preferred_username": user.email,
            "name": f"{user.given_name} {user.surname}",
            **({"nonce": grant.nonce} if grant.nonce else {}),
        }

    def _build_lifetime_claims(self, grant: Grant) -> Json:
        now = int(self._clock())
        return {"iss": self._issuer, "sub": grant.user.id, "iat": now, "exp": now + self._lifetime}


def sign_jwt(claims: Json, key: bytes) -> str:
    """Sign claims as a JSON Web Token with HS256 (RFC 7515, RFC 7519)."""
    content = f"{_encode_part({'alg': 'HS256', 'typ': 'JWT'})}.{_encode_part(claims)}"
    return f"{content}.{_encode_base64(hmac.digest(key, content.encode(), 'sha256'))}"


def _encode_part(value: Json) -> str:
    return _encode_base64(json.dumps(value, separators=(",", ":")).encode())


def _encode_base64(value: bytes) -> str:
    return urlsafe_b64encode(value).decode().rstrip("=")
