"""Export of frames as CSV without formulas, and as Parquet."""

import json
import re
from os import PathLike
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from imodels_nb._dataframes import convert_to_pandas, replace_surrogates_in_frame
from imodels_nb._files import atomic_write, validate_output_path

_SIGNS = "=+\\-@＝＋－＠﹦﹢﹣﹫"  # noqa: RUF001  # full width and small forms count
_UNSEEN = r"\s\x00-\x1f\x7f-\x9f\xad\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
_SEPARATORS = r",;|\t\r\n\v\f\x85\u2028\u2029"  # of cells in some country or program, and of lines
_FORMULA = re.compile(
    rf"(?:^|[{_SEPARATORS}])(?=[{_UNSEEN}\"]*[{_SIGNS}])"
    r"|^(?=[\r\n])|(?:^|[,;|\r\n])(?=\"*\t)"
    rf"|(?<= )(?=\"*[{_SIGNS}][^\s,;]*[(|!])"  # few people choose the space as separator
)
_LIST_COLUMNS = {"applications", "changed_files", "properties"}  # they may hold only missing values
_TEXTS = pa.list_(pa.large_string())
_BYTE_ORDER_MARK = "utf-8-sig"  # without it, spreadsheets assume another encoding


def export_csv(frame: pd.DataFrame, path: str | PathLike[str]) -> Path:
    """Write a frame as CSV in which no text is a formula.

    A spreadsheet reads a cell that begins with ``=``, ``+``, ``-``, ``@`` or a tab as a formula. Quotes, spaces before
    the sign and signs of full width do not prevent that. Which character separates cells depends on the country and on
    the user. So an apostrophe is added before such a sign at the start of a text, and after each comma, semicolon, tab,
    vertical bar or line break in it. After a space it is added if a function call or a link to a program follows. OWASP
    recommends this (*CSV Injection*). Numbers and times are not changed.

    Parameters
    ----------
    frame
        Any frame. It is not changed.
    path
        Path of the file, which ends with ``.csv``. An existing file is replaced in one step.

    Returns
    -------
    Path
        Path of the file: UTF-8 with a byte order mark, a header, and the index as first column if it has a name.

    Raises
    ------
    TypeError
        If it is not a DataFrame.
    ValueError, FileNotFoundError, IsADirectoryError
        If `path` cannot become such a file, or two columns would have the same name.

    Examples
    --------
    >>> import tempfile
    >>> frame = pd.DataFrame({"name": ["=1+1", "plain"], "change": [-1, 1]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     export_csv(frame, f"{folder}/names.csv").read_text("utf-8-sig").split()
    ['name,change', "'=1+1,-1", 'plain,1']
    """
    file = validate_output_path(path, ".csv")
    frame = convert_to_pandas(frame, "frame")
    _check_names(frame)
    try:
        _write_csv(frame, file)
    except UnicodeEncodeError:  # half of a character
        _write_csv(replace_surrogates_in_frame(frame), file)
    return file


def export_parquet(frame: pd.DataFrame, path: str | PathLike[str]) -> Path:
    """Write a frame as Parquet, with its types and its index.

    Parameters
    ----------
    frame
        Any frame.
    path
        Path of the file, which ends with ``.parquet``. An existing file is replaced in one step.

    Returns
    -------
    Path
        Path of the file. ``pandas.read_parquet`` returns the frame.

    Raises
    ------
    TypeError
        If it is not a DataFrame.
    ValueError, FileNotFoundError, IsADirectoryError
        If `path` cannot become such a file, or two columns would have the same name.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = export_parquet(sample.load_changesets(), f"{folder}/changesets.parquet")
    ...     len(pd.read_parquet(file))
    12000
    """
    file = validate_output_path(path, ".parquet")
    frame = convert_to_pandas(frame, "frame")
    write_parquet(frame, file)
    return file


