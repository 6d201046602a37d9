"""Frames of iModels, iTwins and permissions."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

from imodels_nb.frames.columns import TIME, build_table, read_columns, read_ids

_IMODELS = {
    "display_name": ("displayName", "str"),
    "description": ("description", "str"),
    "state": ("state", "category"),
    "created_date_time": ("createdDateTime", TIME),
    "last_push_date_time": ("lastChangesetPushDateTime", TIME),
    "itwin_id": ("iTwinId", "str"),
    "data_center": ("dataCenterLocation", "category"),
    "south": ("extent.southWest.latitude", "float64"),
    "west": ("extent.southWest.longitude", "float64"),
    "north": ("extent.northEast.latitude", "float64"),
    "east": ("extent.northEast.longitude", "float64"),
    "containers_enabled": ("containersEnabled", "Int64"),
}
_ITWINS = {
    "display_name": ("displayName", "str"),
    "number": ("number", "str"),
    "class": ("class", "category"),
    "sub_class": ("subClass", "category"),
    "type": ("type", "str"),
    "status": ("status", "category"),
}
PERMISSIONS = ("imodels_webview", "imodels_read", "imodels_write", "imodels_manage", "imodels_delete")
"""Permissions that the service documents, from the weakest to the strongest."""


def build_imodels_frame(batches: Sequence[pa.RecordBatch]) -> pd.DataFrame:
    """Build the frame of :func:`fetch_imodels` from at least one batch."""
    table = build_table(batches)
    return read_columns(table, _IMODELS, read_ids(table))


def build_imodel(row: pa.RecordBatch, operation: Mapping[str, Any]) -> pd.Series:
    """Build the Series of :func:`fetch_imodel`.

    Parameters
    ----------
    row
        The iModel.
    operation
        How it was created: ``clonedFrom`` and ``forkedFrom``, each of which may be missing.
    """
    frame = build_imodels_frame([row])
    cloned, forked = operation.get("clonedFrom"), operation.get("forkedFrom")
    origin = cloned or forked or {}
    more = {
        "origin": "clone" if cloned else "fork" if forked else None,
        "origin_imodel_id": origin.get("iModelId"),
        "origin_changeset_id": origin.get("changesetId"),
    }
    texts = {name: pd.Series([text], index=frame.index, dtype="str") for name, text in more.items()}
    imodel: pd.Series = frame.assign(**texts).iloc[0]
    return imodel


def build_itwins_frame(batches: Sequence[pa.RecordBatch]) -> pd.DataFrame:
    """Build the frame of :func:`fetch_itwins` from at least one batch."""
    table = build_table(batches)
    return read_columns(table, _ITWINS, read_ids(table))


def build_permissions(granted: Iterable[str]) -> pd.Series:
    """Build the Series of :func:`fetch_permissions` from the names of the permissions."""
    names = [name.replace("-", "_") for name in granted]  # the vendor's client spells one with a hyphen
    index = pd.Index([*PERMISSIONS, *sorted(set(names) - set(PERMISSIONS))], dtype="str", name="permission")
    return pd.Series(index.isin(names), index=index, dtype="bool", name="is_granted")
