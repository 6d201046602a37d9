"""Frames of named versions, checkpoints, groups and extended data."""

import base64
import json
import warnings
from collections.abc import Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

from imodels_nb._format import format_count
from imodels_nb.errors import DamagedValueWarning
from imodels_nb.frames.columns import (
    TIME,
    build_table,
    parse_last_segment,
    read_changeset_indexes,
    read_columns,
    read_ids,
    select_field,
)

_NAMED_VERSIONS = {
    "id": ("id", "str"),
    "name": ("name", "str"),
    "description": ("description", "str"),
    "changeset_id": ("changesetId", "str"),
    "created_date_time": ("createdDateTime", TIME),
    "state": ("state", "category"),
    "application_name": ("application.name", "category"),
}
_CHANGESET_GROUPS = {
    "description": ("description", "str"),
    "state": ("state", "category"),
    "creator_id": ("creatorId", "category"),
    "created_date_time": ("createdDateTime", TIME),
}
_GROUP_DTYPES = {
    "first_index": "Int64",
    "last_index": "Int64",
    "changesets": "int64",
    "bytes": "int64",
    "duration": "timedelta64[us]",
}
_DAMAGED = object()


def build_named_versions_frame(batches: Sequence[pa.RecordBatch]) -> pd.DataFrame:
    """Build the named versions frame.

    Parameters
    ----------
    batches
        Rows from :func:`imodels_nb.api.decode.decode`: at least one batch, which may be empty.

    Returns
    -------
    DataFrame
        One row per named version, indexed by ``changeset_index`` (int64, 0 is the baseline). Columns and dtypes
        are those of :func:`fetch_named_versions`.
    """
    table = build_table(batches)
    index = read_changeset_indexes(table)
    frame = read_columns(table, _NAMED_VERSIONS, index)
    creators = parse_last_segment(select_field(table, "_links", "creator", "href"), index)
    return frame.assign(creator_id=creators.astype("category"))


def build_checkpoints_frame(versions: pd.DataFrame, responses: Sequence[pa.RecordBatch | None]) -> pd.DataFrame:
    """Build the checkpoints frame.

    Parameters
    ----------
    versions
        The named versions frame.
    responses
        One row for each of them, or ``None`` where there is no checkpoint.

    Returns
    -------
    DataFrame
        One row per named version. Columns and dtypes are those of :func:`fetch_checkpoints`.
    """
    rows = [batch.to_pylist()[0] if batch is not None else {"state": "notGenerated"} for batch in responses]
    return pd.DataFrame(
        {
            "state": pd.Series([row["state"] for row in rows], versions.index, dtype="str").astype("category"),
            "size": pd.Series([row.get("size") for row in rows], versions.index, dtype="Int64"),
            "changeset_id": versions["changeset_id"],
            "named_version_id": versions["id"],
        },
        index=versions.index,
    )


def build_changeset_groups_frame(batches: Sequence[pa.RecordBatch], changesets: pd.DataFrame) -> pd.DataFrame:
    """Build the changeset groups frame: one row for each run.

    Parameters
    ----------
    batches
        Rows from :func:`imodels_nb.api.decode.decode`: at least one batch, which may be empty.
    changesets
        The changesets frame. Changesets name their group; a group does not name its changesets.

    Returns
    -------
    DataFrame
        One row per group, indexed by ``id``. Columns and dtypes are those of :func:`fetch_changeset_groups`.
    """
    table = build_table(batches)
    index = read_ids(table)
    frame = read_columns(table, _CHANGESET_GROUPS, index).join(_summarize_pushes(changesets).reindex(index))
    return frame.fillna({"changesets": 0, "bytes": 0}).astype(_GROUP_DTYPES)


def _summarize_pushes(changesets: pd.DataFrame) -> pd.DataFrame:
    rows = pd.DataFrame(
        {
            "group": changesets["group_id"].astype("str"),
            "index": changesets.index,
            "bytes": changesets["file_size"],
            "time": changesets["push_date_time"],
        }
    )
    groups = rows.dropna(subset="group").groupby("group")
    pushes = groups.agg(
        first_index=("index", "min"), last_index=("index", "max"), changesets=("index", "size"), bytes=("bytes", "sum")
    )
    return pushes.assign(duration=groups["time"].max() - groups["time"].min())


def build_extended_data_frame(batches: Sequence[pa.RecordBatch]) -> pd.DataFrame:
    """Build the frame of :func:`fetch_extended_data` from at least one batch.

    Warns
    -----
    DamagedValueWarning
        If the data of a changeset are no JSON in base64; they are then ``None``.
    """
    table = build_table(batches)
    index = read_changeset_indexes(table)
    frame = read_columns(table, {"changeset_id": ("changesetId", "str")}, index)
    data = [_parse_extended_data(text) for text in table.column("data").to_pylist()]
    damaged = index[[value is _DAMAGED for value in data]]
    if len(damaged):
        message = (
            f"The extended data of {format_count(len(damaged), 'changeset')} cannot be read, the first of them "
            f"{damaged[0]:,}: no JSON in base64. They are missing here. The other values are complete."
        )
        warnings.warn(message, DamagedValueWarning, stacklevel=3)
    values = [None if value is _DAMAGED else value for value in data]
    return frame.assign(data=pd.Series(values, index=index, dtype="object")).sort_index()


def _parse_extended_data(text: str) -> Any:
    try:
        return json.loads(base64.b64decode(text, validate=True))
    except (ValueError, RecursionError):
        return _DAMAGED