def write_parquet(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame as Parquet whose schema does not depend on the values.

    Files of one kind of frame can then be read together as one dataset. pandas chooses the integer type of a category
    by the number of its values, and writes a column without any value without a type.

    Parameters
    ----------
    frame
        Any frame. An index with a name is written as a column.
    path
        The file, replaced in one step. Its folder must exist.
    """
    _check_names(frame)
    frame = _format_objects(frame)
    has_named_index = any(name is not None for name in frame.index.names)
    try:
        table = pa.Table.from_pandas(frame, preserve_index=True if has_named_index else None)
    except UnicodeEncodeError:  # half of a character
        table = pa.Table.from_pandas(
            replace_surrogates_in_frame(frame), preserve_index=True if has_named_index else None
        )
    columns = [_choose_fixed_type(name, table.column(name).combine_chunks()) for name in table.column_names]
    fixed = pa.Table.from_arrays(columns, table.column_names).replace_schema_metadata(table.schema.metadata)
    with atomic_write(path) as unfinished:
        pq.write_table(fixed, unfinished, compression="zstd")


def _check_names(frame: pd.DataFrame) -> None:
    """Raise if two columns of the file would have the same name."""
    is_named = any(name is not None for name in frame.index.names)
    levels = [
        name if name is not None else f"level_{number}" for number, name in enumerate(frame.index.names) if is_named
    ]
    names = [str(name) for name in [*levels, *frame.columns]]
    repeated = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if repeated:
        raise ValueError(
            f"The frame has more than one column or index level named {', '.join(repeated)}. Rename or drop one first, "
            "for example the name of the index with frame.rename_axis(None)."
        )


def _format_objects(frame: pd.DataFrame) -> pd.DataFrame:
    """Format columns with dicts, such as extended data, as JSON."""
    formatted = frame.copy(deep=False)
    for name in [name for name, dtype in frame.dtypes.items() if dtype == "object"]:
        if any(isinstance(value, dict) for value in frame[name]):
            formatted[name] = frame[name].map(json.dumps, na_action="ignore")
    return formatted


def _write_csv(frame: pd.DataFrame, file: Path) -> None:
    named = any(name is not None for name in frame.index.names)
    frame = _format_objects(frame)
    safe = (frame.reset_index() if named else frame).apply(_escape_column)
    safe.columns = pd.Index([_escape_formulas(str(name)) for name in safe.columns])
    with atomic_write(file) as unfinished:
        safe.to_csv(unfinished, index=False, encoding=_BYTE_ORDER_MARK, lineterminator="\r\n")


def _choose_fixed_type(name: str, values: pa.Array) -> pa.Array:
    """Convert a column to the one type of its kind."""
    if pa.types.is_dictionary(values.type):
        texts = values.dictionary
        texts = texts.cast(pa.large_string()) if len(texts) == 0 or _is_text_or_null(texts.type) else texts
        return pa.DictionaryArray.from_arrays(values.indices.cast(pa.int32()), texts, ordered=values.type.ordered)
    if pa.types.is_list(values.type) and _is_text_or_null(values.type.value_type):
        return values.cast(_TEXTS)
    if _is_text_or_null(values.type):
        return values.cast(_TEXTS if pa.types.is_null(values.type) and name in _LIST_COLUMNS else pa.large_string())
    return values


def _is_text_or_null(arrow_type: pa.DataType) -> bool:
    return bool(pa.types.is_string(arrow_type) or pa.types.is_large_string(arrow_type) or pa.types.is_null(arrow_type))


def _escape_column(column: "pd.Series") -> "pd.Series":
    """Convert a column so that no text in it is read as a formula."""
    plain = pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column)
    return column if plain else column.astype("object").map(_escape_formulas, na_action="ignore")


def _escape_formulas(value: object) -> object:
    if isinstance(value, list | tuple):
        value = "; ".join(map(str, value))
    return _FORMULA.sub(r"\g<0>'", value) if isinstance(value, str) else value
