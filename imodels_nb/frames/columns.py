"""What all frames do with Arrow columns on their way to pandas."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

TIME = "datetime64[us, UTC]"


def table_of(rows: pa.Table | Sequence[pa.RecordBatch]) -> pa.Table:
    """Put rows into one table."""
    return rows if isinstance(rows, pa.Table) else pa.Table.from_batches(rows)


def columns_of(table: pa.Table, wanted: Mapping[str, tuple[str, str]], index: pd.Index) -> pd.DataFrame:
    """Take columns out of a table whose rows are objects in objects.

    Parameters
    ----------
    table
        Rows under the API's own names.
    wanted
        For each column of the frame, where it is (``statistics.briefcasesCount``), and its dtype.
    index
        The index of the frame.
    """
    series = {name: typed(field(table, *path.split(".")), dtype, index) for name, (path, dtype) in wanted.items()}
    return pd.DataFrame(series, index=index)


def ids(table: pa.Table) -> pd.Index:
    """Give an index of the rows' ids."""
    index: pd.Index = pd.Index(table.column("id").to_pandas(), dtype="str", name="id")
    return index


def typed(values: pa.ChunkedArray, dtype: str, index: pd.Index) -> pd.Series:
    """Convert a column; times are cut (not rounded) to microseconds, pandas' default unit.

    Parameters
    ----------
    values
        The column.
    dtype
        ``str``, ``category`` (of texts, in their order), ``int64``, ``Int64`` or :data:`TIME`.
    index
        The index of the frame.
    """
    if dtype == "category":
        return pd.Series(_categories(values), index=index)
    if dtype == "Int64":
        return pd.Series(values.to_pylist(), index=index, dtype="Int64")
    if dtype == TIME:
        values = values.cast(pa.timestamp("us", "UTC"), safe=False)
    if dtype == "str":
        values = values.cast(pa.large_string())
    return pd.Series(values.combine_chunks().to_pandas().array, index=index, dtype=None if dtype == TIME else dtype)


def _categories(texts: pa.ChunkedArray) -> pd.Categorical:
    encoded = (texts if pa.types.is_dictionary(texts.type) else texts.dictionary_encode()).combine_chunks()
    order = pc.sort_indices(encoded.dictionary)
    rank = np.append(np.argsort(order.to_numpy()), -1)  # a missing text has the code -1, which picks the last
    codes = rank[encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)]
    texts_in_order = pd.Index(encoded.dictionary.take(order).to_pandas(), dtype="str")
    return pd.Categorical.from_codes(codes, texts_in_order).remove_unused_categories()  # a part has but its own


def field(table: pa.Table, *path: str) -> pa.ChunkedArray:
    """Take a column, or what stands in the objects of a column; where there is no object, there is null."""
    column = table.column(path[0])
    return pc.struct_field(column, list(path[1:])) if path[1:] else column


def text(values: pa.ChunkedArray, frame: pd.DataFrame) -> pd.Series:
    """Give texts the index of a frame."""
    return pd.Series(values.to_pandas().to_numpy(), index=frame.index, dtype="str")


def last_segment(links: pa.ChunkedArray, frame: pd.DataFrame) -> pd.Series:
    """Take the id that a link ends with."""
    return text(links, frame).str.extract(r"([^/]+)$", expand=False)
