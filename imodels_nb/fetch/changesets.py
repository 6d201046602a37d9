"""Functions that fetch the changesets of one iModel."""

import os
import warnings
from typing import Literal, TypeAlias

import pandas as pd
import pyarrow as pa

from imodels_nb._files import expand_path
from imodels_nb._validation import format_argument, is_changeset_id, validate_bool, validate_guid, validate_int
from imodels_nb.api import IModelsClient
from imodels_nb.api.changesets import ChangesetsFetch, select_range
from imodels_nb.api.client import validate_client
from imodels_nb.api.executor import run_one
from imodels_nb.api.paging import ItemsFetch
from imodels_nb.api.schemas import CHANGESET_FULL
from imodels_nb.api.transport import Request, build_imodel_path
from imodels_nb.errors import UnexpectedResponse
from imodels_nb.fetch.users import fetch_users
from imodels_nb.frames import build_changesets_frame, with_creator_names
from imodels_nb.progress import Progress
from imodels_nb.store import ChangesetStore, find_default_root

Cache: TypeAlias = bool | str | os.PathLike[str]


def fetch_changesets(
    client: IModelsClient,
    imodel_id: str,
    *,
    after_index: int | None = None,
    last_index: int | None = None,
    detail: Literal["minimal", "full"] = "minimal",
    cache: Cache = False,
    names: bool = False,
    progress: bool | None = None,
) -> pd.DataFrame:
    """Fetch an iModel's changesets: the whole timeline, or a range of it.

    Parameters
    ----------
    client
        A client of the API.
    imodel_id
        GUID of the iModel.
    after_index
        Index before the range, as in the API: the range begins after it. By default, the range begins with the first
        changeset.
    last_index
        Last index of the range (inclusive). By default, the newest changeset.
    detail
        ``"minimal"``, or ``"full"`` for the application, the task and the synchronized files of each changeset, which
        takes twice the bytes.
    cache
        Whether to store the timeline on this machine and to request only new changesets: ``True``, or the folder to
        store it in. Stored changesets are returned only after the service has accepted a request for this iModel. Not
        possible with ``detail="full"``, because the full detail of a changeset can still change.
    names
        Whether to add the names of the creators, which are personal data. That takes one more request, for the users.
        Charts, tables, findings and :func:`element_history` show these names if they get this frame. A
        report shows them only with ``write_report(names=True)``. By default, all of them show pseudonyms.
    progress
        Whether to show a progress bar after a second of work. ``None`` shows it in a notebook and in a terminal.

    Returns
    -------
    DataFrame
        One row per changeset, in ascending order; the index is ``changeset_index`` (int64, unique, gaps allowed), so
        that ``frame.loc[first:last]`` is a range, both ends inclusive. Columns, in this order:

        ==========================================================  ===================  ===========================
        ``id``, ``display_name``, ``description``, ``parent_id``    str                  missing is NaN
        ``creator_id``, ``group_id``, ``state``                     category
        ``push_date_time``                                          datetime64[us, UTC]
        ``file_size``                                               int64                bytes
        ``briefcase_id``, ``containing_changes``                    int64                flags of the API
        ``is_regular``, ``has_schema``, ``has_definition``,         bool                 one kind of change each
        ``has_spatial_data``, ``has_sheets_and_drawings``,
        ``has_views_and_models``, ``has_global_properties``,
        ``has_schema_sync``
        ``unknown_bits``                                            int64                flags above 64
        ==========================================================  ===================  ===========================

        ``detail="full"`` adds ``application_id`` and ``application_name`` (category), ``task_id`` (str),
        ``changed_files`` (object: list of str, or None), ``named_version_id`` (str), ``checkpoint_index`` (Int64).
        ``names=True`` adds ``creator_name`` (category), as :func:`with_creator_names` does.

    Raises
    ------
    TypeError, ValueError
        Before any request, if an argument is invalid.
    IncompleteTimeline
        If the rows do not form one unbroken chain. The frame is never incomplete without an error.
    IModelsError
        A subclass for any other failure of the service or the network.

    Notes
    -----
    The names are those of the API's *Get iModel Changesets* page, in snake_case.

    Each changeset names its parent. This chain proves that no row is missing within the range, and none at its edges.
    It cannot prove that the newest changesets of the iModel are there. Nor can it prove that the changesets before one
    with a null parent are there.

    Examples
    --------
    >>> with sample.start(changesets=40) as hub, IModelsClient(hub.credential, base_url=hub.base_url) as client:
    ...     frame = fetch_changesets(client, hub.imodel_id, after_index=30)
    >>> frame.loc[31:33, ["file_size", "has_schema"]].shape
    (3, 2)
    """
    validate_client(client)
    imodel_id = validate_guid("imodel_id", imodel_id)
    if detail not in ("minimal", "full"):
        raise ValueError(f"detail should be 'minimal' or 'full', not {format_argument(detail)}.")
    is_full = detail == "full"
    after = 0 if after_index is None else validate_int("after_index", after_index, 0)
    last = None if last_index is None else validate_int("last_index", last_index, after)
    store = open_store(client, imodel_id, cache)
    if is_full and store:
        raise ValueError('cache stores detail="minimal" only: the full detail can still change. Leave out cache.')
    users = fetch_users(client, imodel_id, personal=True) if validate_bool("names", names) else None
    frame = build_changesets_frame(
        # A variable for the rows would keep them in memory beside the frame.
        _fetch_rows(client, imodel_id, after=after, last=last, is_full=is_full, store=store, progress=progress),
        is_full=is_full,
    )
    return frame if users is None else with_creator_names(frame, users)


