"""Cache of tokens in memory, in the form that MSAL uses."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import msal

_ADDED_BY_MSAL = frozenset({"openid", "profile", "offline_access"})


class ScopedTokenCache(msal.SerializableTokenCache):  # type: ignore[misc]  # msal ships no types
    """A cache that files a token under the requested scopes, in place of the last one.

    MSAL files a token under the subject and the scopes of the response. A provider need not repeat either when it
    refreshes a token, and MSAL would then return the old token beside the new one. It also keeps the form of a request
    out of MSAL's log.
    """

    def add(self, event: Mapping[str, Any], **options: Any) -> None:
        """Store the tokens of a response."""
        requested = sorted(set(event["data"].get("scope") or event["scope"]) - _ADDED_BY_MSAL)
        response = {key: value for key, value in event["response"].items() if not key.startswith("id_token")}
        super().add({**event, "scope": requested, "response": response, "data": {}}, **options)

    def find_newest(self, kind: str) -> str | None:
        """Return the secret of a ``RefreshToken`` or an ``AccessToken``, if there is one."""
        return next((str(entry["secret"]) for entry in self.search(kind)), None)

    def copy_without_refresh_tokens(self) -> "ScopedTokenCache":
        """Return a copy with a lock of its own."""
        copied = ScopedTokenCache()
        copied._cache = deepcopy(
            {kind: dict(entries) for kind, entries in self._cache.items() if kind != "RefreshToken"}
        )
        return copied


class NoHttpCache(dict[str, Any]):
    """A dictionary that stores nothing.

    With a real cache, MSAL would return a 503 again for a minute, and send no request.
    """

    def __setitem__(self, key: str, value: Any) -> None:
        pass


def build_account_without_id(app: Any) -> dict[str, Any]:
    """Return the account under which MSAL files tokens that came without an id_token."""
    return {"home_account_id": None, "environment": app.authority.instance, "username": ""}
