"""Named versions, and the checkpoints that go with them."""

from collections.abc import Sequence

import pandas as pd
import pyarrow as pa

from imodels_nb.frames.columns import TIME, columns_of, field, last_segment, table_of

_NAMED_VERSIONS = {
    "id": ("id", "str"),
    "name": ("name", "str"),
    "description": ("description", "str"),
    "changeset_id": ("changesetId", "str"),
    "created_date_time": ("createdDateTime", TIME),
    "state": ("state", "category"),
    "application_name": ("application.name", "category"),
}


def named_versions_frame(batches: Sequence[pa.RecordBatch]) -> pd.DataFrame:
    """Build the named versions frame.

    Parameters
    ----------
    batches
        Rows as :func:`imodels_nb.api.decode.decode` gives them; at least one batch, which may be empty.

    Returns
    -------
    DataFrame
        One row a named version, indexed by ``changeset_index`` (int64, 0 = the baseline); columns and dtypes as in
        :func:`fetch_named_versions`.
    """
    table = table_of(batches)
    index = pd.Index(table.column("changesetIndex").to_numpy(), dtype="int64", name="changeset_index")
    frame = columns_of(table, _NAMED_VERSIONS, index)
    frame["creator_id"] = last_segment(field(table, "_links", "creator", "href"), frame).astype("category")
    return frame


def checkpoints_frame(versions: pd.DataFrame, answers: Sequence[pa.RecordBatch | None]) -> pd.DataFrame:
    """Build the checkpoints frame.

    Parameters
    ----------
    versions
        The named versions.
    answers
        For each of them one row, or ``None`` where there is no checkpoint.

    Returns
    -------
    DataFrame
        One row a named version; columns and dtypes as in :func:`fetch_checkpoints`.
    """
    found = [row.to_pylist()[0] if row is not None else {"state": "notGenerated"} for row in answers]
    return pd.DataFrame(
        {
            "state": pd.Series([row["state"] for row in found], versions.index, dtype="str").astype("category"),
            "size": pd.Series([row.get("size") for row in found], versions.index, dtype="Int64"),
            "changeset_id": versions["changeset_id"],
            "named_version_id": versions["id"],
        },
        index=versions.index,
    )
