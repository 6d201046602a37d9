"""The identity provider: its metadata and its grants."""

from collections.abc import Callable, Mapping

from imodels_hub.identity.authorization_code import AuthorizationCodeSessions
from imodels_hub.identity.clients import SCOPES, Client, Clients, OAuthError
from imodels_hub.identity.device_code import INTERVAL_S, LIFETIME_S, DeviceCodeSessions
from imodels_hub.identity.tokens import Grant, Json, ProviderOptions, Tokens
from imodels_hub.records import User

Form = Mapping[str, str]

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
AUTHORIZATION_CODE = "authorization_code"
CLIENT_CREDENTIALS = "client_credentials"
REFRESH_TOKEN = "refresh_token"  # noqa: S105 - the name of a grant, not a secret


class IdentityProvider:
    """An OAuth 2.0 provider with one user and two clients.

    Parameters
    ----------
    issuer
        URL of the provider.
    user
        The user that every person signs in as.
    auto_approve
        Whether sign-ins are approved without a person.
    clock
        Returns seconds since 1970.
    token_lifetime
        Seconds for which an access token is valid.
    service
        The user of the confidential client; by default `user`.
    options
        Variants of the responses.

    Attributes
    ----------
    clients : Clients
        The clients.
    authorization_codes : AuthorizationCodeSessions
        Sign-ins by authorization code.
    device_codes : DeviceCodeSessions
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
        options: ProviderOptions | None = None,
    ) -> None:
        self.clients = Clients()
        self.user = user
        self.authorization_codes = AuthorizationCodeSessions(auto_approve=auto_approve, clock=clock)
        self.device_codes = DeviceCodeSessions(auto_approve=auto_approve, clock=clock)
        self._service = service or user
        self._issuer = issuer
        self._options = options or ProviderOptions()
        self._tokens = Tokens(issuer, self._options, token_lifetime, clock)

    def build_metadata(self) -> Json:
        """Build the OpenID configuration (OpenID Connect Discovery section 3, RFC 8414)."""
        issuer = self._issuer
        grants = [AUTHORIZATION_CODE, CLIENT_CREDENTIALS, REFRESH_TOKEN]
        device = {}
        if self._options.has_device_endpoint:
            grants.append(DEVICE_CODE)
            device["device_authorization_endpoint"] = f"{issuer}/connect/device_authorization"
        return {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/connect/authorize",
            "token_endpoint": f"{issuer}/connect/token",
            "revocation_endpoint": f"{issuer}/connect/revocation",
            **device,
            "grant_types_supported": grants,
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": [*SCOPES],
            "subject_types_supported": ["public"],
            "token_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
            "id_token_signing_alg_values_supported": ["HS256"],
        }

    def start_device_code(self, form: Form, authorization: str = "") -> Json:
        """Start a sign-in by device code (RFC 8628 section 3.2).

        Raises
        ------
        OAuthError
            If the client or its scope is invalid, or there is no sign-in by device code.
        """
        client = self.clients.authenticate(form, authorization)
        if client.secret is not None or not self._options.has_device_endpoint:
            raise OAuthError("unauthorized_client")
        device_code, session = self.device_codes.start(client.grant_scope(form.get("scope", "")))
        page = f"{self._issuer}/device"
        return {
            "device_code": device_code,
            "user_code": session.user_code,
            "verification_uri": page,
            "verification_uri_complete": f"{page}?user_code={session.user_code}",
            "expires_in": LIFETIME_S,
            "interval": INTERVAL_S,
        }

    def grant_tokens(self, form: Form, authorization: str = "") -> Json:
        """Return tokens; fields that the grant does not need are ignored.

        Raises
        ------
        OAuthError
            If the grant is invalid, or not approved yet.
        """
        client = self.clients.authenticate(form, authorization)
        grants = {
            DEVICE_CODE: self._grant_by_device_code,
            AUTHORIZATION_CODE: self._grant_by_authorization_code,
            CLIENT_CREDENTIALS: self._grant_by_secret,
            REFRESH_TOKEN: self._grant_by_refresh_token,
        }
        grant_type = form.get("grant_type", "")
        if grant_type not in grants:
            raise OAuthError("unsupported_grant_type" if grant_type else "invalid_request")
        if (grant_type == CLIENT_CREDENTIALS) != (client.secret is not None):
            raise OAuthError("unauthorized_client")
        return self._tokens.build_response(grants[grant_type](form, client), is_person=client.secret is None)

    def revoke(self, form: Form, authorization: str = "") -> Json:
        """Revoke a token (RFC 7009 section 2); an unknown one is not an error.

        Raises
        ------
        OAuthError
            If no token was sent, or it belongs to another client.
        """
        client = self.clients.authenticate(form, authorization)
        if not form.get("token"):
            raise OAuthError("invalid_request")
        self._tokens.revoke(form["token"], client.id)
        return {}

    def find_user_id(self, token: str) -> str | None:
        """Find the user of an access token; ``None`` if the token is invalid."""
        return self._tokens.find_user_id(token)

    def revoke_access_tokens(self) -> None:
        """Revoke every access token; refresh tokens stay valid."""
        self._tokens.revoke_access()

    def _grant_by_device_code(self, form: Form, client: Client) -> Grant:
        return Grant(self.user, client.id, self.device_codes.poll(form.get("device_code", "")).scope)

    def _grant_by_authorization_code(self, form: Form, client: Client) -> Grant:
        session = self.authorization_codes.redeem(form)
        return Grant(self.user, client.id, session.scope, session.nonce)

    def _grant_by_secret(self, form: Form, client: Client) -> Grant:
        return Grant(self._service, client.id, client.grant_scope(form.get("scope", "")))

    def _grant_by_refresh_token(self, form: Form, _: Client) -> Grant:
        return self._tokens.redeem_refresh_token(form.get("refresh_token", ""))
