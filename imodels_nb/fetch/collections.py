"""Functions that fetch the other collections of the API."""

import numpy as np
import pandas as pd

from imodels_nb._validation import format_argument, validate_guid
from imodels_nb.api import IModelsClient
from imodels_nb.api.client import validate_client
from imodels_nb.api.executor import run_one
from imodels_nb.api.paging import ItemsFetch, fetch_collection
from imodels_nb.api.schemas import CHANGESET_GROUPS, CHECKPOINT, IMODELS, ITWINS, NAMED_VERSIONS, USERS
from imodels_nb.api.transport import FULL, Request, build_imodel_path
from imodels_nb.errors import IModelsError
from imodels_nb.fetch.changesets import fetch_changesets
from imodels_nb.frames import (
    build_changeset_groups_frame,
    build_checkpoints_frame,
    build_imodels_frame,
    build_itwins_frame,
    build_named_versions_frame,
    build_users_frame,
    validate_changesets,
)

_MAX_ITWINS = 10_000  # the service lists no more iTwins, and does not report that there are others


def fetch_named_versions(client: IModelsClient, imodel_id: str) -> pd.DataFrame:
    """Fetch an iModel's named versions, hidden ones included.

    Parameters
    ----------
    client
        A client of the API.
    imodel_id
        GUID of the iModel.

    Returns
    -------
    DataFrame
        One row per named version, in ascending order; the index is ``changeset_index`` (int64; 0 is the baseline).
        Columns: ``id``, ``name``, ``description``, ``changeset_id`` (str), ``created_date_time`` (datetime64[us, UTC]),
        ``state``, ``application_name``, ``creator_id`` (category).

    Raises
    ------
    TypeError, ValueError
        Before any request, if an argument is invalid.
    IModelsError
        A subclass for any other failure of the service or the network.
    """
    validate_client(client)
    request = Request(f"{build_imodel_path(imodel_id)}/namedversions", _sort_by("changesetIndex asc"), prefer=FULL)
    return build_named_versions_frame(fetch_collection(client, request, NAMED_VERSIONS))


def fetch_users(client: IModelsClient, imodel_id: str, *, personal: bool = False) -> pd.DataFrame:
    """Fetch the users of an iModel, services included.

    Parameters
    ----------
    client
        A client of the API.
    imodel_id
        GUID of the iModel.
    personal
        Whether to include names and e-mail addresses, which are personal data.

    Returns
    -------
    DataFrame
        One row per user, indexed by ``id`` (str), which is the ``creator_id`` of other frames. Columns: with
        `personal`, ``given_name``, ``surname``, ``display_name``, ``email`` (str); always ``label`` (str, a stable
        pseudonym), ``pushed_changesets`` (Int64), ``last_push_date_time`` (datetime64[us, UTC]), ``created_versions``
        and ``briefcases`` (Int64).

    Raises
    ------
    TypeError, ValueError
        Before any request, if an argument is invalid.
    IModelsError
        A subclass for any other failure of the service or the network.

    See Also
    --------
    with_creator_names : Join the names to changesets, as ``creator_name``.
    """
    validate_client(client)
    if not isinstance(personal, bool | np.bool_):  # "no" would be true, and include the names
        raise ValueError(f"personal should be True or False, not {format_argument(personal)}.")  # noqa: TRY004 - as every argument
    request = Request(f"{build_imodel_path(imodel_id)}/users", _sort_by("surname,givenName"), prefer=FULL)
    return build_users_frame(fetch_collection(client, request, USERS), personal=personal)


def fetch_checkpoints(client: IModelsClient, imodel_id: str) -> pd.DataFrame:
    """Fetch the state of the checkpoint of each named version.

    The API has no list of checkpoints, so this takes one request per named version. Many run at once.

    Parameters
    ----------
    client
        A client of the API.
    imodel_id
        GUID of the iModel.

    Returns
    -------
    DataFrame
        One row per named version, in ascending order; the index is ``changeset_index`` (int64; 0 is the baseline).
        Columns: ``state`` (category; ``notGenerated`` where there is no checkpoint), ``size`` (Int64, bytes; missing
        where the service does not send it), ``changeset_id``, ``named_version_id`` (str). Nothing in it gives access to
        a file.

    Raises
    ------
    TypeError, ValueError
        Before any request, if an argument is invalid.
    Forbidden
        If the account lacks ``imodels_read``.
    IModelsError
        A subclass for any other failure of the service or the network.
    """
    validate_client(client)
    versions = fetch_named_versions(client, imodel_id)
    path = f"{build_imodel_path(imodel_id)}/namedversions"
    requests = [Request(f"{path}/{version}/checkpoint", {}, permission="imodels_read") for version in versions["id"]]
    fetch = ItemsFetch(requests, CHECKPOINT, allow_missing=True)
    run_one(client, fetch)
    return build_checkpoints_frame(versions, fetch.items)


