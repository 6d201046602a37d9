"""Functions that fetch the changesets of many iModels.

The rate limit of the subscription limits a fetch, and all machines of a cluster share it. On the smallest tier, it is
500 requests a minute, which are 500,000 changesets. One machine can send ten times as many requests. Several machines
have no common throttle, so the service would only reject more requests.
"""

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing

import numpy as np
import pandas as pd
import pyarrow as pa

from imodels_nb._validation import validate_guid, validate_list
from imodels_nb.api import IModelsClient
from imodels_nb.api.changesets import ChangesetsFetch
from imodels_nb.api.client import validate_client
from imodels_nb.api.executor import run_all
from imodels_nb.api.schemas import CHANGESETS
from imodels_nb.errors import IModelsError
from imodels_nb.fetch.changesets import Cache, open_store, store_new_rows
from imodels_nb.frames import build_changesets_frame, validate_frame
from imodels_nb.insights import Portfolio
from imodels_nb.progress import Progress

_INDEX = ("imodel_id", "changeset_index")


def fetch_portfolio(
    client: IModelsClient,
    imodel_ids: Iterable[str] | pd.DataFrame,
    *,
    cache: Cache = False,
    progress: bool | None = None,
) -> Portfolio:
    """Fetch the changesets of many iModels; an error of one does not stop the others.

    Parameters
    ----------
    client
        A client of the API. All iModels share its throttle.
    imodel_ids
        The frame of :func:`fetch_imodels`, so that names are known, or GUIDs of iModels.
    cache
        Whether to store the timelines on this machine and to request only new changesets: ``True``, or the folder to
        store them in. An iModel without new changesets then takes one request.
    progress
        Whether to show a progress bar after a second of work. ``None`` shows it in a notebook and in a terminal.

    Returns
    -------
    Portfolio
        ``changesets`` with the columns of :func:`fetch_changesets`, in the order of `imodel_ids`, with the MultiIndex
        ``(imodel_id, changeset_index)``. ``failures``, one row per iModel, indexed by ``imodel_id``: ``error`` (str,
        the class), ``status_code`` (Int64), ``message`` (str).

    Raises
    ------
    TypeError, ValueError
        Before any request, if an argument is invalid.
    AuthenticationError, Unauthorized
        If the sign-in has ended, or the service rejects the token: all other iModels would fail, too.

    Examples
    --------
    >>> with sample.start(changesets=400) as hub, IModelsClient(hub.credential, base_url=hub.base_url) as client:
    ...     portfolio = fetch_portfolio(client, [hub.imodel_id, hub.plant_imodel_id])
    >>> len(portfolio.changesets.loc[hub.imodel_id]), len(portfolio.failures)
    (400, 0)
    """
    validate_client(client)
    guids = _validate_guids(imodel_ids)
    tables: dict[str, pa.Table] = {}
    errors: dict[str, IModelsError] = {}
    with closing(iterate_changesets(client, guids, cache=cache, progress=progress)) as outcomes:
        for imodel_id, outcome in outcomes:
            if isinstance(outcome, IModelsError):
                errors[imodel_id] = outcome
            else:
                tables[imodel_id] = outcome
            del outcome
    failures = _build_failures_frame({guid: errors[guid] for guid in guids if guid in errors})
    changesets = _build_changesets_frame({guid: tables.pop(guid) for guid in guids if guid in tables})
    return Portfolio(changesets, failures, _build_imodels_frame(guids, imodel_ids))


def iterate_changesets(
    client: IModelsClient,
    imodel_ids: Iterable[str] | pd.DataFrame,
    *,
    cache: Cache = False,
    progress: bool | None = None,
) -> Generator[tuple[str, pa.Table | IModelsError], None, None]:
    """Yield the rows of each iModel, or its error, as soon as its fetch ends.

    Parameters
    ----------
    client, imodel_ids, cache, progress
        As in :func:`fetch_portfolio`.

    Yields
    ------
    tuple
        GUID of the iModel; its changesets with the API's column names, or the error that ended their fetch.
    """
    stores = {imodel_id: open_store(client, imodel_id, cache) for imodel_id in _validate_guids(imodel_ids)}
    fetches = (
        ChangesetsFetch(imodel_id, max_workers=client.max_workers, cached_rows=store.read() if store else None)
        for imodel_id, store in stores.items()
    )
    count = 0
    with (
        Progress(progress, "iModels") as bar,
        closing(
            run_all(client, fetches, lambda: bar.update(count, len(stores), client.throttle.compute_wait()))
        ) as finished,
    ):
        for fetch in finished:
            count += 1
            if fetch.error is not None:
                yield fetch.imodel_id, fetch.error
                continue
            if store := stores[fetch.imodel_id]:
                store_new_rows(store, fetch)
            yield fetch.imodel_id, fetch.join_all_rows()


def _validate_guids(imodel_ids: Iterable[str] | pd.DataFrame) -> list[str]:
    if isinstance(imodel_ids, pd.DataFrame):
        imodel_ids = validate_frame(imodel_ids, "imodels", ("display_name",), index="id").index
    values = validate_list("imodel_ids", imodel_ids, "the frame of fetch_imodels, or GUIDs")
    guids = (validate_guid("each of imodel_ids", value) for value in values)
    return list(dict.fromkeys(guids))


def _build_imodels_frame(guids: list[str], imodel_ids: Iterable[str] | pd.DataFrame) -> pd.DataFrame:
    """Build the frame of all requested iModels, with the names that are known."""
    index = pd.Index(guids, dtype="str", name="id")
    if not isinstance(imodel_ids, pd.DataFrame):
        return pd.DataFrame({"display_name": pd.Series(None, index, dtype="str")})
    names = validate_frame(imodel_ids, "imodels", ("display_name",), index="id")["display_name"]
    return names.set_axis(names.index.str.lower()).reindex(index).astype("str").to_frame()


def _build_changesets_frame(tables: dict[str, pa.Table]) -> pd.DataFrame:
    ids = np.repeat(np.array([*tables], dtype=object), [table.num_rows for table in tables.values()])
    frame = build_changesets_frame(pa.concat_tables([CHANGESETS.row_schema.empty_table(), *_pop_all(tables)]))
    return frame.set_axis(pd.MultiIndex.from_arrays([pd.Index(ids, dtype="str"), frame.index], names=_INDEX))


def _pop_all(tables: dict[str, pa.Table]) -> Iterator[pa.Table]:
    """Yield the tables and remove them, so that they are in memory once."""
    for imodel_id in [*tables]:
        yield tables.pop(imodel_id)


def _build_failures_frame(errors: dict[str, IModelsError]) -> pd.DataFrame:
    index = pd.Index([*errors], dtype="str", name="imodel_id")
    return pd.DataFrame(
        {
            "error": pd.Series([type(error).__name__ for error in errors.values()], index, dtype="str"),
            "status_code": pd.Series([error.status_code for error in errors.values()], index, dtype="Int64"),
            "message": pd.Series([str(error) for error in errors.values()], index, dtype="str"),
        }
    )
