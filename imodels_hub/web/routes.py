"""The routes: which path and method leads to which operation."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from imodels_hub.api import (
    briefcases,
    changesets,
    checkpoints,
    extended_data,
    groups,
    imodels,
    itwins,
    locks,
    named_versions,
    publishing,
    pushing,
    users,
)
from imodels_hub.api.call import Operation


@dataclass(frozen=True)
class Route:
    """One path of the API.

    Parameters
    ----------
    path
        As the log has it, with … for each variable part.
    reads
        What GET does.
    writes
        What other methods do.
    version
        Of the API that serves it, as the Accept header names it.
    """

    path: str
    reads: Operation | None = None
    writes: Mapping[str, Operation] = field(default_factory=dict)
    version: str = "v2"

    @property
    def pattern(self) -> str:
        """The path as a regular expression; a slash at the end does no harm."""
        return self.path.replace("…", "([^/]+)") + "/?"

    @property
    def operations(self) -> dict[str, Operation]:
        """What each method does."""
        return {**({"GET": self.reads} if self.reads else {}), **self.writes}


_ONE = "/imodels/…"

ROUTES = (
    Route("/imodels", imodels.list_imodels),
    Route(_ONE, imodels.get_imodel),
    Route(f"{_ONE}/permissions", imodels.get_permissions),
    Route(f"{_ONE}/operations/create", imodels.get_create_operation),
    Route(f"{_ONE}/users", users.list_users),
    Route(f"{_ONE}/users/…", users.get_user),
    Route(f"{_ONE}/briefcases", briefcases.list_briefcases),
    Route(f"{_ONE}/briefcases/checkpoint", checkpoints.get_latest_checkpoint),
    Route(f"{_ONE}/briefcases/…", briefcases.get_briefcase),
    Route(f"{_ONE}/changesets", changesets.list_changesets, {"POST": pushing.create_changeset}),
    Route(f"{_ONE}/changesets/extendeddata", extended_data.list_extended_data),
    Route(f"{_ONE}/changesets/…", changesets.get_changeset, {"PATCH": pushing.complete_changeset}),
    Route(
        f"{_ONE}/changesets/…/extendeddata", extended_data.get_extended_data, {"POST": publishing.create_extended_data}
    ),
    Route(f"{_ONE}/changesets/…/checkpoint", checkpoints.get_changeset_checkpoint),
    Route(f"{_ONE}/changesetgroups", groups.list_groups, {"POST": publishing.create_group}),
    Route(f"{_ONE}/changesetgroups/…", groups.get_group, {"PATCH": publishing.update_group}),
    Route(f"{_ONE}/namedversions", named_versions.list_named_versions, {"POST": publishing.create_named_version}),
    Route(f"{_ONE}/namedversions/…", named_versions.get_named_version, {"PATCH": publishing.update_named_version}),
    Route(
        f"{_ONE}/namedversions/…/checkpoint",
        checkpoints.get_named_version_checkpoint,
        {"PUT": publishing.schedule_checkpoint},
    ),
    Route(f"{_ONE}/locks", locks.list_locks),
    Route(f"{_ONE}/locks/released-locks", locks.list_released_locks),
    Route("/itwins", itwins.list_itwins, version="v1"),
    Route("/itwins/favorites", itwins.list_itwins, version="v1"),
    Route("/itwins/recents", itwins.list_itwins, version="v1"),
    Route("/itwins/myprimaryaccount", itwins.get_primary_account, version="v1"),
    Route("/itwins/…", itwins.get_itwin, version="v1"),
    Route("/itwins/…/account", itwins.get_account, version="v1"),
)
"""Where two fit, the first counts."""
