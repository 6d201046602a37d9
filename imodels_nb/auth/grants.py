"""What a provider or a person gave towards one sign-in, and the step that turns it into tokens. All of it is secret."""

import hmac
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from imodels_nb.auth.credentials import Sealed

_LONGEST_WAIT = 1800  # seconds that a code is waited for, whatever the provider promises


class Grant(Protocol):
    """Something that MSAL can be asked to turn into tokens."""

    def poll(self, app: Any) -> dict[str, Any]:
        """Ask once, and return MSAL's answer."""
        ...


class DeviceGrant(Sealed):
    """What the provider gave for one device sign-in; the device code inside is a secret.

    Parameters
    ----------
    flow
        MSAL's dictionary, which MSAL goes on changing.
    scopes
        What was asked for.
    """

    __slots__ = ("_flow", "_scopes", "expires_in", "user_code", "verification_uri", "verification_uri_complete")

    def __init__(self, flow: dict[str, Any], scopes: list[str]) -> None:
        flow["interval"] = max(1, flow["interval"])  # MSAL polls without a pause at 0
        self._flow = flow
        self._scopes = scopes
        self.user_code: str = flow["user_code"]
        self.verification_uri: str = flow["verification_uri"]
        self.verification_uri_complete: str | None = flow.get("verification_uri_complete")
        self.expires_in: int = min(flow["expires_in"], _LONGEST_WAIT)

    def __repr__(self) -> str:
        return f"DeviceGrant(verification_uri={self.verification_uri!r})"

    @property
    def interval(self) -> int:
        """Seconds between two questions; it grows when the provider says ``slow_down``."""
        return int(self._flow["interval"])

    def poll(self, app: Any) -> dict[str, Any]:
        """Ask once, and return MSAL's answer."""
        self._flow.pop("latest_attempt_at", None)  # MSAL would judge the pace by a clock that can jump, and warn
        return dict(
            app.acquire_token_by_device_flow(
                self._flow,
                exit_condition=lambda _: True,
                data={"scope": self._scopes},  # what the token cache files it under
            )
        )


class CodeGrant(Sealed):
    """One sign-in by authorization code (RFC 6749 section 4.1) with PKCE (RFC 7636); the verifier inside is a secret.

    Parameters
    ----------
    flow
        MSAL's dictionary.
    drop_scopes
        Scopes that the provider does not want to see.
    """

    __slots__ = ("_answer", "_flow", "authorization_url", "redirect_uri")

    def __init__(self, flow: dict[str, Any], drop_scopes: frozenset[str]) -> None:
        self._flow = flow
        self._answer: dict[str, str] = {}
        self.redirect_uri: str = flow["redirect_uri"]
        self.authorization_url = _plain_request(flow["auth_uri"], drop_scopes)

    def __repr__(self) -> str:
        return f"CodeGrant(redirect_uri={self.redirect_uri!r})"

    def take(self, answer: Mapping[str, str]) -> bool:
        """Take the fields of the redirect, if they answer this very sign-in; return whether they do."""
        ours = hmac.compare_digest(answer.get("state", "").encode(), self._flow["state"].encode())
        if not ours or not (answer.get("code") or answer.get("error")):
            return False
        self._answer = dict(answer)
        return True

    @property
    def error(self) -> str | None:
        """The error that the redirect brought in place of a code."""
        return None if self._answer.get("code") else self._answer.get("error")

    def poll(self, app: Any) -> dict[str, Any]:
        """Redeem the code, and return MSAL's answer."""
        return dict(app.acquire_token_by_auth_code_flow(dict(self._flow), self._answer))


def _plain_request(url: str, drop_scopes: frozenset[str]) -> str:
    """Take out of MSAL's request what is Microsoft's alone, and the scopes that the provider does not want."""
    parts = urlsplit(url)
    fields = {key: value for key, value in parse_qsl(parts.query) if key not in {"response_mode", "client_info"}}
    fields["scope"] = " ".join(scope for scope in fields["scope"].split() if scope not in drop_scopes)
    return urlunsplit(parts._replace(query=urlencode(fields)))
