"""Function that fetches the users of an iModel."""

import pandas as pd

from imodels_nb._validation import validate_bool
from imodels_nb.api import IModelsClient
from imodels_nb.api.client import validate_client
from imodels_nb.api.paging import fetch_collection
from imodels_nb.api.schemas import USERS
from imodels_nb.api.transport import FULL, Request, build_imodel_path
from imodels_nb.frames import build_users_frame


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
        and ``briefcases`` (Int64), ``last_access_date_time`` (datetime64[us, UTC]), ``applications`` (object: a list of
        names) and ``owns_locks`` (boolean). What the service does not send is missing.

    Raises
    ------
    TypeError, ValueError
        Before any request, if an argument is invalid.
    IModelsError
        A subclass for any other failure of the service or the network.

    See Also
    --------
    fetch_changesets : With ``names=True``, changesets have these names, as ``creator_name``.
    with_creator_names : Join the names to changesets, as ``creator_name``.

    Examples
    --------
    >>> with sample.start(changesets=400) as hub, IModelsClient(hub.credential, base_url=hub.base_url) as client:
    ...     users = fetch_users(client, hub.imodel_id)
    >>> users["label"].str.startswith("person-").all(), "email" in users
    (np.True_, False)
    """
    validate_client(client)
    validate_bool("personal", personal)
    query: dict[str, str | int] = {"$continuationToken": "", "$orderBy": "surname,givenName"}
    request = Request(f"{build_imodel_path(imodel_id)}/users", query, prefer=FULL)
    return build_users_frame(fetch_collection(client, request, USERS), personal=personal)
