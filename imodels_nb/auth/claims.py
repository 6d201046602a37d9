"""What a token says about itself, for people to read. Nothing vouches for it, and nothing is decided by it."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Any

_LONGEST = 65_536  # characters
_LATEST = 253_402_300_799  # the end of the year 9999, in seconds since the epoch


def claims_of(token: str) -> dict[str, Any]:
    """Read the claims of a JSON Web Token (RFC 7519), unverified; a token of any other kind has none.

    Examples
    --------
    >>> from imodels_nb.auth.claims import claims_of
    >>> claims_of("e30.eyJleHAiOjE3OTUwMDAwMDB9.signature")
    {'exp': 1795000000}
    """
    parts = token.split(".")
    if len(parts) != 3 or len(token) > _LONGEST:  # noqa: PLR2004 - header, claims, signature
        return {}
    try:
        claims = json.loads(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


def account_of(claims: Mapping[str, Any]) -> str | None:
    """Return the name by which a person would know the account."""
    names = (claims.get(claim) for claim in ("preferred_username", "email", "name", "client_id"))
    return next((name for name in names if isinstance(name, str) and name), None)


def end_of(claims: Mapping[str, Any]) -> int | None:
    """Return when it ends, in seconds since the epoch."""
    end = claims.get("exp")
    return int(end) if isinstance(end, (int, float)) and 0 < end < _LATEST else None
