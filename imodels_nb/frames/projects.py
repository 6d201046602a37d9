"""Where changesets live: iModels, and the iTwins that hold them."""

from collections.abc import Sequence

import pandas as pd
import pyarrow as pa

from imodels_nb.frames.columns import TIME, columns_of, ids, table_of

_IMODELS = {
    "display_name": ("displayName", "str"),
    "description": ("description", "str"),
    "state": ("state", "category"),
    "created_date_time": ("createdDateTime", TIME),
    "last_push_date_time": ("lastChangesetPushDateTime", TIME),
    "itwin_id": ("iTwinId", "str"),
    "data_center": ("dataCenterLocation", "category"),
}
_ITWINS = {
    "display_name": ("displayName", "str"),
    "number": ("number", "str"),
    "class": ("class", "category"),
    "sub_class": ("subClass", "category"),
    "type": ("type", "str"),
    "status": ("status", "category"),
}


def imodels_frame(batches: Sequence[pa.RecordBatch]) -> pd.DataFrame:
    """Build the iModels frame from at least one batch, which may be empty; as in :func:`fetch_imodels`."""
    table = table_of(batches)
    return columns_of(table, _IMODELS, ids(table))


def itwins_frame(batches: Sequence[pa.RecordBatch]) -> pd.DataFrame:
    """Build the iTwins frame from at least one batch, which may be empty; as in :func:`fetch_itwins`."""
    table = table_of(batches)
    return columns_of(table, _ITWINS, ids(table))
