"""Functions that fetch what belongs to the changesets of an iModel."""

import pandas as pd

from imodels_nb.api import IModelsClient
from imodels_nb.api.client import validate_client
from imodels_nb.api.executor import run_one
from imodels_nb.api.paging import ItemsFetch, fetch_collection
from imodels_nb.api.schemas import CHANGESET_GROUPS, CHECKPOINT, EXTENDED_DATA, NAMED_VERSIONS
from imodels_nb.api.transport import FULL, Request, build_imodel_path
from imodels_nb.fetch.changesets import fetch_changesets
from imodels_nb.frames import (
    build_changeset_groups_frame,
    build_checkpoints_frame,
    build_extended_data_frame,
    build_named_versions_frame,
    validate_changesets,
)


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

    Examples
    --------
    >>> with sample.start(changesets=400) as hub, IModelsClient(hub.credential, base_url=hub.base_url) as client:
    ...     versions = fetch_named_versions(client, hub.imodel_id)
    >>> versions["name"].iloc[0], versions.index.name
    ('Kick-off model', 'changeset_index')
    """
    validate_client(client)
    request = Request(
        f"{build_imodel_path(imodel_id)}/namedversions", _build_order_query("changesetIndex asc"), prefer=FULL
    )
    return build_named_versions_frame(fetch_collection(client, request, NAMED_VERSIONS))


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

    Examples
    --------
    >>> with sample.start(changesets=400) as hub, IModelsClient(hub.credential, base_url=hub.base_url) as client:
    ...     checkpoints = fetch_checkpoints(client, hub.imodel_id)
    >>> checkpoints["state"].iloc[0]
    'successful'
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

    Examples
    --------
    >>> with sample.start(changesets=400) as hub, IModelsClient(hub.credential, base_url=hub.base_url) as client:
    ...     groups = fetch_changeset_groups(client, hub.imodel_id)
    >>> (groups["first_index"] <= groups["last_index"]).all()
    np.True_
    """
    validate_client(client)
    if changesets is not None:
        changesets = validate_changesets(changesets, ("group_id", "file_size", "push_date_time"))
    request = Request(f"{build_imodel_path(imodel_id)}/changesetgroups", {})
    groups = fetch_collection(client, request, CHANGESET_GROUPS)
    return build_changeset_groups_frame(
        groups, fetch_changesets(client, imodel_id) if changesets is None else changesets
    )


def fetch_extended_data(client: IModelsClient, imodel_id: str) -> pd.DataFrame:
    """Fetch the extended data of changesets, which applications add to them.

    Parameters
    ----------
    client
        A client of the API.
    imodel_id
        GUID of the iModel.

    Returns
    -------
    DataFrame
        One row per changeset with extended data, in ascending order; the index is ``changeset_index`` (int64).
        Columns: ``changeset_id`` (str), ``data`` (object: what the application wrote as JSON, usually a dict).

    Raises
    ------
    TypeError, ValueError
        Before any request, if an argument is invalid.
    IModelsError
        A subclass for any other failure of the service or the network.

    Warns
    -----
    DamagedValueWarning
        If data cannot be read. They are ``None`` in the frame.

    Examples
    --------
    >>> with sample.start(changesets=400) as hub, IModelsClient(hub.credential, base_url=hub.base_url) as client:
    ...     fetch_extended_data(client, hub.imodel_id)["data"].iloc[0]
    {'job': 'Nightly sync: structures', 'run': 0}
    """
    validate_client(client)
    request = Request(f"{build_imodel_path(imodel_id)}/changesets/extendeddata", {})
    return build_extended_data_frame(fetch_collection(client, request, EXTENDED_DATA))


def _build_order_query(order: str) -> dict[str, str | int]:
    """Build the query for an order, and for paging by continuation token."""
    return {"$continuationToken": "", "$orderBy": order}
