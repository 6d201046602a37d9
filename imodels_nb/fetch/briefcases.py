"""Functions that fetch briefcases and the locks that they hold."""

import pandas as pd

from imodels_nb._validation import validate_bool
from imodels_nb.api import IModelsClient
from imodels_nb.api.client import validate_client
from imodels_nb.api.paging import fetch_collection
from imodels_nb.api.schemas import BRIEFCASES, LOCKS
from imodels_nb.api.transport import FULL, Request, build_imodel_path
from imodels_nb.frames import build_briefcases_frame, build_locks_frame

_FIRST_PAGE: dict[str, str | int] = {"$continuationToken": ""}


def fetch_briefcases(client: IModelsClient, imodel_id: str, *, personal: bool = False) -> pd.DataFrame:
    """Fetch an iModel's briefcases: who holds a copy to edit, and since when.

    Parameters
    ----------
    client
        A client of the API.
    imodel_id
        GUID of the iModel.
    personal
        Whether to include names of devices, which often are those of people.

    Returns
    -------
    DataFrame
        One row per briefcase, in ascending order; the index is ``briefcase_id`` (int64), as in changesets. Columns:
        ``owner_id`` (category), ``acquired_date_time`` (datetime64[us, UTC]), ``file_size`` (Int64, bytes),
        ``application_name`` (category); with `personal`, ``device_name`` (str). Released briefcases are not in it.

    Raises
    ------
    TypeError, ValueError
        Before any request, if an argument is invalid.
    IModelsError
        A subclass for any other failure of the service or the network.

    Examples
    --------
    >>> with sample.start(changesets=400) as hub, IModelsClient(hub.credential, base_url=hub.base_url) as client:
    ...     briefcases, users = fetch_briefcases(client, hub.imodel_id), fetch_users(client, hub.imodel_id)
    >>> briefcases["owner_id"].isin(users.index).all()
    np.True_
    """
    validate_client(client)
    validate_bool("personal", personal)
    request = Request(f"{build_imodel_path(imodel_id)}/briefcases", _FIRST_PAGE, prefer=FULL)
    return build_briefcases_frame(fetch_collection(client, request, BRIEFCASES), personal=personal)


def fetch_locks(client: IModelsClient, imodel_id: str) -> pd.DataFrame:
    """Fetch the locks that are held on an iModel: what is being edited now.

    Parameters
    ----------
    client
        A client of the API.
    imodel_id
        GUID of the iModel.

    Returns
    -------
    DataFrame
        One row per lock, in ascending order; the index is ``briefcase_id`` (int64) and ``object_id`` (str), such as
        ``0x1``. Column: ``lock_level`` (category: shared, exclusive).

    Raises
    ------
    TypeError, ValueError
        Before any request, if an argument is invalid.
    IModelsError
        A subclass for any other failure of the service or the network.

    Examples
    --------
    Join the owners of the briefcases to see who holds which lock.

    >>> with sample.start(changesets=400) as hub, IModelsClient(hub.credential, base_url=hub.base_url) as client:
    ...     locks = fetch_locks(client, hub.imodel_id)
    ...     held = locks.join(fetch_briefcases(client, hub.imodel_id)["owner_id"])
    >>> held.columns.tolist()
    ['lock_level', 'owner_id']
    """
    validate_client(client)
    request = Request(f"{build_imodel_path(imodel_id)}/locks", _FIRST_PAGE)
    return build_locks_frame(fetch_collection(client, request, LOCKS))
