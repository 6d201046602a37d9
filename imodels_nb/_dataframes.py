"""Conversion of tables from other libraries to DataFrames."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import pyarrow as pa
from pandas.api.types import is_object_dtype


def convert_to_pandas(frame: Any, name: str, origin: str = "") -> pd.DataFrame:
    """Convert a table of a library that supports Arrow, such as Polars, to pandas.

    Columns of Arrow dtypes become columns of pandas' own dtypes.

    Parameters
    ----------
    frame
        A table. A DataFrame without Arrow dtypes is returned as it is.
    name
        Name of the parameter, for the message.
    origin
        Text after "a DataFrame" in the message, such as its source.

    Raises
    ------
    TypeError
        If `frame` is not a table.
    """
    if isinstance(frame, pd.DataFrame):
        return _convert_columns(frame, _convert_arrow)
    converted = frame.to_pandas() if hasattr(frame, "to_pandas") else _read_arrow_stream(frame)
    if not isinstance(converted, pd.DataFrame):
        raise TypeError(f"{name} should be a DataFrame{origin}, not {type(frame).__name__}; {_format_advice(frame)}.")
    return converted


def _format_advice(frame: Any) -> str:
    for method in ("collect", "compute"):  # of Polars, and of Dask
        if callable(getattr(frame, method, None)):
            return f"compute it first, with .{method}()"
    return "to see part of one, select its rows with .loc[first:last]"


def convert_nullable_dtypes(frame: pd.DataFrame) -> pd.DataFrame:
    """Convert columns of nullable dtypes to default dtypes if all values stay.

    Integers and booleans with missing values stay nullable. The same object is returned if nothing changes.
    """
    return _convert_columns(frame, _convert_nullable)


def replace_surrogates(value: Any) -> Any:
    r"""Convert each half of a character to U+FFFD, in a text or in a list of texts.

    Examples
    --------
    >>> from imodels_nb._dataframes import replace_surrogates
    >>> replace_surrogates("pump \ud83d") == "pump \ufffd"
    True
    """
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list | tuple):
        return type(value)(map(replace_surrogates, value))
    return value


def clean_surrogates(frame: pd.DataFrame) -> pd.DataFrame:
    """Convert each half of a character in the texts of a frame to U+FFFD.

    The same object is returned if nothing changes.
    """
    parts: list[Any] = [frame.index.get_level_values(level) for level in range(frame.index.nlevels)]
    parts += [frame.iloc[:, position] for position in range(frame.shape[1])]
    try:
        for values in parts:
            texts = values.dtype.categories if isinstance(values.dtype, pd.CategoricalDtype) else values
            if is_object_dtype(texts.dtype):
                "".join(text for text in texts if isinstance(text, str)).encode()
    except UnicodeEncodeError:
        return replace_surrogates_in_frame(frame)
    return frame


def replace_surrogates_in_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Convert each half of a character in the texts and names of a frame to U+FFFD.

    Only columns of dtype object can hold such a text, and categories of that dtype.
    """
    columns = {position: _replace_in_column(frame.iloc[:, position]) for position in range(frame.shape[1])}
    replaced = pd.DataFrame(columns, index=frame.index)
    if any(map(is_object_dtype, getattr(frame.index, "dtypes", [frame.index.dtype]))):
        replaced.index = frame.index.map(replace_surrogates)
    replaced.index.names = [replace_surrogates(name) for name in frame.index.names]
    replaced.columns = pd.Index([replace_surrogates(name) for name in frame.columns])
    return replaced


def _replace_in_column(values: pd.Series) -> pd.Series:
    if is_object_dtype(values.dtype):
        return pd.Series([replace_surrogates(value) for value in values], index=values.index, dtype=object)
    if values.dtype == "category" and is_object_dtype(values.cat.categories.dtype):
        return values.cat.rename_categories([replace_surrogates(value) for value in values.cat.categories])
    return values


def _read_arrow_stream(frame: Any) -> Any:
    if isinstance(frame, pd.Series) or not hasattr(frame, "__arrow_c_stream__"):
        return None
    try:
        return pa.table(frame).to_pandas()
    except (TypeError, ValueError, NotImplementedError):  # a single column, or a type that pandas does not support
        return None


def _convert_columns(frame: pd.DataFrame, convert: Callable[[pd.Series], pd.Series | None]) -> pd.DataFrame:
    if not frame.columns.is_unique:
        return frame
    converted = {name: convert(values) for name, values in frame.items()}
    changed = {str(name): values for name, values in converted.items() if values is not None}
    return frame.assign(**changed) if changed else frame


def _convert_arrow(values: pd.Series) -> pd.Series | None:
    if not isinstance(values.dtype, pd.ArrowDtype):
        return None
    arrow = pa.chunked_array(pa.array(values.array))
    if pa.types.is_integer(arrow.type) and arrow.null_count:
        return values.astype("Int64")
    return pd.Series(arrow.to_pandas().array, index=values.index)


def _convert_nullable(values: pd.Series) -> pd.Series | None:
    dtype: Any = values.dtype
    if isinstance(dtype, pd.StringDtype) and dtype.na_value is pd.NA:
        return values.astype("str")
    if hasattr(dtype, "numpy_dtype") and not isinstance(dtype, pd.ArrowDtype) and not values.hasnans:
        return values.astype(dtype.numpy_dtype)
    return None
