"""Builders of the three frames of changes, column by column."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from imodels_nb.frames import ENTITIES, OPERATIONS

_BATCH = 1 << 16  # rows that wait as Python objects
_TEXT = pd.StringDtype("pyarrow", na_value=np.nan)
_TEXT_TYPE = pa.large_string()
_TYPES = {"text": _TEXT_TYPE, "number": pa.int64(), "flag": pa.bool_()}


class Columns:
    """Columns that take Python objects, and store them as Arrow arrays.

    Parameters
    ----------
    types
        Arrow type of each column.
    """

    def __init__(self, types: dict[str, pa.DataType]) -> None:
        self._types = types
        self._lists: dict[str, list[Any]] = {name: [] for name in types}
        self._chunks: dict[str, list[pa.Array]] = {name: [] for name in types}

    def extend(self, **columns: Iterable[Any]) -> None:
        """Add rows: values of equal number for each column."""
        for name, values in columns.items():
            self._lists[name].extend(values)
        if len(next(iter(self._lists.values()))) >= _BATCH:
            self._flush()

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        return list(self._types)

    def add_arrays(self, arrays: Mapping[str, pa.Array]) -> None:
        """Add rows: an Arrow array of equal length for each column."""
        self._flush()
        for name, array in arrays.items():
            self._chunks[name].append(array)

    def take(self, name: str) -> pa.Array:
        """Return a column and forget it, so that its memory can be released."""
        self._flush()
        chunks = self._chunks[name]
        self._chunks[name] = []
        column = pa.chunked_array(chunks, self._types[name]).combine_chunks()
        return column if isinstance(column, pa.Array) else pa.concat_arrays(column.chunks)

    def _flush(self) -> None:
        for name, values in self._lists.items():
            if values:
                self._chunks[name].append(pa.array(values, self._types[name]))
                self._lists[name] = []


class Codes(dict[Hashable, int]):
    """Numbers for values that repeat; a missing value has -1.

    Parameters
    ----------
    values
        Values that have their number from the start.
    """

    def __init__(self, values: Iterable[Hashable] = ()) -> None:
        super().__init__({None: -1})
        for value in values:
            self.setdefault(value, len(self) - 1)

    def __missing__(self, value: Hashable) -> int:
        number = len(self) - 1
        self[value] = number
        return number

    @property
    def values_in_order(self) -> list[Any]:
        """Values in the order of their numbers."""
        return list(self)[1:]


class BuilderRows(NamedTuple):
    """Rows of a builder, which another process can send.

    Attributes
    ----------
    columns
        Values of each column, or codes.
    coded
        Values in the order of their codes, for each column of codes.
    """

    columns: dict[str, pa.Array]
    coded: dict[str, list[Any]]


class FrameBuilder:
    """Common part of the frames of element changes and of property changes.

    Parameters
    ----------
    columns
        Names of the frame's columns in order, with their kind: ``text``, ``number``, ``flag``, ``category``,
        ``objects``, or the fixed categories as a tuple.
    order
        Columns that order the rows of one instance in one changeset.
    """

    def __init__(self, columns: Mapping[str, str | tuple[str, ...]], order: Sequence[str]) -> None:
        self._kinds = columns
        self._order = order
        self._codes = {
            name: Codes(kind if isinstance(kind, tuple) else ())
            for name, kind in columns.items()
            if kind in {"category", "objects"} or isinstance(kind, tuple)
        }
        types = {"changeset_index": pa.int64(), "instance_id": _TEXT_TYPE}
        types |= {name: _TYPES.get(str(kind), pa.int32()) for name, kind in columns.items()}
        self._columns = Columns(types)

    def extend(self, **columns: Iterable[Any]) -> None:
        """Add rows: values of equal number for each column."""
        for name, codes in self._codes.items():
            columns[name] = map(codes.__getitem__, columns[name])
        self._columns.extend(**columns)

    def take_rows(self) -> BuilderRows:
        """Return all rows, for another builder, and forget them."""
        return BuilderRows(
            {name: self._columns.take(name) for name in self._columns.names},
            {name: codes.values_in_order for name, codes in self._codes.items()},
        )

    def add_rows(self, rows: BuilderRows) -> None:
        """Add rows that were taken from another builder of the same columns."""
        for name, values in rows.coded.items():
            numbers = np.array([*map(self._codes[name].__getitem__, values), -1])  # the code -1 is the last one
            rows.columns[name] = pa.array(numbers[rows.columns[name].to_numpy()], pa.int32())
        self._columns.add_arrays(rows.columns)

    def build_frame(self) -> pd.DataFrame:
        """Build the frame, and empty the builder."""
        codes = {name: self._columns.take(name).to_numpy() for name in self._codes}
        kinds = dict(self._kinds)
        for name, kind in self._kinds.items():
            if kind == "category":  # in alphabetical order, so that rows do not depend on what was read before
                kinds[name], codes[name] = _sort_names(self._codes[name].values_in_order, codes[name])
        index, rows = self._build_index([codes[name] for name in self._order])
        data = {name: self._build_column(name, kind, codes, rows) for name, kind in kinds.items()}
        return pd.DataFrame(data, index=index, copy=False)

    def _build_index(self, ties: list[Any]) -> tuple[pd.MultiIndex, Any]:
        changesets, changeset_codes = np.unique(self._columns.take("changeset_index").to_numpy(), return_inverse=True)
        instances = self._columns.take("instance_id").dictionary_encode()
        order = pc.sort_indices(instances.dictionary).to_numpy()
        rank = np.empty(len(order), dtype=np.int64)
        rank[order] = np.arange(len(order))
        instance_codes = rank[instances.indices.to_numpy()]
        rows = np.lexsort((*reversed(ties), instance_codes, changeset_codes))
        index = pd.MultiIndex(
            levels=[
                pd.Index(changesets, dtype="int64"),
                pd.Index(_build_text(instances.dictionary.take(pa.array(order)))),
            ],
            codes=[changeset_codes[rows], instance_codes[rows]],  # type: ignore[list-item]  # arrays
            names=["changeset_index", "instance_id"],
            verify_integrity=False,
        )
        return index, rows

    def _build_column(self, name: str, kind: str | tuple[str, ...], codes: dict[str, Any], rows: Any) -> Any:
        if isinstance(kind, tuple):
            return pd.Categorical.from_codes(codes.pop(name)[rows], pd.Index(kind, dtype="str"))
        if kind == "objects":
            return _build_objects(self._codes[name].values_in_order, codes.pop(name)[rows])
        column = self._columns.take(name).take(pa.array(rows))
        return _build_text(column) if kind == "text" else column.to_numpy(zero_copy_only=False)


def create_element_builder() -> FrameBuilder:
    """Build an empty frame of element changes."""
    columns: dict[str, str | tuple[str, ...]] = {
        "operation": OPERATIONS,
        "entity": ENTITIES,
        "class_name": "category",
        "label": "text",
        "code": "text",
        "model_id": "text",
        "parent_id": "text",
        "briefcase_id": "number",
        "properties": "objects",
        "indirect": "flag",
        "new_label": "text",
    }
    return FrameBuilder(columns, ["entity", "class_name"])


def create_property_builder() -> FrameBuilder:
    """Build an empty frame of property changes."""
    columns: dict[str, str | tuple[str, ...]] = {
        "class_name": "category",
        "property": "category",
        "old": "text",
        "new": "text",
        "operation": OPERATIONS,
        "entity": ENTITIES,
        "label": "text",
        "indirect": "flag",
    }
    return FrameBuilder(columns, ["entity", "class_name"])


class TableBuilder:
    """Builder of the frame of table changes: numbers of rows."""

    def __init__(self) -> None:
        self._counts: dict[tuple[int, str, str], tuple[int, int]] = {}

    def add(self, index: int, table: str, operation: str, rows: int, *, indirect: bool) -> None:
        """Add the number of rows of one table that have the same operation."""
        all_rows, indirect_rows = self._counts.get((index, table, operation), (0, 0))
        self._counts[index, table, operation] = (all_rows + rows, indirect_rows + rows * indirect)

    def take_rows(self) -> dict[tuple[int, str, str], tuple[int, int]]:
        """Return all rows, for another builder, and forget them."""
        counts, self._counts = self._counts, {}
        return counts

    def add_rows(self, rows: dict[tuple[int, str, str], tuple[int, int]]) -> None:
        """Add the rows of other changesets, taken from another builder."""
        self._counts |= rows

    def build_frame(self) -> pd.DataFrame:
        """Build the frame."""
        counts = self._counts
        keys = sorted(counts)
        index = pd.MultiIndex.from_arrays(
            [
                pd.Index([key[0] for key in keys], dtype="int64"),
                pd.Index([key[1] for key in keys], dtype="str"),
                pd.Index([key[2] for key in keys], dtype="str"),
            ],
            names=["changeset_index", "table", "operation"],
        )
        rows, indirect = ([counts[key][position] for key in keys] for position in (0, 1))
        return pd.DataFrame({"rows": np.array(rows, "int64"), "indirect": np.array(indirect, "int64")}, index=index)


def _build_text(column: pa.Array) -> Any:
    return pd.arrays.ArrowStringArray(column.cast(_TEXT_TYPE), dtype=_TEXT)  # type: ignore[call-arg]


def _sort_names(values: list[str], codes: Any) -> tuple[tuple[str, ...], Any]:
    """Return the used values in alphabetical order, and codes for them."""
    names = tuple(sorted(values[code] for code in np.unique(codes[codes >= 0])))
    positions = {name: position for position, name in enumerate(names)}
    sorted_codes = np.array([*(positions.get(value, -1) for value in values), -1], dtype=np.int32)
    return names, sorted_codes[codes]


def _build_objects(values: list[Any], codes: Any) -> Any:
    return np.fromiter(values, dtype=object, count=len(values))[codes]
