"""What the sign-in gets to see of an answer: the fields that it needs, and codes that a standard knows.

A provider's free text reaches no log and no message.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

UNRECOGNIZED = "unrecognized_error"

DISCOVERY_FIELDS = frozenset(
    {
        *("issuer", "authorization_endpoint", "token_endpoint"),
        *("device_authorization_endpoint", "revocation_endpoint"),
    }
)
_DEVICE_FIELDS = frozenset({"device_code", "user_code", "verification_uri", "verification_uri_complete", "interval"})
_TOKEN_FIELDS = frozenset({"access_token", "refresh_token", "id_token", "token_type", "expires_in", "scope", "error"})
_FIELDS = DISCOVERY_FIELDS | _DEVICE_FIELDS | _TOKEN_FIELDS
_ERROR_CODES = frozenset(
    {  # RFC 6749 section 5.2, RFC 8628 section 3.5, OpenID Connect Core section 3.1.2.6
        *("invalid_request", "invalid_client", "invalid_grant", "invalid_scope"),
        *("unauthorized_client", "unsupported_grant_type", "unsupported_response_type", "access_denied"),
        *("server_error", "temporarily_unavailable"),
        *("authorization_pending", "slow_down", "expired_token"),
        *("login_required", "interaction_required", "consent_required"),
    }
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What MSAL gets to see of an HTTP answer."""

    status_code: int
    text: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


def known_code(code: object) -> str:
    """Return an error code that a standard knows, and `UNRECOGNIZED` for anything else, which may be any text."""
    return code if isinstance(code, str) and code in _ERROR_CODES else UNRECOGNIZED


def json_object(content: bytes) -> dict[str, Any] | None:
    """Return the object that a body is, or None when it is anything else."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def needed(body: Mapping[str, Any], *, failed: bool) -> dict[str, Any]:
    """Return the fields that the sign-in needs; a failure always has an `error`."""
    fields = {key: value for key, value in body.items() if key in _FIELDS}
    if failed or "error" in fields:
        fields["error"] = known_code(fields.get("error"))
    return fields
