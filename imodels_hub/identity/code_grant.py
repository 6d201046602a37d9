"""One sign-in by authorization code with PKCE (RFC 6749 section 4.1, RFC 7636): from the request to the code."""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Self
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from imodels_hub.identity.clients import Client
from imodels_hub.identity.device_grant import OAuthError

LIFETIME_S = 600
_CODE_LIFETIME_S = 60
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def is_loopback(redirect_uri: str) -> bool:
    """Tell whether a redirect leads back to this machine, as those of native apps do (RFC 8252 section 7.3)."""
    with suppress(ValueError):
        parts = urlsplit(redirect_uri)
        return parts.scheme == "http" and parts.hostname in _LOOPBACK and parts.port != 0 and not parts.fragment
    return False


@dataclass
class CodeGrant:
    """One sign-in on its way: what was asked for, and the code once somebody has approved."""

    redirect_uri: str
    state: str
    scope: str
    nonce: str
    challenge: str
    expires_at: float
    code: str | None = None

    @classmethod
    def asked(cls, client: Client, query: Mapping[str, str], now: float) -> Self:
        """Read an authorization request whose redirect is good.

        Raises
        ------
        OAuthError
            What to tell the client through its redirect.
        """
        if query.get("response_type") != "code":
            raise OAuthError("unsupported_response_type")
        if query.get("code_challenge_method") != "S256" or not query.get("code_challenge"):
            raise OAuthError("invalid_request")
        return cls(
            redirect_uri=query["redirect_uri"],
            state=query.get("state", ""),
            scope=client.scope(query.get("scope", "")),
            nonce=query.get("nonce", ""),
            challenge=query["code_challenge"],
            expires_at=now + LIFETIME_S,
        )

    def approve(self, now: float) -> str:
        """Make the code, and give the address to go back to with it."""
        self.code = secrets.token_urlsafe(32)
        self.expires_at = now + _CODE_LIFETIME_S
        return back(self.redirect_uri, code=self.code, state=self.state)

    def redeem(self, form: Mapping[str, str], now: float) -> None:
        """Pass if the code is redeemed in time by whoever began.

        Raises
        ------
        OAuthError
            ``invalid_grant`` in all other cases.
        """
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        proven = secrets.compare_digest(urlsafe_b64encode(digest).rstrip(b"="), self.challenge.encode())
        if not proven or form.get("redirect_uri") != self.redirect_uri or now >= self.expires_at:
            raise OAuthError("invalid_grant")


def back(redirect_uri: str, **answer: str) -> str:
    """Give the address that takes an answer back to the client; what is empty stays out."""
    parts = urlsplit(redirect_uri)
    query = [*parse_qsl(parts.query), *((name, value) for name, value in answer.items() if value)]
    return urlunsplit(parts._replace(query=urlencode(query)))
