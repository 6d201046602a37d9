"""A request to the API: its account, path, query and body."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from imodels_hub.api.errors import build_conflict, build_insufficient_permissions, build_invalid_body, build_not_found
from imodels_hub.api.links import Links, Signer
from imodels_hub.api.responses import Response
from imodels_hub.database.databases import Databases
from imodels_hub.database.imodel_database import IModelDatabase

WEBVIEW = "imodels_webview"
READ = "imodels_read"
WRITE = "imodels_write"
MANAGE = "imodels_manage"
PERMISSIONS = (WEBVIEW, READ, WRITE, MANAGE)
"""Permissions of an administrator."""


@dataclass(frozen=True)
class Account:
    """A user who sends requests, with the user's permissions.

    Parameters
    ----------
    user_id
        Id of the user.
    permissions
        Permissions of the user for all iModels of the hub.
    """

    user_id: str
    permissions: tuple[str, ...] = PERMISSIONS


@dataclass(frozen=True)
class ServerState:
    """The data that all requests to one hub share.

    Parameters
    ----------
    databases
        The databases of all iModels.
    signer
        Signs links to files.
    clock
        Returns seconds since 1970.
    """

    databases: Databases
    signer: Signer
    clock: Callable[[], float]


@dataclass(frozen=True)
class ApiRequest:
    """One request to the API.

    Parameters
    ----------
    state
        The data of the hub.
    account
        The user who sent the request.
    path
        The variable parts of the path, in order.
    query
        The query part of the URL, undecoded.
    base_url
        Scheme and host that the client used, for links.
    is_full
        Whether the client prefers ``return=representation``.
    body
        The body of the request.
    content_type
        Its media type, without parameters and in lower case.
    """

    state: ServerState
    account: Account
    path: tuple[str, ...]
    query: str
    base_url: str
    is_full: bool = False
    body: bytes = b""
    content_type: str = ""

    def find_database(self, permission: str = WEBVIEW) -> IModelDatabase:
        """Find the database of the iModel in the path.

        Raises
        ------
        ApiError
            404 if the iModel does not exist, 403 without the permission.
        """
        return self.find_database_of(self.path[0], permission)

    def find_database_of(self, imodel_id: str, permission: str) -> IModelDatabase:
        """Find the database of an iModel; errors are those of `find_database`."""
        database = self.state.databases.by_imodel.get(imodel_id.lower())
        if database is None:
            raise build_not_found("iModel")
        if permission not in self.account.permissions:
            raise build_insufficient_permissions()
        return database

    def find_initialized_database(self, permission: str) -> IModelDatabase:
        """Find the database of the iModel in the path, which must have its baseline file.

        Raises
        ------
        ApiError
            As for `find_database`; 409 if the iModel is not initialized.
        """
        database = self.find_database(permission)
        if not database.is_initialized:
            raise build_conflict("iModelNotInitialized", "The iModel is not initialized: its Baseline File is missing.")
        return database

    def build_links(self, imodel_id: str | None = None) -> Links:
        """Build links to an iModel, by default to the one in the path."""
        signer = self.state.signer if READ in self.account.permissions else None
        return Links(self.base_url, self.path[0].lower() if imodel_id is None else imodel_id, signer)

    def now(self) -> float:
        """Return the time of the hub's clock, in seconds since 1970."""
        return self.state.clock()

    def parse_json(self) -> dict[str, Any]:
        """Parse the JSON object in the body.

        Raises
        ------
        ApiError
            422 if the body is missing, or is not a JSON object.
        """
        try:
            value = json.loads(self.body) if self.body else None
        except (ValueError, RecursionError) as error:  # RecursionError: values that are nested too deep
            raise build_invalid_body() from error
        if not isinstance(value, dict):
            raise build_invalid_body(is_missing=value is None)
        return value


Operation = Callable[[ApiRequest], Response]
