"""Functions that fetch iModels, iTwins, and what an account may do with them."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from imodels_nb._validation import format_argument, validate_bool, validate_guid
from imodels_nb.api import IModelsClient
from imodels_nb.api.client import validate_client
from imodels_nb.api.executor import run_one
from imodels_nb.api.paging import ItemsFetch, fetch_collection
from imodels_nb.api.schemas import CREATE_OPERATION, IMODEL, IMODELS, ITWINS, PERMISSIONS
from imodels_nb.api.transport import FULL, Request, build_imodel_path
from imodels_nb.errors import IModelsError, UnexpectedResponse
from imodels_nb.frames import build_imodel, build_imodels_frame, build_itwins_frame, build_permissions

_MAX_ITWINS = 10_000  # the service lists no more iTwins, and does not report that there are others
_MAX_RECENT = 25
_MAX_TEXT = 255  # characters


def fetch_imodel(client: IModelsClient, imodel_id: str) -> pd.Series:
    """Fetch one iModel, and what it was made from.

    Parameters
    ----------
    client
        A client of the API.
    imodel_id
        GUID of the iModel.

    Returns
    -------
    Series
        The row of :func:`fetch_imodels`, whose name is the id, with three more values: ``origin`` (``"clone"`` or
        ``"fork"``), ``origin_imodel_id`` and ``origin_changeset_id`` (``""`` for the baseline). They are missing for an
        iModel that is neither.

    Raises
    ------
    TypeError, ValueError
        Before any request, if an argument is invalid.
    NotFound
        If the iModel does not exist, or this account cannot see it.
    IModelsError
        A subclass for any other failure of the service or the network.

    Examples
    --------
    >>> with sample.start(changesets=40) as hub, IModelsClient(hub.credential, base_url=hub.base_url) as client:
    ...     imodel = fetch_imodel(client, hub.plant_imodel_id)
    >>> imodel["display_name"], imodel["state"], round(imodel["north"] - imodel["south"], 1)
    ('Pump station', 'initialized', np.float64(0.2))
    """
    validate_client(client)
    path = build_imodel_path(imodel_id)
    single = ItemsFetch([Request(path, {})], IMODEL, allow_missing=False)
    run_one(client, single)
    operation = ItemsFetch([Request(f"{path}/operations/create", {})], CREATE_OPERATION, allow_missing=True)
    run_one(client, operation)
    details: list[dict[str, Any]] = [row.to_pylist()[0] for row in operation.items if row is not None]
    (imodel,) = [build_imodel(row, *(details or [{}])) for row in single.items if row is not None]
    if str(imodel.name).lower() != validate_guid("imodel_id", imodel_id):
        raise UnexpectedResponse(f"The service sent an iModel other than {imodel_id}. Fetch it again.")
    return imodel


def fetch_imodels(
    client: IModelsClient,
    itwin_id: str,
    *,
    search: str | None = None,
    name: str | None = None,
    recent: bool = False,
    favorite: bool = False,
) -> pd.DataFrame:
    """Fetch an iTwin's iModels.

    Parameters
    ----------
    client
        A client of the API.
    itwin_id
        GUID of the iTwin.
    search
        Only iModels with this text in their name or description, in upper or lower case.
    name
        Only the iModel with exactly this name.
    recent
        Only the iModels that you used last, at most 25, the latest first.
    favorite
        Only your favorites.

    Returns
    -------
    DataFrame
        One row per iModel, indexed by ``id`` (str). Columns: ``display_name``, ``description`` (str), ``state``
        (category), ``created_date_time``, ``last_push_date_time`` (datetime64[us, UTC]; the last push is missing if
        nothing was pushed or the service does not send it), ``itwin_id`` (str), ``data_center`` (category). ``south``,
        ``west``, ``north``, ``east`` (float64): its extent in degrees, missing where it has none.
        ``containers_enabled`` (Int64): flags of SchemaSync (1), CodeStore (2) and ViewStore (4).

    Raises
    ------
    TypeError, ValueError
        Before any request, if an argument is invalid, or more than one of `search`, `name`, `recent` and `favorite` is
        given.
    IModelsError
        A subclass for any other failure of the service or the network.

    Examples
    --------
    >>> with sample.start(changesets=40) as hub, IModelsClient(hub.credential, base_url=hub.base_url) as client:
    ...     found = fetch_imodels(client, hub.plant_itwin_id, search="pump")
    >>> found["display_name"].tolist()
    ['Pump station']
    """
    validate_client(client)
    filters = {
        "search": validate_text("search", search),
        "name": validate_text("name", name),
        "recent": validate_bool("recent", recent),
        "favorite": validate_bool("favorite", favorite),
    }
    given = [key for key, value in filters.items() if value]
    if len(given) > 1:
        raise ValueError(f"{' and '.join(given)} cannot be combined. Pass one of them, and filter the frame.")
    request = build_imodels_request(itwin_id, search=search, name=name, recent=recent, favorite=favorite)
    return build_imodels_frame(fetch_collection(client, request, IMODELS))


def build_imodels_request(
    itwin_id: str,
    *,
    search: str | None = None,
    name: str | None = None,
    recent: bool = False,
    favorite: bool = False,
) -> Request:
    """Build the request of :func:`fetch_imodels`."""
    query: dict[str, str | int] = {"iTwinId": validate_guid("itwin_id", itwin_id)}
    path = "/imodels"
    if recent:
        path += "/recents"
        query |= {"$top": _MAX_RECENT}
    elif favorite:
        path += "/favorites"
        query |= {"$continuationToken": ""}
    else:
        texts = {"$search": search, "name": name}
        query |= {key: text for key, text in texts.items() if text}
        query |= {"$continuationToken": "", "$orderBy": "name"}
    return Request(path, query, prefer=FULL)


def fetch_itwins(client: IModelsClient, *, search: str | None = None) -> pd.DataFrame:
    """Fetch the active iTwins that this account is a member of.

    Parameters
    ----------
    client
        A client of the API.
    search
        Only iTwins with this text in their number or display name.

    Returns
    -------
    DataFrame
        One row per iTwin, indexed by ``id`` (str). Columns: ``display_name``, ``number`` (str), ``class``,
        ``sub_class`` (category), ``type`` (str), ``status`` (category). A service account gets the iTwins that it is a
        member of.

    Raises
    ------
    TypeError, ValueError
        Before any request, if an argument is invalid.
    IModelsError
        A subclass for any failure of the service or the network; also if there are more iTwins than the service lists.

    Examples
    --------
    >>> with sample.start(changesets=40) as hub, IModelsClient(hub.credential, base_url=hub.base_url) as client:
    ...     fetch_itwins(client, search="pump")["display_name"].tolist()
    ['Pump station']
    """
    validate_client(client)
    query: dict[str, str | int] = {}
    if validate_text("search", search):
        query["$search"] = str(search)
    rows = fetch_collection(client, build_itwins_request(query), ITWINS)
    check_number_of_itwins(sum(page.num_rows for page in rows))
    return build_itwins_frame(rows)


def build_itwins_request(query: Mapping[str, str | int], path: str = "") -> Request:
    """Build the request of :func:`fetch_itwins`, or of the path of a marked list."""
    limit = {"X-Max-Return": str(_MAX_ITWINS)}
    return Request(f"/itwins/{path}", query, prefer=FULL, version="v1", extra_headers=limit)


def check_number_of_itwins(count: int) -> None:
    """Raise an error if there are more iTwins than the service lists."""
    if count >= _MAX_ITWINS:
        raise IModelsError(
            f"There are {_MAX_ITWINS:,} iTwins or more, and the service lists no more than that. "
            "Pass the id of the iTwin to fetch_imodels instead."
        )


def fetch_permissions(client: IModelsClient, imodel_id: str) -> pd.Series:
    """Fetch what this account may do with an iModel.

    Reading changesets takes ``imodels_webview``, downloading files and checkpoints ``imodels_read``. The error of a
    request that is forbidden names the permission that is missing.

    Parameters
    ----------
    client
        A client of the API.
    imodel_id
        GUID of the iModel.

    Returns
    -------
    Series
        Whether each permission is granted (bool), indexed by its name: ``imodels_webview``, ``imodels_read``,
        ``imodels_write``, ``imodels_manage``, ``imodels_delete``, and others that the service lists.

    Raises
    ------
    TypeError, ValueError
        Before any request, if an argument is invalid.
    IModelsError
        A subclass for any other failure of the service or the network.

    Examples
    --------
    >>> with sample.start(changesets=40, permissions=["imodels_webview"]) as hub:
    ...     with IModelsClient(hub.credential, base_url=hub.base_url) as client:
    ...         permissions = fetch_permissions(client, hub.imodel_id)
    >>> permissions["imodels_webview"], permissions["imodels_read"]
    (np.True_, np.False_)
    """
    validate_client(client)
    request = Request(f"{build_imodel_path(imodel_id)}/permissions", {})
    fetch = ItemsFetch([request], PERMISSIONS, allow_missing=False)
    run_one(client, fetch)
    return build_permissions(name for rows in fetch.items if rows for name in rows.column("permissions").to_pylist())


def validate_text(argument: str, value: str | None) -> str | None:
    """Check that an argument is a text that the service can search for, or ``None``."""
    if value is None or (
        isinstance(value, str) and value.strip() and len(value) <= _MAX_TEXT and _has_whole_characters(value)
    ):
        return value
    raise ValueError(f"{argument} should be a text of 1 to {_MAX_TEXT} characters, not {format_argument(value)}.")


def _has_whole_characters(text: str) -> bool:
    """Check that a text has no half of a character, which no URL can contain."""
    return text.encode("utf-8", "replace").decode() == text
