"""The clients that a provider knows: one that anybody can be, and one with a secret."""

import secrets
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote_plus

from imodels_hub.identity.device_grant import OAuthError

CLIENT_ID = "imodels-nb-sample"
"""The public client that every sample hub knows."""

SERVICE_CLIENT_ID = "imodels-nb-sample-service"
"""The confidential client that every sample hub knows; its secret is another each time."""

API_SCOPE = "itwin-platform"
SCOPES = (API_SCOPE, "openid", "profile", "email", "offline_access")


@dataclass(frozen=True)
class Client:
    """Who asks the provider.

    Parameters
    ----------
    id
        The client id.
    secret
        What a confidential client proves itself with; a public one has none.
    """

    id: str
    secret: str | None = field(default=None, repr=False)

    def scope(self, asked: str) -> str:
        """Give the scope that is granted; a service has no person whose profile it could read.

        Raises
        ------
        OAuthError
            ``invalid_scope``.
        """
        allowed = SCOPES if self.secret is None else (API_SCOPE,)
        if not set(asked.split()) <= set(allowed):
            raise OAuthError("invalid_scope")
        return " ".join(asked.split()) or API_SCOPE


class Clients:
    """Both clients of one provider.

    Attributes
    ----------
    secret : str
        What the service proves itself with.
    """

    def __init__(self) -> None:
        self.secret = secrets.token_urlsafe(24)
        self.public = Client(CLIENT_ID)
        self.service = Client(SERVICE_CLIENT_ID, self.secret)

    def identified(self, form: Mapping[str, str], authorization: str = "") -> Client:
        """Tell which client asks, by its form or by HTTP Basic (RFC 6749 section 2.3.1).

        Raises
        ------
        OAuthError
            ``invalid_client`` if it is unknown, or does not know its secret.
        """
        client_id, secret = _basic(authorization) or (form.get("client_id", ""), form.get("client_secret", ""))
        for client in (self.public, self.service):
            if client_id == client.id and secrets.compare_digest(secret.encode(), (client.secret or secret).encode()):
                return client
        raise OAuthError("invalid_client", status=401)


def _basic(authorization: str) -> tuple[str, str] | None:
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, _, secret = b64decode(value, validate=True).decode().partition(":")
    except ValueError as error:
        raise OAuthError("invalid_client", status=401) from error
    return unquote_plus(client_id), unquote_plus(secret)
