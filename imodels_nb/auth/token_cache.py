"""Where MSAL keeps the tokens of one sign-in: in memory, each in place of the one before."""

from collections.abc import Mapping
from typing import Any

import msal

_ADDED_BY_MSAL = frozenset({"openid", "profile", "offline_access"})


class TokenCache(msal.SerializableTokenCache):  # type: ignore[misc]  # msal ships no types
    """Files each token under what was asked for, in place of the one before, and keeps the form out of MSAL's log.

    MSAL would file it under the subject and the scopes of the answer. A provider need not repeat either in its answer
    to a refresh, and the old token would be served beside the new one.
    """

    def add(self, event: Mapping[str, Any], **options: Any) -> None:
        """File what an answer brought."""
        asked = sorted(set(event["data"].get("scope") or event["scope"]) - _ADDED_BY_MSAL)
        response = {key: value for key, value in event["response"].items() if not key.startswith("id_token")}
        super().add({**event, "scope": asked, "response": response, "data": {}}, **options)

    def newest(self, kind: str) -> str | None:
        """Return the secret of a kind of token, ``RefreshToken`` or ``AccessToken``, if there is one."""
        return next((str(entry["secret"]) for entry in self.search(kind)), None)


def account(app: Any) -> dict[str, Any]:
    """Return the account under which MSAL files tokens that came without an id_token."""
    return {"home_account_id": None, "environment": app.authority.instance, "username": ""}
