"""OAuth clients of the provider: a public and a confidential one."""

import secrets
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote_plus

CLIENT_ID = "imodels-nb-sample"
"""Id of the public client of every sample hub."""

SERVICE_CLIENT_ID = "imodels-nb-sample-service"
"""Id of the confidential client of every sample hub; its secret is new at each start."""

API_SCOPE = "itwin-platform"
SCOPES = (API_SCOPE, "openid", "profile", "email", "offline_access")


class OAuthError(Exception):
    """An OAuth error of the provider.

    Parameters
    ----------
    code
        The ``error`` of RFC 6749 section 5.2 or RFC 8628 section 3.5.
    status
        HTTP status of the response.
    """

    def __init__(self, code: str, status: int = 400) -> None:
        super().__init__(code)
        self.code = code
        self.status = status


@dataclass(frozen=True)
class Client:
    """A client of the provider.

    Parameters
    ----------
    id
        The client id.
    secret
        The secret of a confidential client; a public one has none.
    """

    id: str
    secret: str | None = field(default=None, repr=False)

    def grant_scope(self, requested: str) -> str:
        """Return the scope to grant; a service gets none of a person's profile.

        Raises
        ------
        OAuthError
            ``invalid_scope``.
        """
        allowed = SCOPES if self.secret is None else (API_SCOPE,)
        if not set(requested.split()) <= set(allowed):
            raise OAuthError("invalid_scope")
        return " ".join(requested.split()) or API_SCOPE


class Clients:
    """Both clients of one provider.

    Attributes
    ----------
    secret : str
        Secret of the confidential client.
    """

    def __init__(self) -> None:
        self.secret = secrets.token_urlsafe(24)
        self.public = Client(CLIENT_ID)
        self.service = Client(SERVICE_CLIENT_ID, self.secret)

    def authenticate(self, form: Mapping[str, str], authorization: str = "") -> Client:
        """Return the client of a form or of HTTP Basic (RFC 6749 section 2.3.1).

        Raises
        ------
        OAuthError
            ``invalid_client`` if the client is unknown, or its secret is wrong.
        """
        client_id, secret = _parse_basic(authorization) or (form.get("client_id", ""), form.get("client_secret", ""))
        for client in (self.public, self.service):
            if client_id == client.id and secrets.compare_digest(secret.encode(), (client.secret or secret).encode()):
                return client
        raise OAuthError("invalid_client", status=401)


def _parse_basic(authorization: str) -> tuple[str, str] | None:
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, _, secret = b64decode(value, validate=True).decode().partition(":")
    except ValueError as error:
        raise OAuthError("invalid_client", status=401) from error
    return unquote_plus(client_id), unquote_plus(secret)
