"""The provider's metadata: what there is, and where (OpenID Connect Discovery section 3, RFC 8414 section 2)."""

from typing import Any

from imodels_hub.identity.clients import SCOPES

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
AUTHORIZATION_CODE = "authorization_code"
CLIENT_CREDENTIALS = "client_credentials"
REFRESH_TOKEN = "refresh_token"  # noqa: S105 - the name of a grant, not a secret

_GRANTS = (AUTHORIZATION_CODE, CLIENT_CREDENTIALS, REFRESH_TOKEN)


def metadata(issuer: str, *, device_endpoint: bool) -> dict[str, Any]:
    """Write the OpenID configuration of the provider at `issuer`."""
    device = {"device_authorization_endpoint": f"{issuer}/connect/device_authorization"}
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/connect/authorize",
        "token_endpoint": f"{issuer}/connect/token",
        "revocation_endpoint": f"{issuer}/connect/revocation",
        **(device if device_endpoint else {}),
        "grant_types_supported": [*_GRANTS, *([DEVICE_CODE] if device_endpoint else [])],
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": [*SCOPES],
        "subject_types_supported": ["public"],
        "token_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
        "id_token_signing_alg_values_supported": ["HS256"],
    }
