"""ID tokens: who signed in, as a JSON Web Token signed with HS256 (RFC 7515, RFC 7519)."""

import hmac
import json
from base64 import urlsafe_b64encode
from typing import Any


def signed(claims: dict[str, Any], key: bytes) -> str:
    """Write claims as a signed token."""
    content = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
    return f"{content}.{_text(hmac.digest(key, content.encode(), 'sha256'))}"


def _part(value: dict[str, Any]) -> str:
    return _text(json.dumps(value, separators=(",", ":")).encode())


def _text(value: bytes) -> str:
    return urlsafe_b64encode(value).decode().rstrip("=")
