"""Frames as files that other programs open: CSV that no spreadsheet takes for formulas, and Parquet."""

import re
from os import PathLike
from pathlib import Path

import pandas as pd

from imodels_nb._dataframes import to_pandas
from imodels_nb._files import atomic_write, validate_output_path

_FORMULA = re.compile(r"(?:^|;)(?=[\s\u200b\ufeff]*[=+\-@＝＋－＠])|^(?=[\t\r\n])")  # noqa: RUF001  # full width counts
_BYTE_ORDER_MARK = "utf-8-sig"  # without it spreadsheets take the file for another encoding


def export_csv(frame: pd.DataFrame, path: str | PathLike[str]) -> Path:
    """Write a frame as CSV in which every text stays a text.

    A spreadsheet takes a cell that begins with ``=``, ``+``, ``-``, ``@``, tab or line break for a formula, quoted or
    not, also of full width or behind a space; and where a semicolon parts cells, also what follows one. There an
    apostrophe is put before it, as OWASP advises (*CSV Injection*); numbers and times stay what they are.

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
    with atomic_write(file) as unfinished:
        frame.to_parquet(unfinished, compression="zstd")
    return file


def _as_text(column: "pd.Series") -> "pd.Series":
    """Defuse the texts of a column, whatever it holds beside them."""
    plain = pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column)
    return column if plain else column.astype("object").map(_harmless, na_action="ignore")


def _harmless(value: object) -> object:
    if isinstance(value, list | tuple):
        value = "; ".join(map(str, value))
    return _FORMULA.sub(r"\g<0>'", value) if isinstance(value, str) else value
