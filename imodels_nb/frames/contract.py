"""What is asked of a frame that somebody hands in: refused by name before it is used, and with what to do."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

_TIMES = {"push_date_time", "created_date_time"}
_WHOLE = {"file_size", "briefcase_id", "containing_changes", "changesets"}
_ALWAYS_KNOWN = {"push_date_time"} | _WHOLE


def check_changesets(changesets: Any, columns: Sequence[str]) -> None:
    """Refuse what :func:`check_frame` refuses, and a changeset index that stands there twice.

    Raises
    ------
    TypeError, ValueError
        As :func:`check_frame`.
    """
    check_frame(changesets, "changesets", columns)
    if not changesets.index.is_unique:
        raise ValueError("The changesets frame holds a changeset_index twice; pass one iModel, each changeset once.")


def check_frame(
    frame: Any, name: str, columns: Sequence[str], *, index: str = "changeset_index", source: str = ""
) -> None:
    """Refuse a frame that cannot be read.

    Parameters
    ----------
    frame
        What was given.
    name
        Under which name.
    columns
        What it needs to have; times need a time zone, and counts and sizes whole numbers that are not below 0.
    index
        ``changeset_index`` for one of whole numbers, ``id`` for one in which each stands once.
    source
        The function that gives such frames; by default ``fetch_`` and the name.

    Raises
    ------
    TypeError
        If it is no DataFrame.
    ValueError
        If a column is missing, stands there twice or holds what makes no sense, or the index is another; the message
        names the column and the first row.
    """
    source, words = source or f"fetch_{name}", name.replace("_", " ")
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(
            f"{name} must be a DataFrame as {source} gives it, not {type(frame).__name__};"
            " to see part of one, select its rows with .loc[first:last]."
        )
    for how, wrong in {
        "lacks": [column for column in columns if column not in frame],
        "holds twice": [column for column in columns if list(frame.columns).count(column) > 1],
    }.items():
        if wrong:
            raise ValueError(f"The {words} frame {how} {', '.join(wrong)}; pass a frame as {source} gives it.")
    if index == "changeset_index" and not pd.api.types.is_integer_dtype(frame.index.dtype):
        raise ValueError(f"The {words} frame must be indexed by changeset_index, one whole number a changeset.")
    if index == "id" and not frame.index.is_unique:
        raise ValueError(f"The {words} frame must be indexed by id, each once.")
    unit = "changeset" if index == "changeset_index" else "row"
    for column in columns:
        _check_column(frame[column], column, unit)


def _check_column(values: pd.Series, column: str, unit: str) -> None:
    if column in _TIMES and not isinstance(values.dtype, pd.DatetimeTZDtype):
        raise ValueError(
            f"{column} must hold times with a time zone, not {values.dtype};"
            " convert it with pd.to_datetime(..., utc=True)."
        )
    if column in _WHOLE and not pd.api.types.is_numeric_dtype(values.dtype):
        raise ValueError(f"{column} must hold whole numbers, not {values.dtype}; convert it with .astype('int64').")
    if column in _ALWAYS_KNOWN:
        _refuse(values.isna(), f"{column} is missing at {unit}")
    if column in _WHOLE:
        _refuse(values < 0, f"{column} is below 0 at {unit}")
    if column in _WHOLE and not pd.api.types.is_integer_dtype(values.dtype):
        _refuse(values % 1 != 0, f"{column} is not a whole number at {unit}")


def _refuse(wrong: "pd.Series[bool]", words: str) -> None:
    places = wrong.index[wrong]
    if len(places):
        others = f" and {len(places) - 1:,} more" if len(places) > 1 else ""
        raise ValueError(f"{words} {places[0]}{others}; mend these rows or leave them out.")
