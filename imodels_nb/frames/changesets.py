"""The changesets frame, the waist of the project: left of it nobody knows a chart, right of it nobody knows HTTP."""

import warnings
from collections.abc import Sequence

import pandas as pd
import pyarrow as pa

from imodels_nb.errors import UnknownChangeWarning
from imodels_nb.frames.changes import KINDS, ContainingChanges
from imodels_nb.frames.columns import TIME, field, last_segment, table_of, text, typed

_KNOWN_BITS = ContainingChanges(sum(kind.flag for kind in KINDS.values()))
_NESTED = ["application", "synchronizationInfo", "_links"]
_MANY = 100_000
_STATES = ("waitingForFile", "fileUploaded")
_COLUMNS = {
    "id": ("id", "str"),
    "display_name": ("displayName", "str"),
    "description": ("description", "str"),
    "parent_id": ("parentId", "str"),
    "creator_id": ("creatorId", "category"),
    "group_id": ("groupId", "category"),
    "state": ("state", "category"),
    "push_date_time": ("pushDateTime", TIME),
    "file_size": ("fileSize", "int64"),
    "briefcase_id": ("briefcaseId", "int64"),
    "containing_changes": ("containingChanges", "int64"),
}


def changesets_frame(rows: pa.Table | Sequence[pa.RecordBatch], *, full: bool = False) -> pd.DataFrame:
    """Build the changesets frame.

    Parameters
    ----------
    rows
        Rows as :func:`imodels_nb.api.decode.decode` gives them: a table, or at least one batch, which may be empty.
    full
        Whether they hold the full representation.

    Returns
    -------
    DataFrame
        One row a changeset, indexed by ``changeset_index`` (int64); columns and dtypes as in :func:`fetch_changesets`.
    """
    table = table_of(rows)
    del rows  # of a million, what has been converted has to go before the rest is
    nested = table.select(_NESTED) if full else None
    columns = dict(zip(table.column_names, table.columns, strict=True))
    del table
    index = pd.Index(columns.pop("index").to_numpy(), dtype="int64", name="changeset_index")
    series = {name: _taken(columns, path, dtype, index) for name, (path, dtype) in _COLUMNS.items()}
    frame = pd.DataFrame(series, index=index)
    frame["state"] = frame["state"].astype(_state_dtype(frame["state"]))
    frame = frame.assign(**_flag_columns(frame["containing_changes"]))
    return frame if nested is None else frame.assign(**_full_columns(nested, frame))


def _taken(columns: dict[str, pa.ChunkedArray], path: str, dtype: str, index: pd.Index) -> pd.Series:
    """Convert a column, after what Arrow would rather keep for later has been let go."""
    if len(index) >= _MANY:
        pa.default_memory_pool().release_unused()
    return typed(columns.pop(path), dtype, index)


def _state_dtype(states: pd.Series) -> pd.CategoricalDtype:
    unknown = sorted(set(states.unique()) - set(_STATES))
    return pd.CategoricalDtype([*_STATES, *unknown])


def _flag_columns(flags: pd.Series) -> dict[str, pd.Series]:
    unknown = flags & ~int(_KNOWN_BITS)
    if unknown.any():
        _warn_of(unknown)
    columns = {kind.column: flags & int(kind.flag) != 0 for kind in KINDS.values() if kind.flag}
    return {KINDS["regular"].column: flags == 0} | columns | {"unknown_bits": unknown}


def _warn_of(unknown: pd.Series) -> None:
    values = ", ".join(f"0x{value:x}" for value in sorted(unknown[unknown != 0].unique()))
    message = f"containingChanges holds bits without a name here ({values}); see the unknown_bits column."
    warnings.warn(message, UnknownChangeWarning, stacklevel=5)


def _full_columns(table: pa.Table, frame: pd.DataFrame) -> dict[str, pd.Series]:
    files = field(table, "synchronizationInfo", "changedFiles").to_pylist()
    return {
        "application_id": text(field(table, "application", "id"), frame).astype("category"),
        "application_name": text(field(table, "application", "name"), frame).astype("category"),
        "task_id": text(field(table, "synchronizationInfo", "taskId"), frame),
        "changed_files": pd.Series(files, index=frame.index, dtype=object),
        "named_version_id": last_segment(field(table, "_links", "namedVersion", "href"), frame),
        "checkpoint_index": _checkpoint_index(field(table, "_links", "currentOrPrecedingCheckpoint", "href"), frame),
    }


def _checkpoint_index(links: pa.ChunkedArray, frame: pd.DataFrame) -> pd.Series:
    """Read ``.../changesets/{id or index}/checkpoint``; the link may name the changeset either way."""
    keys = text(links, frame).str.extract(r"/changesets/([^/]+)/checkpoint$", expand=False)
    by_id = pd.Series(frame.index, index=frame["id"])
    is_index = keys.str.fullmatch(r"\d{1,18}").fillna(value=False)
    indices = pd.to_numeric(keys.where(is_index), errors="coerce").astype("Int64")
    return indices.fillna(keys.where(~is_index).map(by_id).astype("Int64"))
