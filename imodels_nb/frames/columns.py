"""What all frames do with Arrow columns on their way to pandas."""

from collections.abc import Mapping, Sequence

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

TIME = "datetime64[us, UTC]"


def table_of(rows: pa.Table | Sequence[pa.RecordBatch]) -> pa.Table:
    """Put rows into one table without seams."""
    table = rows if isinstance(rows, pa.Table) else pa.Table.from_batches(rows)
    return table.combine_chunks()


def to_pandas(table: pa.Table, names: dict[str, str]) -> pd.DataFrame:
    """Rename and convert; times are cut (not rounded) to microseconds, pandas' default unit."""
    table = table.select(list(names)).rename_columns(list(names.values()))
    for position, column in enumerate(table.schema):
        if pa.types.is_timestamp(column.type):
            table = table.set_column(position, column.name, micros(table.column(position)))
    frame: pd.DataFrame = table.to_pandas()
    return frame


def micros(times: pa.ChunkedArray) -> pa.ChunkedArray:
    """Cut times to microseconds."""
    return times.cast(pa.timestamp("us", "UTC"), safe=False)


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
    series = {name: _series(field(table, *path.split(".")), dtype, index) for name, (path, dtype) in wanted.items()}
    return pd.DataFrame(series, index=index)


def ids(table: pa.Table) -> pd.Index:
    """Give an index of the rows' ids."""
    index: pd.Index = pd.Index(table.column("id").to_pandas(), dtype="str", name="id")
    return index


def _series(values: pa.ChunkedArray, dtype: str, index: pd.Index) -> pd.Series:
    if dtype == TIME:
        return pd.Series(micros(values).to_pandas().array, index=index)
    if dtype == "Int64":
        return pd.Series(values.to_pylist(), index=index, dtype="Int64")
    texts = pd.Series(values.to_pandas().to_numpy(), index=index, dtype="str")
    return texts.astype("category") if dtype == "category" else texts


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
