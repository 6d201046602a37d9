"""From an iModel id to its changesets."""

import re
from functools import partial
from typing import Any, Literal

import pandas as pd
import pyarrow as pa

from imodels_nb._validation import format_argument, validate_int
from imodels_nb.api import IModelsClient
from imodels_nb.api.client import validate_client
from imodels_nb.api.executor import run_one
from imodels_nb.api.paging import ItemsFetch, build_imodel_path
from imodels_nb.api.schemas import CHANGESET_FULL
from imodels_nb.api.transport import Request
from imodels_nb.fetch.reading import Cache, Reading
from imodels_nb.frames import changesets_frame
from imodels_nb.progress import Progress

_ID = re.compile(r"[0-9a-fA-F]{40}")


def fetch_changesets(
    client: IModelsClient,
    imodel_id: str,
    *,
    after_index: int | None = None,
    last_index: int | None = None,
    detail: Literal["minimal", "full"] = "minimal",
    cache: Cache = False,
    progress: bool | None = None,
) -> pd.DataFrame:
    """Fetch an iModel's changesets: the whole timeline, or a part of it.

    Parameters
    ----------
    client
        A connection to the API.
    imodel_id
        GUID of the iModel.
    after_index
        Leave out changesets up to and including this index (exclusive start, as the API has it).
    last_index
        Leave out changesets after this index (inclusive end).
    detail
        ``"minimal"``, or ``"full"`` for who synchronised which files with what application, at twice the bytes.
    cache
        Keep the timeline on this machine, and ask only for what is new: ``True``, or the folder to keep it in. What is
        kept is shown only after the service has answered a request for this iModel. Not together with
        ``detail="full"``, which holds what may still change.
    progress
        Show a bar after a second of work. ``None`` decides: in a notebook and in a terminal, yes.

    Returns
    -------
    DataFrame
        One row a changeset, ascending; the index is ``changeset_index`` (int64, unique, gaps allowed), so that
        ``frame.loc[first:last]`` is a range, both ends inclusive. Columns, in this order:

        ==========================================================  ===================  ===========================
        ``id``, ``display_name``, ``description``, ``parent_id``    str                  missing is NaN
        ``creator_id``, ``group_id``, ``state``                     category
        ``push_date_time``                                          datetime64[us, UTC]
        ``file_size``                                               int64                bytes
        ``briefcase_id``, ``containing_changes``                    int64                flags as they came
        ``is_regular``, ``has_schema``, ``has_definition``,         bool                 one a kind of change, by bit
        ``has_spatial_data``, ``has_sheets_and_drawings``,
        ``has_views_and_models``, ``has_global_properties``,
        ``has_schema_sync``
        ``unknown_bits``                                            int64                flags above 64
        ==========================================================  ===================  ===========================

        ``detail="full"`` adds ``application_id`` and ``application_name`` (category), ``task_id`` (str),
        ``changed_files`` (object: list of str, or None), ``named_version_id`` (str), ``checkpoint_index`` (Int64).

    Raises
    ------
    ValueError
        Before any request, when an argument makes no sense.
    IncompleteTimeline
        When the rows do not form one unbroken chain. There is never a silent part.
    IModelsError
        One of its kinds for everything that the service or the network does wrong.

    Notes
    -----
    The names are those of the API's *Get iModel Changesets* page, in snake_case.

    Each changeset names its parent, and the chain of parents proves that no row is missing: not within the frame, and
    not at its edges. The first row is checked against the changeset before `after_index`, the last row against the one
    behind `last_index`; both come in the same page where it has room for them. No row names the newest changeset of an
    iModel: if the service leaves out the newest ones, nothing proves it. A row with a null parent proves nothing
    either.

    Examples
    --------
    >>> with sample.start(changesets=40) as hub, IModelsClient(hub.credential, base_url=hub.base_url) as client:
    ...     frame = fetch_changesets(client, hub.imodel_id, after_index=30)
    >>> frame.loc[31:33, ["file_size", "has_schema"]].shape
    (3, 2)
    """
    validate_client(client)
    if detail not in ("minimal", "full"):
        raise ValueError(f"detail should be 'minimal' or 'full', not {format_argument(detail)}.")
    after = 0 if after_index is None else validate_int("after_index", after_index, 0)
    last = None if last_index is None else validate_int("last_index", last_index, after)
    full = detail == "full"
    return changesets_frame(
        _read(client, imodel_id, progress, after=after, last=last, full=full, cache=cache), full=full
    )


def _read(client: IModelsClient, imodel_id: str, progress: bool | None, **what: Any) -> pa.Table:
    """Read the rows, and keep nothing that holds on to them: a million take as much memory as their frame."""
    reading = Reading(client, imodel_id, **what)
    with Progress(progress, "changesets") as bar:
        run_one(client, reading, partial(_look, client, reading, bar))
    return reading.rows()


def fetch_changeset(client: IModelsClient, imodel_id: str, id_or_index: str | int) -> pd.Series:
    """Fetch one changeset.

    Parameters
    ----------
    client
        A connection to the API.
    imodel_id
        GUID of the iModel.
    id_or_index
        Its id, 40 hexadecimal digits, or its index, from 1.

    Returns
    -------
    Series
        The row that :func:`fetch_changesets` has for it with ``detail="full"``; its name is the index.

    Raises
    ------
    ValueError
        Before any request, when an argument makes no sense.
    NotFound
        When there is no such changeset.
    IModelsError
        One of its kinds for everything else that the service or the network does wrong.

    Examples
    --------
    >>> with sample.start(changesets=40) as hub, IModelsClient(hub.credential, base_url=hub.base_url) as client:
    ...     fetch_changeset(client, hub.imodel_id, 31)["display_name"]
    '31'
    """
    validate_client(client)
    request = Request(f"{build_imodel_path(imodel_id)}/changesets/{_key(id_or_index)}", {})
    fetch = ItemsFetch([request], CHANGESET_FULL, allow_missing=False)
    run_one(client, fetch)
    return changesets_frame([row for row in fetch.items if row is not None], full=True).iloc[0]


def _look(client: IModelsClient, reading: Reading, bar: Progress) -> None:
    bar.update(reading.rows_received, reading.rows_expected, client.throttle.remaining_hold())


def _key(id_or_index: str | int) -> str:
    if not isinstance(id_or_index, str):
        return str(validate_int("id_or_index", id_or_index, 1))
    if not _ID.fullmatch(id_or_index):
        raise ValueError(
            f"A changeset's id has 40 hexadecimal digits; an index is a number. Got {format_argument(id_or_index)}."
        )
    return id_or_index.lower()
