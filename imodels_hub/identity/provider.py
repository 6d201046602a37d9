"""The identity provider's rules: four ways to a token, and back, without any HTTP."""

from collections.abc import Callable, Mapping
from typing import Any

from imodels_hub.identity.clients import Client, Clients
from imodels_hub.identity.code_sign_ins import CodeSignIns
from imodels_hub.identity.device_grant import INTERVAL_S, LIFETIME_S, OAuthError
from imodels_hub.identity.device_sign_ins import DeviceSignIns
from imodels_hub.identity.metadata import (
    AUTHORIZATION_CODE,
    CLIENT_CREDENTIALS,
    DEVICE_CODE,
    REFRESH_TOKEN,
    metadata,
)
from imodels_hub.identity.options import Options
from imodels_hub.identity.tokens import Granted, Tokens
from imodels_hub.project.records import User

Form = Mapping[str, str]
Json = dict[str, Any]


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
    by_code : CodeSignIns
        Sign-ins by authorization code.
    by_device : DeviceSignIns
        Sign-ins by device code.
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
        self.by_code = CodeSignIns(auto_approve=auto_approve, clock=clock)
        self.by_device = DeviceSignIns(auto_approve=auto_approve, clock=clock)
        self._service = service or user
        self._issuer = issuer
        self._options = options or Options()
        self._tokens = Tokens(issuer, self._options, token_lifetime, clock)

    def discovery(self) -> Json:
        """Give the OpenID configuration: what there is, and where."""
        return metadata(self._issuer, device_endpoint=self._options.device_endpoint)

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
        device_code, grant = self.by_device.begin(client.scope(form.get("scope", "")))
        page = f"{self._issuer}/device"
        return {
            "device_code": device_code,
            "user_code": grant.user_code,
            "verification_uri": page,
            "verification_uri_complete": f"{page}?user_code={grant.user_code}",
            "expires_in": LIFETIME_S,
            "interval": INTERVAL_S,
        }

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

    def revoke(self, form: Form, authorization: str = "") -> Json:
        """Take a token back: RFC 7009 section 2. One that is not good any more, or never was, is no error.

        Raises
        ------
        OAuthError
            If no token was sent, or it was given to another client.
        """
        client = self.clients.identified(form, authorization)
        if not form.get("token"):
            raise OAuthError("invalid_request")
        self._tokens.revoke(form["token"], client.id)
        return {}

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
        return Granted(self.user, client.id, self.by_device.poll(form.get("device_code", "")).scope)

    def _by_code(self, form: Form, client: Client) -> Granted:
        grant = self.by_code.redeem(form)
        return Granted(self.user, client.id, grant.scope, grant.nonce)

    def _by_secret(self, form: Form, client: Client) -> Granted:
        return Granted(self._service, client.id, client.scope(form.get("scope", "")))

    def _by_refresh_token(self, form: Form, _: Client) -> Granted:
        return self._tokens.refreshed(form.get("refresh_token", ""))
