"""From an id to the frames of the API's other lists."""

import pandas as pd

from imodels_nb.api import IModelsClient
from imodels_nb.api.client import FULL, Request
from imodels_nb.api.decode import NAMED_VERSIONS
from imodels_nb.api.pages import imodel_path, list_pages
from imodels_nb.frames import named_versions_frame


def fetch_named_versions(client: IModelsClient, imodel_id: str) -> pd.DataFrame:
    """Fetch an iModel's named versions, hidden ones included.

    Parameters
    ----------
    client
        A connection to the API.
    imodel_id
        GUID of the iModel.

    Returns
    -------
    DataFrame
        One row a named version, ascending; the index is ``changeset_index`` (int64; 0 is the baseline). Columns:
        ``id``, ``name``, ``description``, ``changeset_id`` (str), ``created_date_time`` (datetime64[us, UTC]),
        ``state``, ``application_name``, ``creator_id`` (category).

    Raises
    ------
    ValueError
        Before any request, when `imodel_id` is no GUID.
    IModelsError
        One of its kinds for everything that the service or the network does wrong.
    """
    query: dict[str, str | int] = {"$continuationToken": "", "$orderBy": "changesetIndex asc"}
    request = Request(f"{imodel_path(imodel_id)}/namedversions", query, prefer=FULL)
    return named_versions_frame([page.rows for page in list_pages(client, request, NAMED_VERSIONS)])
