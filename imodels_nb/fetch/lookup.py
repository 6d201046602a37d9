"""Lookup of iModels by name, and lists of them in the order of use."""

import difflib
from collections.abc import Sequence
from contextlib import closing

import pandas as pd
import pyarrow as pa

from imodels_nb._format import sort_key
from imodels_nb._validation import format_argument, is_guid, validate_guid
from imodels_nb.api import IModelsClient
from imodels_nb.api.client import validate_client
from imodels_nb.api.executor import run_all, run_one
from imodels_nb.api.paging import ItemsFetch, ListFetch
from imodels_nb.api.schemas import CHANGESETS, IMODELS, ITWINS, ResponseSchema
from imodels_nb.api.transport import MINIMAL, Request, build_imodel_path
from imodels_nb.errors import IModelsError
from imodels_nb.fetch.imodels import (
    build_imodels_request,
    build_itwins_request,
    check_number_of_itwins,
    fetch_imodel,
    fetch_itwins,
    validate_text,
)
from imodels_nb.frames import build_imodels_frame, build_itwins_frame

_MAX_ITWINS = 200  # iTwins in which a name is searched, with one request each
_MAX_LISTED_ITWINS = 10  # iTwins whose iModels are listed for a suggestion
_MAX_SUGGESTIONS = 5


def find_imodel(client: IModelsClient, name: str, itwin: str | None = None) -> pd.Series:
    """Find an iModel by its name.

    Upper and lower case are the same. The service has no list of all iModels of an account. So this asks for the
    iTwins, with three requests, and searches the first 200 of them, in the order of use, with one request each. With
    the id of the iTwin it takes one request.

    Parameters
    ----------
    client
        A client of the API.
    name
        Name of the iModel. A GUID is fetched as it is.
    itwin
        Name or GUID of its iTwin. By default, all iTwins of the account are searched.

    Returns
    -------
    Series
        The row of :func:`fetch_imodels`. Its name is the id.

    Raises
    ------
    TypeError, ValueError
        Before any request, if an argument is invalid.
    IModelsError
        If no iModel or several have this name: the message lists iModels with their ids. A subclass for any other
        failure of the service or the network.

    Examples
    --------
    >>> with sample.start(changesets=40) as hub, IModelsClient(hub.credential, base_url=hub.base_url) as client:
    ...     imodel = find_imodel(client, "pump station")
    ...     imodel.name == hub.plant_imodel_id, imodel["display_name"]
    (True, 'Pump station')
    """
    validate_client(client)
    name = (validate_text("name", name) or "").strip()
    if not name:
        raise ValueError("name should be the name of an iModel, not None.")
    if is_guid(name):
        return fetch_imodel(client, name)
    itwins = fetch_itwins_by_use(client) if itwin is None else find_itwin(client, itwin).to_frame().T
    searched = itwins.head(_MAX_ITWINS)
    found = _search_imodels(client, searched, name)
    same = found[found["display_name"].str.casefold() == name.casefold()]
    if len(same) == 1:
        return same.drop(columns="itwin_name").iloc[0]
    if len(same):
        advice = "Pass one of these ids" + (", or itwin=." if len(set(same["itwin_name"])) > 1 else ".")
        raise IModelsError(f"{len(same)} iModels are named {format_argument(name)}: {_format_found(same)}. {advice}")
    raise IModelsError(_format_not_found(client, name, itwins, found))


def find_imodel_id(client: IModelsClient, id_or_name: str, itwin: str | None = None) -> str:
    """Return the GUID of an iModel, which is found by name if it is no GUID."""
    if is_guid(id_or_name):
        return validate_guid("imodel_id", id_or_name)
    return str(find_imodel(client, id_or_name, itwin).name)


def find_itwin(client: IModelsClient, itwin: str) -> pd.Series:
    """Find an iTwin by its name; the row of a GUID is built without a request.

    Raises
    ------
    ValueError
        Before any request, if `itwin` is not a text.
    IModelsError
        If no iTwin or several have this name.
    """
    text = (validate_text("itwin", itwin) or "").strip()
    if is_guid(text):
        guid = validate_guid("itwin", text)
        return pd.Series({"display_name": guid}, name=guid)
    found = fetch_itwins(client, search=text)
    same = found[found["display_name"].str.casefold() == text.casefold()]
    if len(same) == 1:
        return same.iloc[0]
    rows = (same if len(same) else found).head(_MAX_SUGGESTIONS)
    names = ", ".join(f"{row['display_name']!r} ({key})" for key, row in rows.iterrows())
    count = f"{len(same)} iTwins are" if len(same) else "No iTwin that you can see is"
    advice = f" Pass one of these ids: {names}." if names else " fetch_itwins(client) lists your iTwins."
    raise IModelsError(f"{count} named {format_argument(text)}.{advice}")


