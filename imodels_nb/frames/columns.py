"""Conversion of Arrow columns to pandas columns, for all frames."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

TIME = "datetime64[us, UTC]"
"""Dtype of all times: microseconds are pandas' default unit."""


def build_table(rows: pa.Table | Sequence[pa.RecordBatch]) -> pa.Table:
    """Build one table from a table or from batches."""
    return rows if isinstance(rows, pa.Table) else pa.Table.from_batches(rows)


def read_columns(table: pa.Table, columns: Mapping[str, tuple[str, str]], index: pd.Index) -> pd.DataFrame:
    """Read columns of a table whose values are nested objects.

    Parameters
    ----------
    table
        Rows under the API's own names.
    columns
        For each column of the frame its path in the table (``statistics.briefcasesCount``) and its dtype.
    index
        The index of the frame.
    """
    series = {
        name: convert_column(select_field(table, *path.split(".")), dtype, index)
        for name, (path, dtype) in columns.items()
    }
    return pd.DataFrame(series, index=index)


def read_ids(table: pa.Table) -> pd.Index:
    """Return an index of the rows' ids."""
    index: pd.Index = pd.Index(table.column("id").to_pandas(), dtype="str", name="id")
    return index


def read_changeset_indexes(table: pa.Table) -> pd.Index:
    """Return an index of the rows' changeset indexes."""
    index: pd.Index = pd.Index(table.column("changesetIndex").to_numpy(), dtype="int64", name="changeset_index")
    return index


def convert_column(values: pa.ChunkedArray, dtype: str, index: pd.Index) -> pd.Series:
    """Convert a column. Times are cut, not rounded, to microseconds.

    Parameters
    ----------
    values
        The column.
    dtype
        ``str``, ``category`` (of texts, sorted), ``int64``, ``Int64``, ``float64`` or :data:`TIME`.
    index
        The index of the frame.
    """
    if dtype == "category":
        return pd.Series(_read_categories(values), index=index)
    if dtype == "Int64":
        return pd.Series(values.to_pylist(), index=index, dtype="Int64")
    if dtype == TIME:
        values = values.cast(pa.timestamp("us", "UTC"), safe=False)
    if dtype == "str":
        values = values.cast(pa.large_string())
    return pd.Series(values.combine_chunks().to_pandas().array, index=index, dtype=None if dtype == TIME else dtype)


def _read_categories(texts: pa.ChunkedArray) -> pd.Categorical:
    encoded = (texts if pa.types.is_dictionary(texts.type) else texts.dictionary_encode()).combine_chunks()
    order = pc.sort_indices(encoded.dictionary)
    rank = np.append(np.argsort(order.to_numpy()), -1)  # a missing text has the code -1, which selects the last rank
    codes = rank[encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)]
    sorted_texts = pd.Index(encoded.dictionary.take(order).to_pandas(), dtype="str")
    # a slice of a table has the dictionary of the whole table
    return pd.Categorical.from_codes(codes, sorted_texts).remove_unused_categories()


def select_field(table: pa.Table, *path: str) -> pa.ChunkedArray:
    """Select a column, or a field of its objects, which is null if the object is."""
    column = table.column(path[0])
    return pc.struct_field(column, list(path[1:])) if path[1:] else column


def read_text(values: pa.ChunkedArray, index: pd.Index) -> pd.Series:
    """Read texts to a column with an index."""
    return pd.Series(values.to_pandas().to_numpy(), index=index, dtype="str")


def parse_last_segment(links: pa.ChunkedArray, index: pd.Index) -> pd.Series:
    """Parse the id at the end of each link."""
    return read_text(links, index).str.extract(r"([^/]+)$", expand=False)
