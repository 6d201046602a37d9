"""The identity provider's rules: three ways to a token, and rotating refresh tokens, without any HTTP."""

import secrets
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from imodels_nb.sample.hub.identity.clients import SCOPES, Client, Clients
from imodels_nb.sample.hub.identity.code_grant import CodeGrant, back, is_loopback
from imodels_nb.sample.hub.identity.device_grant import (
    INTERVAL_S,
    LIFETIME_S,
    DeviceGrant,
    OAuthError,
    typed,
    user_code,
)
from imodels_nb.sample.hub.identity.options import Options
from imodels_nb.sample.hub.identity.tokens import Granted, Tokens
from imodels_nb.sample.hub.project.records import User

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
AUTHORIZATION_CODE = "authorization_code"
CLIENT_CREDENTIALS = "client_credentials"
REFRESH_TOKEN = "refresh_token"  # noqa: S105 - the name of a grant, not a secret

_MOST_GRANTS = 1000

Form = Mapping[str, str]
Json = dict[str, Any]
Grant = TypeVar("Grant", DeviceGrant, CodeGrant)


class IdentityProvider:
    """Signs one sample user in, by device code or by authorization code, and a service by its secret.

    Parameters
    ----------
    issuer
        Its own URL.
    user
        Who is signed in, whoever approves.
    auto_approve
        Whether each sign-in approves itself (by device code at the third poll), for runs where nobody clicks.
    clock
        Seconds since 1970.
    token_lifetime
        Seconds that an access token is good for.
    service
        Whom the confidential client acts for; by default the user.
    options
        How answers are written.

    Attributes
    ----------
    clients : Clients
        Who may ask.
    """

    def __init__(
        self,
        issuer: str,
        user: User,
        *,
        auto_approve: bool,
        clock: Callable[[], float],
        token_lifetime: int = 3600,
        service: User | None = None,
        options: Options | None = None,
    ) -> None:
        self.clients = Clients()
        self.user = user
        self._service = service or user
        self._issuer = issuer
        self._auto_approve = auto_approve
        self._clock = clock
        self._options = options or Options()
        self._tokens = Tokens(issuer, self._options, token_lifetime, clock)
        self._device_grants: dict[str, DeviceGrant] = {}
        self._code_grants: dict[str, CodeGrant] = {}

    def discovery(self) -> Json:
        """Give the OpenID configuration: what there is, and where."""
        device = {"device_authorization_endpoint": f"{self._issuer}/connect/device_authorization"}
        grants = [AUTHORIZATION_CODE, CLIENT_CREDENTIALS, REFRESH_TOKEN]
        return {
            "issuer": self._issuer,
            "authorization_endpoint": f"{self._issuer}/connect/authorize",
            "token_endpoint": f"{self._issuer}/connect/token",
            **(device if self._options.device_endpoint else {}),
            "grant_types_supported": [*grants, *([DEVICE_CODE] if self._options.device_endpoint else [])],
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": [*SCOPES],
            "subject_types_supported": ["public"],
            "token_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
            "id_token_signing_alg_values_supported": ["HS256"],
        }

    def authorize_device(self, form: Form, authorization: str = "") -> Json:
        """Begin a sign-in: RFC 8628 section 3.2.

        Raises
        ------
        OAuthError
            If the client or its scope is none of ours, or there is no sign-in by device code.
        """
        client = self.clients.identified(form, authorization)
        if client.secret is not None or not self._options.device_endpoint:
            raise OAuthError("unauthorized_client")
        scope = client.scope(form.get("scope", ""))
        self._device_grants = self._recent(self._device_grants)
        grant = DeviceGrant(user_code(), scope, self._clock() + LIFETIME_S)
        device_code = secrets.token_urlsafe(32)
        self._device_grants[device_code] = grant
        page = f"{self._issuer}/device"
        return {
            "device_code": device_code,
            "user_code": grant.user_code,
            "verification_uri": page,
            "verification_uri_complete": f"{page}?user_code={grant.user_code}",
            "expires_in": LIFETIME_S,
            "interval": INTERVAL_S,
        }

    def decide(self, user_code: str, *, approve: bool) -> bool:
        """Take a person's decision on a device; tell whether such a code was waiting for one."""
        for grant in self._device_grants.values():
            waiting = grant.approved is None and self._clock() < grant.expires_at
            if waiting and grant.user_code == typed(user_code):
                grant.approved = approve
                return True
        return False

    def authorize(self, query: Form) -> tuple[str, str]:
        """Begin a sign-in by authorization code.

        Returns
        -------
        address
            Where to go back to at once, with a code or an error; empty if a person has to decide first.
        request
            What names the request until then.

        Raises
        ------
        OAuthError
            If the client or its redirect is none of ours: then nobody is sent anywhere.
        """
        if query.get("client_id") != self.clients.public.id or not is_loopback(query.get("redirect_uri", "")):
            raise OAuthError("invalid_request")
        try:
            grant = CodeGrant.asked(self.clients.public, query, self._clock())
        except OAuthError as error:
            return back(query["redirect_uri"], error=error.code, state=query.get("state", "")), ""
        self._code_grants = self._recent(self._code_grants)
        request = secrets.token_urlsafe(32)
        self._code_grants[request] = grant
        if not self._auto_approve:
            return "", request
        return self.decide_code(request, approve=True) or "", request

    def decide_code(self, request: str, *, approve: bool) -> str | None:
        """Take a person's decision; give the address to go back to, or `None` if nobody waits for it."""
        grant = self._code_grants.pop(request, None)
        if grant is None or self._clock() >= grant.expires_at or grant.code:
            return None
        if not approve:
            return back(grant.redirect_uri, error="access_denied", state=grant.state)
        address = grant.approve(self._clock())
        self._code_grants[str(grant.code)] = grant
        return address

    def token(self, form: Form, authorization: str = "") -> Json:
        """Grant tokens; fields that the grant does not need are ignored.

        Raises
        ------
        OAuthError
            If there is nothing to grant, or not yet.
        """
        client = self.clients.identified(form, authorization)
        grants = {
            DEVICE_CODE: self._by_device_code,
            AUTHORIZATION_CODE: self._by_code,
            CLIENT_CREDENTIALS: self._by_secret,
            REFRESH_TOKEN: self._by_refresh_token,
        }
        grant_type = form.get("grant_type", "")
        if grant_type not in grants:
            raise OAuthError("unsupported_grant_type" if grant_type else "invalid_request")
        if (grant_type == CLIENT_CREDENTIALS) != (client.secret is not None):
            raise OAuthError("unauthorized_client")
        return self._tokens.answer(grants[grant_type](form, client), personal=client.secret is None)

    def accepts(self, token: str) -> bool:
        """Tell whether an access token is one of this provider's, and still good."""
        return self.holder(token) is not None

    def holder(self, token: str) -> str | None:
        """Tell whose access token it is, by the user's id; `None` if it is not good."""
        return self._tokens.holder(token)

    def expire_access_tokens(self) -> None:
        """End every access token; refresh tokens stay good."""
        self._tokens.expire_access()

    def _by_device_code(self, form: Form, client: Client) -> Granted:
        device_code = form.get("device_code", "")
        grant = self._device_grants.get(device_code)
        if grant is None:
            raise OAuthError("invalid_grant" if device_code else "invalid_request")
        try:
            grant.poll(self._clock(), auto_approve=self._auto_approve)
        except OAuthError as answer:
            if answer.code in ("access_denied", "expired_token"):
                del self._device_grants[device_code]
            raise
        del self._device_grants[device_code]
        return Granted(self.user, client.id, grant.scope)

    def _by_code(self, form: Form, client: Client) -> Granted:
        grant = self._code_grants.get(form.get("code", ""))
        if grant is None or grant.code is None:
            raise OAuthError("invalid_grant")
        del self._code_grants[grant.code]
        grant.redeem(form, self._clock())
        return Granted(self.user, client.id, grant.scope, grant.nonce)

    def _by_secret(self, form: Form, client: Client) -> Granted:
        return Granted(self._service, client.id, client.scope(form.get("scope", "")))

    def _by_refresh_token(self, form: Form, _: Client) -> Granted:
        return self._tokens.refreshed(form.get("refresh_token", ""))

    def _recent(self, grants: dict[str, Grant]) -> dict[str, Grant]:
        """Drop sign-ins that ended long ago, and the oldest of too many."""
        now = self._clock()
        recent = [item for item in grants.items() if now < item[1].expires_at + LIFETIME_S]
        return dict(recent[1 - _MOST_GRANTS :])
