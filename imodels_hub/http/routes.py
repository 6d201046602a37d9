"""Routes of the API: path and method to operation."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from imodels_hub.api import (
    baseline_files,
    briefcases,
    changesets,
    checkpoints,
    extended_data,
    groups,
    imodel_creation,
    imodels,
    itwins,
    locks,
    my_imodels,
    named_versions,
    thumbnails,
    users,
)
from imodels_hub.api.requests import Operation
from imodels_hub.http.handlers import MAX_BODY


@dataclass(frozen=True)
class Route:
    """One path of the API.

    Parameters
    ----------
    path
        The path, with … for each variable part, as in the log.
    get
        The operation of GET.
    others
        The operations of other methods.
    version
        Version of the API, as in the Accept header.
    max_body
        Bytes of a body that are read.
    """

    path: str
    get: Operation | None = None
    others: Mapping[str, Operation] = field(default_factory=dict)
    version: str = "v2"
    max_body: int = MAX_BODY

    @property
    def pattern(self) -> str:
        """The path as a regular expression, with or without a slash at the end."""
        return self.path.replace("…", "([^/]+)") + "/?"

    @property
    def operations(self) -> dict[str, Operation]:
        """The operation of each method."""
        return {**({"GET": self.get} if self.get else {}), **self.others}


_IMODEL = "/imodels/…"

ROUTES = (
    Route("/imodels", imodels.list_imodels, {"POST": imodel_creation.create_imodel}),
    Route("/imodels/favorites", my_imodels.list_favorites),
    Route("/imodels/favorites/…", others={"PUT": my_imodels.FAVORITES.add, "DELETE": my_imodels.FAVORITES.remove}),
    Route("/imodels/recents", my_imodels.list_recents),
    Route("/imodels/recents/…", others={"POST": my_imodels.RECENTS.add, "DELETE": my_imodels.RECENTS.remove}),
    Route(_IMODEL, imodels.get_imodel, {"PATCH": imodels.update_imodel, "DELETE": imodels.delete_imodel}),
    Route(f"{_IMODEL}/clone", others={"POST": imodel_creation.clone_imodel}),
    Route(f"{_IMODEL}/fork", others={"POST": imodel_creation.fork_imodel}),
    Route(f"{_IMODEL}/baselinefile", baseline_files.get_baseline_file),
    Route(
        f"{_IMODEL}/baselinefile/complete",
        others=dict.fromkeys(("POST", "PATCH"), baseline_files.complete_baseline_file),
    ),
    Route(f"{_IMODEL}/permissions", imodels.get_permissions),
    Route(f"{_IMODEL}/operations/create", imodel_creation.get_create_operation),
    Route(
        f"{_IMODEL}/thumbnail",
        thumbnails.get_thumbnail,
        {"PUT": thumbnails.upload_thumbnail},
        max_body=thumbnails.MAX_THUMBNAIL,
    ),
    Route(f"{_IMODEL}/users", users.list_users),
    Route(f"{_IMODEL}/users/…", users.get_user),
    Route(f"{_IMODEL}/briefcases", briefcases.list_briefcases, {"POST": briefcases.acquire_briefcase}),
    Route(f"{_IMODEL}/briefcases/checkpoint", checkpoints.get_latest_checkpoint),
    Route(f"{_IMODEL}/briefcases/…", briefcases.get_briefcase, {"DELETE": briefcases.release_briefcase}),
    Route(f"{_IMODEL}/changesets", changesets.list_changesets, {"POST": changesets.create_changeset}),
    Route(f"{_IMODEL}/changesets/extendeddata", extended_data.list_extended_data),
    Route(f"{_IMODEL}/changesets/…", changesets.get_changeset, {"PATCH": changesets.complete_changeset}),
    Route(
        f"{_IMODEL}/changesets/…/extendeddata",
        extended_data.get_extended_data,
        {"POST": extended_data.create_extended_data},
    ),
    Route(f"{_IMODEL}/changesets/…/checkpoint", checkpoints.get_changeset_checkpoint),
    Route(f"{_IMODEL}/changesetgroups", groups.list_groups, {"POST": groups.create_group}),
    Route(f"{_IMODEL}/changesetgroups/…", groups.get_group, {"PATCH": groups.update_group}),
    Route(
        f"{_IMODEL}/namedversions", named_versions.list_named_versions, {"POST": named_versions.create_named_version}
    ),
    Route(
        f"{_IMODEL}/namedversions/…", named_versions.get_named_version, {"PATCH": named_versions.update_named_version}
    ),
    Route(
        f"{_IMODEL}/namedversions/…/checkpoint",
        checkpoints.get_named_version_checkpoint,
        {"PUT": checkpoints.schedule_checkpoint},
    ),
    Route(f"{_IMODEL}/locks", locks.list_locks, {"PATCH": locks.update_locks}),
    Route(f"{_IMODEL}/locks/released-locks", locks.list_released_locks),
    Route(f"{_IMODEL}/locks/release-chunk", others={"POST": locks.release_chunk}),
    Route("/itwins", itwins.list_itwins, version="v1"),
    Route("/itwins/favorites", itwins.list_favorites, version="v1"),
    Route(
        "/itwins/favorites/…",
        others={"POST": itwins.FAVORITES.add, "DELETE": itwins.FAVORITES.remove},
        version="v1",
    ),
    Route("/itwins/recents", itwins.list_recents, version="v1"),
    Route("/itwins/recents/…", others={"POST": itwins.RECENTS.add}, version="v1"),
    Route("/itwins/myprimaryaccount", itwins.get_primary_account, version="v1"),
    Route("/itwins/…", itwins.get_itwin, version="v1"),
    Route("/itwins/…/account", itwins.get_account, version="v1"),
)
"""Routes in order of precedence."""
