"""Frames of briefcases and locks."""

from collections.abc import Sequence

import pandas as pd
import pyarrow as pa

from imodels_nb.errors import UnexpectedResponse
from imodels_nb.frames.columns import TIME, build_table, read_columns

LOCK_LEVELS = ("shared", "exclusive")
"""Levels of a lock, from the weaker to the stronger."""

_BRIEFCASES = {
    "owner_id": ("ownerId", "category"),
    "acquired_date_time": ("acquiredDateTime", TIME),
    "file_size": ("fileSize", "Int64"),
    "application_name": ("application.name", "category"),
}

_PERSONAL = {"device_name": ("deviceName", "str")}


def build_briefcases_frame(batches: Sequence[pa.RecordBatch], *, personal: bool) -> pd.DataFrame:
    """Build the frame of :func:`fetch_briefcases` from at least one batch.

    With `personal`, the frame has names of devices, which often are those of people.
    """
    table = build_table(batches)
    index = pd.Index(table.column("briefcaseId").to_numpy(), dtype="int64", name="briefcase_id")
    return read_columns(table, _BRIEFCASES | (_PERSONAL if personal else {}), index).sort_index()


def build_locks_frame(batches: Sequence[pa.RecordBatch]) -> pd.DataFrame:
    """Build the frame of :func:`fetch_locks` from at least one batch.

    Raises
    ------
    UnexpectedResponse
        If a briefcase has two locks on one object.
    """
    locks = [
        (row["briefcaseId"], object_id, group["lockLevel"])
        for row in build_table(batches).to_pylist()
        for group in row["lockedObjects"]
        if group  # the API allows null in the list
        for object_id in group["objectIds"] or ()
        if object_id
    ]
    numbers, objects, levels = (list(column) for column in zip(*locks, strict=True)) if locks else ([], [], [])
    arrays = [pd.Index(numbers, dtype="int64"), pd.Index(objects, dtype="str")]
    index = pd.MultiIndex.from_arrays(arrays, names=["briefcase_id", "object_id"])
    if not index.is_unique:
        raise UnexpectedResponse("The locks changed during the fetch: one of them came twice. Fetch again.")
    others = sorted(set(levels) - {*LOCK_LEVELS, None})
    level = pd.Categorical(levels, categories=pd.Index([*LOCK_LEVELS, *others], dtype="str"), ordered=False)
    return pd.DataFrame({"lock_level": pd.Series(level, index=index)}).sort_index()
