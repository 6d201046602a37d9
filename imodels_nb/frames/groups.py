"""Changeset groups: one run of a synchronization each, and what it pushed."""

from collections.abc import Sequence

import pandas as pd
import pyarrow as pa

from imodels_nb.frames.columns import TIME, columns_of, ids, table_of

_COLUMNS = {
    "description": ("description", "str"),
    "state": ("state", "category"),
    "creator_id": ("creatorId", "category"),
    "created_date_time": ("createdDateTime", TIME),
}


def changeset_groups_frame(batches: Sequence[pa.RecordBatch], changesets: pd.DataFrame) -> pd.DataFrame:
    """Build the changeset groups frame.

    Parameters
    ----------
    batches
        Rows as :func:`imodels_nb.api.decode.decode` gives them; at least one batch, which may be empty.
    changesets
        The changesets, which name their groups; a group does not name its changesets.

    Returns
    -------
    DataFrame
        One row a group, indexed by ``id``; columns and dtypes as in :func:`fetch_changeset_groups`.
    """
    table = table_of(batches)
    index = ids(table)
    return columns_of(table, _COLUMNS, index).join(_pushed(changesets).reindex(index)).pipe(_typed)


def _pushed(changesets: pd.DataFrame) -> pd.DataFrame:
    rows = pd.DataFrame(
        {
            "group": changesets["group_id"].astype("str"),
            "index": changesets.index,
            "bytes": changesets["file_size"],
            "time": changesets["push_date_time"],
        }
    )
    groups = rows.dropna(subset="group").groupby("group")
    pushed = groups.agg(
        first_index=("index", "min"), last_index=("index", "max"), changesets=("index", "size"), bytes=("bytes", "sum")
    )
    return pushed.assign(duration=groups["time"].max() - groups["time"].min())


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    counts = frame[["changesets", "bytes"]].fillna(0)
    return frame.assign(changesets=counts["changesets"], bytes=counts["bytes"]).astype(
        {
            "first_index": "Int64",
            "last_index": "Int64",
            "changesets": "int64",
            "bytes": "int64",
            "duration": "timedelta64[us]",
        }
    )
