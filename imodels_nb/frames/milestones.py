"""Named versions, and the checkpoints that go with them."""

from collections.abc import Sequence

import pandas as pd
import pyarrow as pa

from imodels_nb.frames.columns import field, last_segment, table_of, text, to_pandas


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
    names = {
        "id": "id",
        "name": "name",
        "description": "description",
        "changesetId": "changeset_id",
        "createdDateTime": "created_date_time",
        "state": "state",
    }
    frame = to_pandas(table, names)
    frame.index = pd.Index(table.column("changesetIndex").to_numpy(), dtype="int64", name="changeset_index")
    frame["state"] = frame["state"].astype("category")
    frame["application_name"] = text(field(table, "application", "name"), frame).astype("category")
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
