"""The identity provider's rules: device code (RFC 8628) and rotating refresh tokens, without any HTTP."""

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from imodels_nb.sample.hub.identity.device_grant import (
    INTERVAL_S,
    LIFETIME_S,
    DeviceGrant,
    OAuthError,
    typed,
    user_code,
)
from imodels_nb.sample.hub.identity.id_token import signed
from imodels_nb.sample.hub.project.records import User

CLIENT_ID = "imodels-nb-sample"
"""The one client that every sample hub knows."""

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
REFRESH_TOKEN = "refresh_token"  # noqa: S105 - the name of a grant, not a secret

_MOST_GRANTS = 1000
_SCOPE = "itwin-platform"

Form = Mapping[str, str]
Json = dict[str, Any]


class IdentityProvider:
    """Signs one sample user in, by device code, and hands out opaque tokens.

    Parameters
    ----------
    issuer
        Its own URL.
    user
        Who is signed in, whoever approves.
    auto_approve
        Whether each sign-in approves itself at the third poll, for runs where nobody clicks.
    clock
        Seconds since 1970.
    token_lifetime
        Seconds that an access token is good for.
    """

    def __init__(
        self, issuer: str, user: User, *, auto_approve: bool, clock: Callable[[], float], token_lifetime: int = 3600
    ) -> None:
        self._issuer = issuer
        self._user = user
        self._auto_approve = auto_approve
        self._clock = clock
        self._token_lifetime = token_lifetime
        self._grants: dict[str, DeviceGrant] = {}
        self._access_tokens: dict[str, float] = {}
        self._refresh_tokens: dict[str, str] = {}
        self._signing_key = secrets.token_bytes(32)

    def discovery(self) -> Json:
        """Give the OpenID configuration: what there is, and where."""
        return {
            "issuer": self._issuer,
            "authorization_endpoint": f"{self._issuer}/connect/authorize",
            "token_endpoint": f"{self._issuer}/connect/token",
            "device_authorization_endpoint": f"{self._issuer}/connect/device_authorization",
            "grant_types_supported": [DEVICE_CODE, REFRESH_TOKEN],
            "response_types_supported": [],
            "scopes_supported": [_SCOPE, "openid", "profile", "offline_access"],
            "subject_types_supported": ["public"],
            "token_endpoint_auth_methods_supported": ["none"],
            "id_token_signing_alg_values_supported": ["HS256"],
        }

    def authorize_device(self, form: Form) -> Json:
        """Begin a sign-in: RFC 8628 section 3.2."""
        _expect_client(form)
        self._forget_old()
        grant = DeviceGrant(user_code(), form.get("scope") or _SCOPE, self._clock() + LIFETIME_S)
        device_code = secrets.token_urlsafe(32)
        self._grants[device_code] = grant
        page = f"{self._issuer}/device"
        return {
            "device_code": device_code,
            "user_code": grant.user_code,
            "verification_uri": page,
            "verification_uri_complete": f"{page}?user_code={grant.user_code}",
            "expires_in": LIFETIME_S,
            "interval": INTERVAL_S,
        }

    def token(self, form: Form) -> Json:
        """Grant tokens; fields that the grant does not need are ignored.

        Raises
        ------
        OAuthError
            If there is nothing to grant, or not yet.
        """
        _expect_client(form)
        grants = {DEVICE_CODE: self._by_device_code, REFRESH_TOKEN: self._by_refresh_token}
        grant_type = form.get("grant_type", "")
        if grant_type not in grants:
            raise OAuthError("unsupported_grant_type" if grant_type else "invalid_request")
        return self._tokens(grants[grant_type](form))

    def decide(self, user_code: str, *, approve: bool) -> bool:
        """Take a person's decision; tell whether such a code was waiting for one."""
        for grant in self._grants.values():
            waiting = grant.approved is None and self._clock() < grant.expires_at
            if waiting and grant.user_code == typed(user_code):
                grant.approved = approve
                return True
        return False

    def accepts(self, token: str) -> bool:
        """Tell whether an access token is one of this provider's, and still good."""
        return self._clock() < self._access_tokens.get(token, 0.0)

    def holder(self, token: str) -> str | None:
        """Tell whose access token it is, by the user's id; `None` if it is not good."""
        return self._user.id if self.accepts(token) else None

    def expire_access_tokens(self) -> None:
        """End every access token; refresh tokens stay good."""
        self._access_tokens.clear()

    def _by_device_code(self, form: Form) -> str:
        device_code = form.get("device_code", "")
        grant = self._grants.get(device_code)
        if grant is None:
            raise OAuthError("invalid_grant" if device_code else "invalid_request")
        try:
            grant.poll(self._clock(), auto_approve=self._auto_approve)
        except OAuthError as answer:
            if answer.code in ("access_denied", "expired_token"):
                del self._grants[device_code]
            raise
        del self._grants[device_code]
        return grant.scope

    def _by_refresh_token(self, form: Form) -> str:
        scope = self._refresh_tokens.pop(form.get("refresh_token", ""), None)
        if scope is None:
            raise OAuthError("invalid_grant")
        return scope

    def _tokens(self, scope: str) -> Json:
        now = self._clock()
        self._access_tokens = {token: end for token, end in self._access_tokens.items() if now < end}
        access_token, refresh_token = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        self._access_tokens[access_token] = now + self._token_lifetime
        self._refresh_tokens[refresh_token] = scope
        return {
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": self._token_lifetime,
            "refresh_token": refresh_token,
            "scope": scope,
            "id_token": signed(self._claims(int(now)), self._signing_key),
        }

    def _claims(self, now: int) -> Json:
        return {
            "iss": self._issuer,
            "sub": self._user.id,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + self._token_lifetime,
            "preferred_username": self._user.email,
            "name": f"{self._user.given_name} {self._user.surname}",
        }

    def _forget_old(self) -> None:
        """Drop sign-ins that ended long ago, and the oldest of too many."""
        now = self._clock()
        recent = [item for item in self._grants.items() if now < item[1].expires_at + LIFETIME_S]
        self._grants = dict(recent[-_MOST_GRANTS:])


def _expect_client(form: Form) -> None:
    if form.get("client_id") != CLIENT_ID:
        raise OAuthError("invalid_client", status=401)
