"""The tokens that a provider has given out."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from imodels_hub.identity.device_grant import OAuthError
from imodels_hub.identity.id_token import signed
from imodels_hub.identity.options import Options
from imodels_hub.project.records import User

Json = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Granted:
    """What a token stands for: one sign-in, and never the same as another of the same person."""

    user: User
    client_id: str
    scope: str
    nonce: str = ""


class Tokens:
    """Access tokens that expire, and refresh tokens that are good once.

    Parameters
    ----------
    issuer
        URL of the provider.
    options
        How answers are written.
    lifetime
        Seconds that an access token is good for.
    clock
        Seconds since 1970.
    """

    def __init__(self, issuer: str, options: Options, lifetime: int, clock: Callable[[], float]) -> None:
        self._issuer, self._options, self._lifetime, self._clock = issuer, options, lifetime, clock
        self._access: dict[str, tuple[float, Granted]] = {}
        self._refresh: dict[str, Granted] = {}
        self._key = secrets.token_bytes(32)

    def holder(self, token: str) -> str | None:
        """Tell whose access token it is, by the user's id; `None` if it is not good."""
        end, granted = self._access.get(token, (0.0, None))
        return granted.user.id if granted and self._clock() < end else None

    def expire_access(self) -> None:
        """End every access token; refresh tokens stay good."""
        self._access.clear()

    def refreshed(self, token: str) -> Granted:
        """Take a refresh token back, for another.

        Raises
        ------
        OAuthError
            ``invalid_grant`` if it was used before, or is none.
        """
        granted = self._refresh.pop(token, None)
        if granted is None:
            raise OAuthError("invalid_grant")
        return granted

    def revoke(self, token: str, client_id: str) -> None:
        """End a token; with a refresh token go the access tokens of its sign-in (RFC 7009 section 2.1).

        Raises
        ------
        OAuthError
            ``invalid_grant`` if another client has it.
        """
        _, granted = self._access.get(token, (0.0, self._refresh.get(token)))
        if granted and granted.client_id != client_id:
            raise OAuthError("invalid_grant")
        if self._refresh.pop(token, None):
            self._access = {kept: held for kept, held in self._access.items() if held[1] is not granted}
        self._access.pop(token, None)

    def answer(self, granted: Granted, *, personal: bool = True) -> Json:
        """Write the answer to a token request; a service, which is no person, gets no more than an access token."""
        access = {
            "access_token": self._access_token(granted),
            "token_type": "Bearer",
            "expires_in": self._lifetime,
            **({"scope": granted.scope} if self._options.echoes_scope else {}),
        }
        if not personal:
            return access
        refresh_token = secrets.token_urlsafe(32)
        self._refresh[refresh_token] = granted
        id_token = {"id_token": signed(self._claims(granted), self._key)} if self._options.id_token else {}
        return {**access, "refresh_token": refresh_token, **id_token}

    def _access_token(self, granted: Granted) -> str:
        now = self._clock()
        self._access = {token: held for token, held in self._access.items() if now < held[0]}
        token = secrets.token_urlsafe(32)
        if self._options.jwt:
            about = {"scope": granted.scope.split(), "client_id": granted.client_id, "jti": token}
            token = signed({**self._lasting(granted), **about}, self._key)
        self._access[token] = (now + self._lifetime, granted)
        return token

    def _claims(self, granted: Granted) -> Json:
        user = granted.user
        return {
            **self._lasting(granted),
            "aud": granted.client_id,
            "preferred_username": user.email,
            "name": f"{user.given_name} {user.surname}",
            **({"nonce": granted.nonce} if granted.nonce else {}),
        }

    def _lasting(self, granted: Granted) -> Json:
        now = int(self._clock())
        return {"iss": self._issuer, "sub": granted.user.id, "iat": now, "exp": now + self._lifetime}
