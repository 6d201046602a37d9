"""What charts ask of a frame: refused by name, and with what to do, before anything is drawn of it."""

from typing import Any

import pandas as pd

NEEDED = ("state", "push_date_time", "file_size", "containing_changes")


def check_changesets(changesets: Any) -> None:
    """Refuse a changesets frame that charts cannot read.

    Raises
    ------
    TypeError
        If it is no DataFrame.
    ValueError
        If a column is missing or holds what makes no sense, or the index is not one of unique whole numbers; the
        message names the column and the first changeset.
    """
    check_frame(changesets, "changesets", NEEDED)
    if not changesets.index.is_unique:
        raise ValueError("The changesets frame holds a changeset_index twice; pass one iModel, each changeset once.")
    times = changesets["push_date_time"]
    if not isinstance(times.dtype, pd.DatetimeTZDtype):
        raise ValueError(  # noqa: TRY004  # the frame is one; what it holds is not
            f"push_date_time must hold times with a time zone, not {times.dtype};"
            " convert it with pd.to_datetime(..., utc=True)."
        )
    _refuse(times.isna(), "push_date_time", "is missing")
    for column in ("file_size", "containing_changes"):
        _check_whole(changesets[column], column)


def check_frame(frame: Any, name: str, columns: tuple[str, ...]) -> None:
    """Refuse what is no DataFrame, lacks a column or is not indexed by changeset."""
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(
            f"{name} must be a DataFrame as fetch_{name} gives it, not {type(frame).__name__};"
            " to see part of one, select its rows with .loc[first:last]."
        )
    missing = [column for column in columns if column not in frame]
    if missing:
        words = name.replace("_", " ")
        raise ValueError(f"The {words} frame lacks {', '.join(missing)}; pass a frame as fetch_{name} gives it.")
    if not pd.api.types.is_integer_dtype(frame.index.dtype):
        words = name.replace("_", " ")
        raise ValueError(f"The {words} frame must be indexed by changeset_index, one whole number a changeset.")


def _check_whole(values: pd.Series, column: str) -> None:
    if not pd.api.types.is_numeric_dtype(values.dtype):
        raise ValueError(f"{column} must hold whole numbers, not {values.dtype}; convert it with .astype('int64').")
    _refuse(values.isna(), column, "is missing")
    _refuse(values < 0, column, "is below 0")
    if not pd.api.types.is_integer_dtype(values.dtype):
        _refuse(values % 1 != 0, column, "is not a whole number")


def _refuse(wrong: "pd.Series[bool]", column: str, why: str) -> None:
    places = wrong.index[wrong]
    if len(places):
        others = f" and {len(places) - 1:,} more" if len(places) > 1 else ""
        raise ValueError(f"{column} {why} at changeset {places[0]}{others}; mend these rows or leave them out.")