def fetch_changeset_groups(
    client: IModelsClient, imodel_id: str, *, changesets: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Fetch an iModel's changeset groups: one for each run of a synchronization.

    Parameters
    ----------
    client
        A client of the API.
    imodel_id
        GUID of the iModel.
    changesets
        The iModel's changesets, which name their groups. By default, they are fetched.

    Returns
    -------
    DataFrame
        One row per group, indexed by ``id`` (str). Columns: ``description`` (str), ``state``, ``creator_id``
        (category), ``created_date_time`` (datetime64[us, UTC]), ``first_index``, ``last_index`` (Int64, missing for a
        group that pushed nothing), ``changesets``, ``bytes`` (int64), ``duration`` (timedelta64[us], first push to
        last).

    Raises
    ------
    TypeError, ValueError
        Before any request, if an argument is invalid.
    IModelsError
        A subclass for any other failure of the service or the network.
    """
    validate_client(client)
    if changesets is not None:
        changesets = validate_changesets(changesets, ("group_id", "file_size", "push_date_time"))
    request = Request(f"{build_imodel_path(imodel_id)}/changesetgroups", {})
    groups = fetch_collection(client, request, CHANGESET_GROUPS)
    return build_changeset_groups_frame(
        groups, fetch_changesets(client, imodel_id) if changesets is None else changesets
    )


def fetch_imodels(client: IModelsClient, itwin_id: str) -> pd.DataFrame:
    """Fetch an iTwin's iModels.

    Parameters
    ----------
    client
        A client of the API.
    itwin_id
        GUID of the iTwin.

    Returns
    -------
    DataFrame
        One row per iModel, indexed by ``id`` (str). Columns: ``display_name``, ``description`` (str), ``state``
        (category), ``created_date_time``, ``last_push_date_time`` (datetime64[us, UTC]; the latter is missing if
        nothing was pushed or the service does not send it), ``itwin_id`` (str), ``data_center`` (category).

    Raises
    ------
    TypeError, ValueError
        Before any request, if an argument is invalid.
    IModelsError
        A subclass for any other failure of the service or the network.
    """
    validate_client(client)
    query = _sort_by("name") | {"iTwinId": validate_guid("itwin_id", itwin_id)}
    return build_imodels_frame(fetch_collection(client, Request("/imodels", query, prefer=FULL), IMODELS))


def fetch_itwins(client: IModelsClient) -> pd.DataFrame:
    """Fetch the active iTwins that this account is a member of.

    Parameters
    ----------
    client
        A client of the API.

    Returns
    -------
    DataFrame
        One row per iTwin, indexed by ``id`` (str). Columns: ``display_name``, ``number`` (str), ``class``,
        ``sub_class`` (category), ``type`` (str), ``status`` (category). A service account gets the iTwins that it is a
        member of.

    Raises
    ------
    IModelsError
        A subclass for any failure of the service or the network; also if there are more iTwins than the service lists.
    """
    validate_client(client)
    limit = {"X-Max-Return": str(_MAX_ITWINS)}
    rows = fetch_collection(client, Request("/itwins/", {}, prefer=FULL, version="v1", extra_headers=limit), ITWINS)
    if sum(page.num_rows for page in rows) >= _MAX_ITWINS:
        raise IModelsError(
            f"There are {_MAX_ITWINS:,} iTwins or more, and the service lists no more than that. "
            "Pass the id of the iTwin to fetch_imodels instead."
        )
    return build_itwins_frame(rows)


def _sort_by(order: str) -> dict[str, str | int]:
    """Build the query for an order, and for paging by continuation token."""
    return {"$continuationToken": "", "$orderBy": order}
