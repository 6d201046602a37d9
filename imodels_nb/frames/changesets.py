"""The changesets frame, on which charts, findings and reports are built."""

import warnings
from collections.abc import Sequence

import pandas as pd
import pyarrow as pa

from imodels_nb.errors import UnknownChangeWarning
from imodels_nb.frames.change_kinds import KINDS, ContainingChanges
from imodels_nb.frames.columns import TIME, build_table, convert_column, parse_last_segment, read_text, select_field

WAITING = "waitingForFile"
"""State of a changeset whose file is not yet uploaded."""

UPLOADED = "fileUploaded"
"""State of a changeset whose file is uploaded."""

_KNOWN_BITS = ContainingChanges(sum(kind.flag for kind in KINDS.values()))
_NESTED = ["application", "synchronizationInfo", "_links"]
_RELEASE_THRESHOLD = 100_000  # rows from which on unused memory is released between columns
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


def build_changesets_frame(rows: pa.Table | Sequence[pa.RecordBatch], *, is_full: bool = False) -> pd.DataFrame:
    """Build the changesets frame.

    Parameters
    ----------
    rows
        Rows from :func:`imodels_nb.api.decode.decode`: a table, or at least one batch, which may be empty.
    is_full
        Whether the rows have the full representation.

    Returns
    -------
    DataFrame
        One row per changeset, indexed by ``changeset_index`` (int64). Columns and dtypes are those of
        :func:`fetch_changesets`.
    """
    table = build_table(rows)
    del rows  # memory: each Arrow column is released once it is converted
    nested = table.select(_NESTED) if is_full else None
    columns = dict(zip(table.column_names, table.columns, strict=True))
    del table
    index = pd.Index(columns.pop("index").to_numpy(), dtype="int64", name="changeset_index")
    series = {name: _convert_and_release(columns, path, dtype, index) for name, (path, dtype) in _COLUMNS.items()}
    frame = pd.DataFrame(series, index=index)
    frame["state"] = frame["state"].astype(_build_state_dtype(frame["state"]))
    frame = frame.assign(**_build_flag_columns(frame["containing_changes"]))
    return frame if nested is None else frame.assign(**_build_full_columns(nested, frame))


def _convert_and_release(columns: dict[str, pa.ChunkedArray], path: str, dtype: str, index: pd.Index) -> pd.Series:
    """Convert a column and remove it from `columns` to release its memory."""
    if len(index) >= _RELEASE_THRESHOLD:
        pa.default_memory_pool().release_unused()
    return convert_column(columns.pop(path), dtype, index)


def _build_state_dtype(states: pd.Series) -> pd.CategoricalDtype:
    unknown = sorted(set(states.unique()) - {WAITING, UPLOADED})
    return pd.CategoricalDtype([WAITING, UPLOADED, *unknown])


def _build_flag_columns(flags: pd.Series) -> dict[str, pd.Series]:
    unknown = flags & ~int(_KNOWN_BITS)
    if unknown.any():
        _warn_about_unknown_bits(unknown)
    columns = {kind.column: flags & int(kind.flag) != 0 for kind in KINDS.values() if kind.flag}
    return {KINDS["regular"].column: flags == 0} | columns | {"unknown_bits": unknown}


def _warn_about_unknown_bits(unknown: pd.Series) -> None:
    values = ", ".join(f"0x{value:x}" for value in sorted(unknown[unknown != 0].unique()))
    message = (
        f"containingChanges has bits that this version does not know ({values}). "
        "Update imodels_nb, or use the column unknown_bits."
    )
    warnings.warn(message, UnknownChangeWarning, stacklevel=5)


def _build_full_columns(table: pa.Table, frame: pd.DataFrame) -> dict[str, pd.Series]:
    files = select_field(table, "synchronizationInfo", "changedFiles").to_pylist()
    return {
        "application_id": read_text(select_field(table, "application", "id"), frame.index).astype("category"),
        "application_name": read_text(select_field(table, "application", "name"), frame.index).astype("category"),
        "task_id": read_text(select_field(table, "synchronizationInfo", "taskId"), frame.index),
        "changed_files": pd.Series(files, index=frame.index, dtype=object),
        "named_version_id": parse_last_segment(select_field(table, "_links", "namedVersion", "href"), frame.index),
        "checkpoint_index": _parse_checkpoint_index(
            select_field(table, "_links", "currentOrPrecedingCheckpoint", "href"), frame
        ),
    }


def _parse_checkpoint_index(links: pa.ChunkedArray, frame: pd.DataFrame) -> pd.Series:
    """Parse ``.../changesets/{id or index}/checkpoint`` to a changeset index."""
    keys = read_text(links, frame.index).str.extract(r"/changesets/([^/]+)/checkpoint$", expand=False)
    by_id = pd.Series(frame.index, index=frame["id"])
    is_index = keys.str.fullmatch(r"\d{1,18}").fillna(value=False)
    indexes = pd.to_numeric(keys.where(is_index), errors="coerce").astype("Int64")
    return indexes.fillna(keys.where(~is_index).map(by_id).astype("Int64"))
