"""Frames as files that other programs open: CSV that no spreadsheet takes for formulas, and Parquet."""

import re
from os import PathLike
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from imodels_nb._dataframes import to_pandas
from imodels_nb._files import atomic_write, validate_output_path

_SIGNS = "=+\\-@＝＋－＠﹦﹢﹣﹫"  # noqa: RUF001  # full width and small forms count
_UNSEEN = r"\s\x00-\x1f\x7f-\x9f\xad\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
_SEPARATORS = r",;|\t\r\n\v\f\x85\u2028\u2029"  # whatever cells are separated by where the file is opened; lines, too
_FORMULA = re.compile(
    rf"(?:^|[{_SEPARATORS}])(?=[{_UNSEEN}\"]*[{_SIGNS}])"
    r"|^(?=[\r\n])|(?:^|[,;|\r\n])(?=\t)"
    rf"|(?<= )(?=\"*[{_SIGNS}][^\s,;]*[(|!])"  # a space separates cells only where somebody asks for it
)
_LISTS = {"changed_files", "properties"}  # columns of lists, which may hold nothing but missing values
_TEXTS = pa.list_(pa.large_string())
_BYTE_ORDER_MARK = "utf-8-sig"  # without it spreadsheets take the file for another encoding


def export_csv(frame: pd.DataFrame, path: str | PathLike[str]) -> Path:
    """Write a frame as CSV in which every text stays a text.

    A spreadsheet takes a cell that begins with ``=``, ``+``, ``-``, ``@``, tab or line break for a formula, quoted or
    not, also of full width or behind a space. Which characters separate cells depends on the country and on the person
    who opens the file. So an apostrophe is put before such a sign at the start of a text and behind each comma,
    semicolon, tab, vertical bar and line break in it, with quotes between them or not; behind a space, if a function
    call or a link to a program follows. OWASP advises this (*CSV Injection*). Numbers and times stay what they are.

    Parameters
    ----------
    frame
        Any frame of this package; it is not changed.
    path
        The file, which ends with ``.csv``; what stood there is replaced in one step.

    Returns
    -------
    Path
        The file: UTF-8 with a byte order mark, a header, and the index as first column if it has a name.

    Raises
    ------
    TypeError
        If it is no DataFrame.
    ValueError, FileNotFoundError, IsADirectoryError
        If `path` cannot become such a file.

    Examples
    --------
    >>> import tempfile
    >>> frame = pd.DataFrame({"name": ["=1+1", "plain"], "change": [-1, 1]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     export_csv(frame, f"{folder}/names.csv").read_text("utf-8-sig").split()
    ['name,change', "'=1+1,-1", 'plain,1']
    """
    file = validate_output_path(path, ".csv")
    frame = to_pandas(frame, "frame")
    named = any(name is not None for name in frame.index.names)
    safe = (frame.reset_index() if named else frame).apply(_as_text)
    safe.columns = pd.Index([_harmless(str(name)) for name in safe.columns])
    with atomic_write(file) as unfinished:
        safe.to_csv(unfinished, index=False, encoding=_BYTE_ORDER_MARK, lineterminator="\r\n")
    return file


def export_parquet(frame: pd.DataFrame, path: str | PathLike[str]) -> Path:
    """Write a frame as Parquet, its types and its index kept.

    Parameters
    ----------
    frame
        Any frame of this package.
    path
        The file, which ends with ``.parquet``; what stood there is replaced in one step.

    Returns
    -------
    Path
        The file; ``pandas.read_parquet`` gives the frame back.

    Raises
    ------
    TypeError
        If it is no DataFrame.
    ValueError, FileNotFoundError, IsADirectoryError
        If `path` cannot become such a file.
    """
    file = validate_output_path(path, ".parquet")
    frame = to_pandas(frame, "frame")
    write_parquet(frame, file)
    return file


def write_parquet(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame as Parquet with a schema that depends on its columns only, not on the values in them.

    Files of one kind of frame are then read together as one dataset. pandas would write a category with indices as
    small as the number of its values allows, and a column without any value without a type.

    Parameters
    ----------
    frame
        Any frame. An index with a name is written as a column.
    path
        The file, replaced in one step. Its folder must exist.
    """
    has_named_index = any(name is not None for name in frame.index.names)
    table = pa.Table.from_pandas(frame, preserve_index=True if has_named_index else None)
    columns = [_fixed_type(name, table.column(name).combine_chunks()) for name in table.column_names]
    fixed = pa.Table.from_arrays(columns, table.column_names).replace_schema_metadata(table.schema.metadata)
    with atomic_write(path) as unfinished:
        pq.write_table(fixed, unfinished, compression="zstd")


def _fixed_type(name: str, values: pa.Array) -> pa.Array:
    """Convert a column to the one type of its kind."""
    if pa.types.is_dictionary(values.type):
        texts = values.dictionary
        texts = texts.cast(pa.large_string()) if len(texts) == 0 or _is_text_or_null(texts.type) else texts
        return pa.DictionaryArray.from_arrays(values.indices.cast(pa.int32()), texts, ordered=values.type.ordered)
    if pa.types.is_list(values.type) and _is_text_or_null(values.type.value_type):
        return values.cast(_TEXTS)
    if _is_text_or_null(values.type):
        return values.cast(_TEXTS if pa.types.is_null(values.type) and name in _LISTS else pa.large_string())
    return values


def _is_text_or_null(arrow_type: pa.DataType) -> bool:
    return bool(pa.types.is_string(arrow_type) or pa.types.is_large_string(arrow_type) or pa.types.is_null(arrow_type))


def _as_text(column: "pd.Series") -> "pd.Series":
    """Defuse the texts of a column, whatever it holds beside them."""
    plain = pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column)
    return column if plain else column.astype("object").map(_harmless, na_action="ignore")


def _harmless(value: object) -> object:
    if isinstance(value, list | tuple):
        value = "; ".join(map(str, value))
    return _FORMULA.sub(r"\g<0>'", value) if isinstance(value, str) else value
