"""The accounts of a hub: which access token is whose, and what its holder may do."""

import secrets
from collections.abc import Sequence

from imodels_hub.api.call import Account
from imodels_hub.identity.provider import IdentityProvider


class Accounts:
    """Everybody who may ask.

    Parameters
    ----------
    token
        The one that the hub announces: the sample's user.
    permissions
        What the sample's user may do.

    Attributes
    ----------
    token : str
        As above; another takes its place at once.
    """

    def __init__(self, token: str, permissions: Sequence[str]) -> None:
        self.token, self._permissions = token, tuple(permissions)
        self._issued: dict[str, Account] = {}

    def issue(self, user_id: str, permissions: Sequence[str] | None) -> str:
        """Make a token that is always good."""
        token = secrets.token_urlsafe(24)
        self._issued[token] = Account(user_id, self._permissions if permissions is None else tuple(permissions))
        return token

    def holder(self, token: str, user_id: str, provider: IdentityProvider) -> Account | None:
        """Tell who holds a token, the sample's user being `user_id`; `None` if it is not good."""
        if secrets.compare_digest(token.encode(), self.token.encode()):
            return Account(user_id, self._permissions)
        signed_in = provider.holder(token)
        return Account(signed_in, self._permissions) if signed_in else self._issued.get(token)
