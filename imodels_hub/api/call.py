"""A call: what a client asked, who it is, and the ledgers that it may ask."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from imodels_hub.api.answers import Answer
from imodels_hub.api.links import Links
from imodels_hub.api.refusals import insufficient_permissions, not_available, unreadable_body
from imodels_hub.api.signing import Signer
from imodels_hub.ledger.ledger import Ledger

WEBVIEW, READ, WRITE, MANAGE = "imodels_webview", "imodels_read", "imodels_write", "imodels_manage"
PERMISSIONS = (WEBVIEW, READ, WRITE, MANAGE)
"""What an administrator has."""


@dataclass(frozen=True)
class Account:
    """Who asks.

    Parameters
    ----------
    user_id
        Whose token it is.
    permissions
        What that person may do with the iModels of the hub.
    """

    user_id: str
    permissions: tuple[str, ...] = PERMISSIONS


@dataclass(frozen=True)
class Stock:
    """What the calls of one hub work on.

    Parameters
    ----------
    ledgers
        By the id of their iModels.
    signer
        Signs links to files.
    clock
        Seconds since 1970.
    """

    ledgers: Mapping[str, Ledger]
    signer: Signer
    clock: Callable[[], float]


@dataclass(frozen=True)
class Call:
    """What a client asked.

    Parameters
    ----------
    stock
        What there is.
    account
        Who asks.
    path
        The variable parts of the path, in order.
    query
        The query part of the URL, as it came.
    base_url
        Scheme and host that the client used, for links.
    full
        Whether it prefers ``return=representation``.
    body
        What came with it.
    """

    stock: Stock
    account: Account
    path: tuple[str, ...]
    query: str
    base_url: str
    full: bool = False
    body: bytes = b""

    def ledger(self, permission: str = WEBVIEW) -> Ledger:
        """Find the iModel that the path names.

        Raises
        ------
        Refusal
            404 if there is none, 403 without the permission.
        """
        ledger = self.stock.ledgers.get(self.path[0].lower())
        if ledger is None:
            raise not_available("iModel")
        if permission not in self.account.permissions:
            raise insufficient_permissions()
        return ledger

    def links(self) -> Links:
        """Write links for this client to the iModel that the path names."""
        return self.links_of(self.path[0].lower())

    def links_of(self, imodel_id: str) -> Links:
        """Write links for this client to an iModel."""
        return Links(self.base_url, imodel_id, self.stock.signer if READ in self.account.permissions else None)

    def now(self) -> float:
        """Tell the time, in seconds since 1970."""
        return self.stock.clock()

    def content(self) -> dict[str, Any]:
        """Read the JSON object that came with the call.

        Raises
        ------
        Refusal
            422 if it is missing, or something else.
        """
        try:
            value = json.loads(self.body) if self.body else None
        except (ValueError, RecursionError) as error:  # the latter for what is nested too deep
            raise unreadable_body() from error
        if not isinstance(value, dict):
            raise unreadable_body(missing=value is None)
        return value


Operation = Callable[[Call], Answer]