def fetch_itwins_by_use(client: IModelsClient) -> pd.DataFrame:
    """Fetch the iTwins of an account: those used last first, then favorites.

    Returns
    -------
    DataFrame
        As :func:`fetch_itwins` returns it, with two more columns: ``is_recent`` and ``is_favorite`` (bool).
    """
    requests = [build_itwins_request({}, path) for path in ("", "recents", "favorites")]
    every, recent, favorite = _fetch_lists(client, requests, ITWINS)
    check_number_of_itwins(sum(page.num_rows for page in every))
    return _sort_by_use(*map(build_itwins_frame, (every, recent, favorite)))


def fetch_imodels_by_use(client: IModelsClient, itwin_id: str) -> pd.DataFrame:
    """Fetch the iModels of an iTwin: those used last first, then favorites.

    Returns
    -------
    DataFrame
        As :func:`fetch_imodels` returns it, with two more columns: ``is_recent`` and ``is_favorite`` (bool).
    """
    requests = [
        build_imodels_request(itwin_id),
        build_imodels_request(itwin_id, recent=True),
        build_imodels_request(itwin_id, favorite=True),
    ]
    return _sort_by_use(*map(build_imodels_frame, _fetch_lists(client, requests, IMODELS)))


def fetch_newest_index(client: IModelsClient, imodel_id: str) -> int:
    """Fetch the index of an iModel's newest changeset; 0 without any."""
    request = Request(
        f"{build_imodel_path(imodel_id)}/changesets", {"$top": 1, "$orderBy": "index desc"}, prefer=MINIMAL
    )
    fetch = ItemsFetch([request], CHANGESETS, allow_missing=False)
    run_one(client, fetch)
    indexes = [index for rows in fetch.items if rows is not None for index in rows.column("index").to_pylist()]
    return int(max(indexes, default=0))


def _fetch_lists(
    client: IModelsClient, requests: Sequence[Request], schema: ResponseSchema
) -> list[list[pa.RecordBatch]]:
    """Fetch lists at once.

    Only the first must succeed. The others are empty where a service lacks them.
    """
    fetches = [ListFetch(request, schema) for request in requests]
    with closing(run_all(client, fetches)) as finished:
        for fetch in finished:
            if fetch.error and fetch is fetches[0]:
                raise fetch.error
    empty = fetches[0].batches[0].slice(0, 0)
    return [[empty] if fetch.error else fetch.batches for fetch in fetches]


def _sort_by_use(every: pd.DataFrame, recent: pd.DataFrame, favorite: pd.DataFrame) -> pd.DataFrame:
    """Return all rows: recent ones in their order, then favorites, then others."""
    rows = every.loc[~every.index.duplicated()]
    rows = rows.assign(is_recent=rows.index.isin(recent.index), is_favorite=rows.index.isin(favorite.index))
    ranks = {key: rank for rank, key in enumerate(recent.index)}
    order = sorted(
        range(len(rows)),
        key=lambda position: (
            ranks.get(rows.index[position], len(ranks)),
            not rows["is_favorite"].iloc[position],
            sort_key(str(rows["display_name"].iloc[position])),
        ),
    )
    return rows.iloc[order]


def _search_imodels(client: IModelsClient, itwins: pd.DataFrame, text: str | None) -> pd.DataFrame:
    """Return the iModels with a text in several iTwins, and the name of the iTwin."""
    requests = [build_imodels_request(itwin_id, search=text) for itwin_id in itwins.index]
    fetches = [ListFetch(request, IMODELS) for request in requests]
    with closing(run_all(client, fetches)) as finished:
        for fetch in finished:
            if fetch.error:
                raise fetch.error
    frames = [
        build_imodels_frame(fetch.batches).assign(itwin_name=str(name))
        for name, fetch in zip(itwins["display_name"], fetches, strict=True)
    ]
    found = [frame for frame in frames if len(frame)] or frames[:1]
    return pd.concat(found) if found else pd.DataFrame({"display_name": [], "itwin_name": []}, dtype="str")


def _format_not_found(client: IModelsClient, name: str, itwins: pd.DataFrame, found: pd.DataFrame) -> str:
    """Return the message about a name that no iModel has, with similar names."""
    if not len(found) and len(itwins) <= _MAX_LISTED_ITWINS:
        listed = _search_imodels(client, itwins, None)
        names = {str(name).casefold(): name for name in listed["display_name"]}
        close = difflib.get_close_matches(name.casefold(), names, _MAX_SUGGESTIONS)
        found = listed[listed["display_name"].str.casefold().isin(close)]
    message = f"No iModel that you can see is named {format_argument(name)}."
    if len(itwins) > _MAX_ITWINS:
        message += f" The first {_MAX_ITWINS} of {len(itwins):,} iTwins were searched; pass itwin= to search another."
    if len(found):
        return f"{message} Similar: {_format_found(found)}. Pass one of these names or ids."
    return f"{message} choose_imodel(client) shows your iModels."


def _format_found(imodels: pd.DataFrame) -> str:
    rows = imodels.head(_MAX_SUGGESTIONS)
    return ", ".join(f"{row['display_name']!r} in {row['itwin_name']!r} ({key})" for key, row in rows.iterrows())
