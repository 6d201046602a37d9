"""Arrow rows to typed DataFrames: the column contract, the waist of the project.

Left of this module nobody knows a chart, right of it nobody knows HTTP. Dtypes never depend on the data: an empty
answer gives the very same columns.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntFlag

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from imodels_nb.errors import UnknownChangeWarning


class ContainingChanges(IntFlag):
    """The bits of ``containingChanges``. Any may be combined, and unknown ones are kept.

    The published page names the bits up to 32; 64 is in the vendor's TypeScript client (5.0 and later).

    Examples
    --------
    >>> ContainingChanges(18)
    <ContainingChanges.DEFINITION|VIEWS_AND_MODELS: 18>
    """

    REGULAR = 0
    SCHEMA = 1
    DEFINITION = 2
    SPATIAL_DATA = 4
    SHEETS_AND_DRAWINGS = 8
    VIEWS_AND_MODELS = 16
    GLOBAL_PROPERTIES = 32
    SCHEMA_SYNC = 64


@dataclass(frozen=True)
class Kind:
    """One kind of change: its flag, the frame's boolean column, what people read, and its colour."""

    flag: ContainingChanges
    column: str
    label: str
    colour: str


KINDS = {
    kind.column.removeprefix("has_").removeprefix("is_"): kind
    for kind in (
        Kind(ContainingChanges.REGULAR, "is_regular", "regular", "#7a8594"),
        Kind(ContainingChanges.SCHEMA, "has_schema", "schema", "#d55e00"),
        Kind(ContainingChanges.DEFINITION, "has_definition", "definition", "#0072b2"),
        Kind(ContainingChanges.SPATIAL_DATA, "has_spatial_data", "spatial data", "#009e73"),
        Kind(ContainingChanges.SHEETS_AND_DRAWINGS, "has_sheets_and_drawings", "sheets and drawings", "#b07a00"),
        Kind(ContainingChanges.VIEWS_AND_MODELS, "has_views_and_models", "views and models", "#3d8fc9"),
        Kind(ContainingChanges.GLOBAL_PROPERTIES, "has_global_properties", "global properties", "#c465a0"),
        Kind(ContainingChanges.SCHEMA_SYNC, "has_schema_sync", "schema sync", "#8a6fc8"),
    )
}
"""Kind by name, in the order of the bits. The colours hold 3:1 against white and against near-black."""

_KNOWN_BITS = ContainingChanges(sum(kind.flag for kind in KINDS.values()))
_STATES = ("waitingForFile", "fileUploaded")
_SNAKE = {
    "id": "id",
    "displayName": "display_name",
    "description": "description",
    "parentId": "parent_id",
    "creatorId": "creator_id",
    "groupId": "group_id",
    "state": "state",
    "pushDateTime": "push_date_time",
    "fileSize": "file_size",
    "briefcaseId": "briefcase_id",
    "containingChanges": "containing_changes",
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
    table = _table(rows)
    frame = _to_pandas(table, _SNAKE)
    frame.index = pd.Index(table.column("index").to_numpy(), dtype="int64", name="changeset_index")
    frame["state"] = frame["state"].astype(_state_dtype(frame["state"]))
    for column in ("creator_id", "group_id"):
        frame[column] = frame[column].astype("category")
    frame = frame.assign(**_flag_columns(frame["containing_changes"]))
    return frame.assign(**_full_columns(table, frame)) if full else frame


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
    table = _table(batches)
    names = {
        "id": "id",
        "name": "name",
        "description": "description",
        "changesetId": "changeset_id",
        "createdDateTime": "created_date_time",
        "state": "state",
    }
    frame = _to_pandas(table, names)
    frame.index = pd.Index(table.column("changesetIndex").to_numpy(), dtype="int64", name="changeset_index")
    frame["state"] = frame["state"].astype("category")
    frame["application_name"] = _text(_field(table, "application", "name"), frame).astype("category")
    frame["creator_id"] = _last_segment(_field(table, "_links", "creator", "href"), frame).astype("category")
    return frame


def _table(rows: pa.Table | Sequence[pa.RecordBatch]) -> pa.Table:
    table = rows if isinstance(rows, pa.Table) else pa.Table.from_batches(rows)
    return table.combine_chunks()


def _to_pandas(table: pa.Table, names: dict[str, str]) -> pd.DataFrame:
    """Rename and convert; times are cut (not rounded) to microseconds, pandas' default unit."""
    table = table.select(list(names)).rename_columns(list(names.values()))
    for position, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            micros = table.column(position).cast(pa.timestamp("us", "UTC"), safe=False)
            table = table.set_column(position, field.name, micros)
    frame: pd.DataFrame = table.to_pandas()
    return frame


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
    files = _field(table, "synchronizationInfo", "changedFiles").to_pylist()
    return {
        "application_id": _text(_field(table, "application", "id"), frame).astype("category"),
        "application_name": _text(_field(table, "application", "name"), frame).astype("category"),
        "task_id": _text(_field(table, "synchronizationInfo", "taskId"), frame),
        "changed_files": pd.Series(files, index=frame.index, dtype=object),
        "named_version_id": _last_segment(_field(table, "_links", "namedVersion", "href"), frame),
        "checkpoint_index": _checkpoint_index(_field(table, "_links", "currentOrPrecedingCheckpoint", "href"), frame),
    }


def _field(table: pa.Table, *path: str) -> pa.ChunkedArray:
    return pc.struct_field(table.column(path[0]), list(path[1:]))


def _text(values: pa.ChunkedArray, frame: pd.DataFrame) -> pd.Series:
    return pd.Series(values.to_pandas().to_numpy(), index=frame.index, dtype="str")


def _last_segment(links: pa.ChunkedArray, frame: pd.DataFrame) -> pd.Series:
    return _text(links, frame).str.extract(r"([^/]+)$", expand=False)


def _checkpoint_index(links: pa.ChunkedArray, frame: pd.DataFrame) -> pd.Series:
    """Read ``.../changesets/{id or index}/checkpoint``; the link may name the changeset either way."""
    keys = _text(links, frame).str.extract(r"/changesets/([^/]+)/checkpoint$", expand=False)
    by_id = pd.Series(frame.index, index=frame["id"])
    is_index = keys.str.fullmatch(r"\d{1,18}").fillna(value=False)
    indices = pd.to_numeric(keys.where(is_index), errors="coerce").astype("Int64")
    return indices.fillna(keys.where(~is_index).map(by_id).astype("Int64"))