def _fetch_rows(
    client: IModelsClient,
    imodel_id: str,
    *,
    after: int,
    last: int | None,
    is_full: bool,
    store: ChangesetStore | None,
    progress: bool | None,
) -> pa.Table:
    """Fetch the rows of a range; with a store, the whole timeline first."""
    if store:
        fetch = ChangesetsFetch(imodel_id, max_workers=client.max_workers, cached_rows=store.read())
    else:
        fetch = ChangesetsFetch(imodel_id, max_workers=client.max_workers, after=after, last=last, is_full=is_full)
    with Progress(progress, "changesets") as bar:
        run_one(
            client,
            fetch,
            lambda: bar.update(fetch.rows_received, fetch.rows_expected, client.throttle.compute_wait()),
        )
    if store:
        store_new_rows(store, fetch)
    return select_range(fetch.join_all_rows(), after, last)


def open_store(client: IModelsClient, imodel_id: str, cache: Cache) -> ChangesetStore | None:
    """Return the stored timeline that the argument `cache` names, or ``None``.

    Raises
    ------
    ValueError
        If `cache` is not a folder, or the user has no home directory.
    """
    if cache is False:
        return None
    if cache is True:
        return ChangesetStore(find_default_root(), client.base_url, imodel_id)
    try:
        root = expand_path(cache)
    except ValueError as error:
        raise ValueError(
            f"cache should be True, False, or the folder to store changesets in, not {format_argument(cache)}: {error}."
        ) from None
    return ChangesetStore(root, client.base_url, imodel_id)


def store_new_rows(store: ChangesetStore, fetch: ChangesetsFetch) -> None:
    """Store the new rows of a finished fetch, and warn if that is not possible."""
    cached = fetch.cached_rows
    try:
        store.append(fetch.select_new_rows(), after=cached.column("index")[-1].as_py() if cached is not None else 0)
    except OSError as error:
        message = f"The changesets could not be stored in {store.folder} ({error.strerror}); the next fetch is slower."
        warnings.warn(message, stacklevel=4)


def fetch_changeset(client: IModelsClient, imodel_id: str, id_or_index: str | int) -> pd.Series:
    """Fetch one changeset.

    Parameters
    ----------
    client
        A client of the API.
    imodel_id
        GUID of the iModel.
    id_or_index
        Its id (40 hexadecimal digits) or its index (from 1).

    Returns
    -------
    Series
        The row of :func:`fetch_changesets` with ``detail="full"``; its name is the index.

    Raises
    ------
    TypeError, ValueError
        Before any request, if an argument is invalid.
    NotFound
        If the iModel has no changeset of that id or index.
    IModelsError
        A subclass for any other failure of the service or the network.

    Examples
    --------
    >>> with sample.start(changesets=40) as hub, IModelsClient(hub.credential, base_url=hub.base_url) as client:
    ...     fetch_changeset(client, hub.imodel_id, 31)["display_name"]
    '31'
    """
    validate_client(client)
    key = _format_path_part(id_or_index)
    fetch = ItemsFetch(
        [Request(f"{build_imodel_path(imodel_id)}/changesets/{key}", {})], CHANGESET_FULL, allow_missing=False
    )
    run_one(client, fetch)
    changeset = build_changesets_frame([row for row in fetch.items if row is not None], is_full=True).iloc[0]
    if key not in {changeset["id"], str(changeset.name)}:
        raise UnexpectedResponse(f"The service sent a changeset other than {key}. Fetch it again.")
    return changeset


def _format_path_part(id_or_index: str | int) -> str:
    if not isinstance(id_or_index, str):
        return str(validate_int("id_or_index", id_or_index, 1))
    if not is_changeset_id(id_or_index.lower()):
        raise ValueError(
            "id_or_index should be an id of 40 hexadecimal digits, or an index as a number, "
            f"not {format_argument(id_or_index)}."
        )
    return id_or_index.lower()
