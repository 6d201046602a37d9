"""Functions that fetch data of iModels as frames."""

from imodels_nb.fetch.baseline import download_baseline
from imodels_nb.fetch.briefcases import fetch_briefcases, fetch_locks
from imodels_nb.fetch.changes import fetch_changes
from imodels_nb.fetch.changesets import fetch_changeset, fetch_changesets
from imodels_nb.fetch.collections import (
    fetch_changeset_groups,
    fetch_checkpoints,
    fetch_extended_data,
    fetch_named_versions,
)
from imodels_nb.fetch.imodels import fetch_imodel, fetch_imodels, fetch_itwins, fetch_permissions
from imodels_nb.fetch.lookup import (
    fetch_imodels_by_use,
    fetch_itwins_by_use,
    fetch_newest_index,
    find_imodel,
    find_imodel_id,
    find_itwin,
)
from imodels_nb.fetch.portfolio import fetch_portfolio, iterate_changesets
from imodels_nb.fetch.refresh import refresh_changesets
from imodels_nb.fetch.users import fetch_users

__all__ = [
    "download_baseline",
    "fetch_briefcases",
    "fetch_changes",
    "fetch_changeset",
    "fetch_changeset_groups",
    "fetch_changesets",
    "fetch_checkpoints",
    "fetch_extended_data",
    "fetch_imodel",
    "fetch_imodels",
    "fetch_imodels_by_use",
    "fetch_itwins",
    "fetch_itwins_by_use",
    "fetch_locks",
    "fetch_named_versions",
    "fetch_newest_index",
    "fetch_permissions",
    "fetch_portfolio",
    "fetch_users",
    "find_imodel",
    "find_imodel_id",
    "find_itwin",
    "iterate_changesets",
    "refresh_changesets",
]
