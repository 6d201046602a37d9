"""The boundary: what is refused before anything is concluded from it."""

from collections.abc import Sequence

import pandas as pd

NEEDED = (
    "id",
    "parent_id",
    "creator_id",
    "group_id",
    "state",
    "push_date_time",
    "file_size",
    "briefcase_id",
    "containing_changes",
)
"""The columns of the changesets frame that conclusions rest on."""


def check_frame(
    frame: object, argument: str, columns: Sequence[str], *, indexed: str = "changeset_index", source: str = ""
) -> None:
    """Refuse what is no frame of the kind that is asked for.

    Parameters
    ----------
    frame
        What was given.
    argument
        Under which name.
    columns
        What it needs to have.
    indexed
        ``changeset_index`` if its index has to be of whole numbers.
    source
        The function that gives such frames; by default ``fetch_`` and the argument's name.

    Raises
    ------
    TypeError
        If it is no DataFrame.
    ValueError
        If a column is missing, or the index is not one of whole numbers; the message names it.
    """
    source = source or f"fetch_{argument}"
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(f"{argument} should be a DataFrame as {source} gives it, not {type(frame).__name__}.")
    missing = [column for column in columns if column not in frame]
    if missing:
        raise ValueError(f"{argument} lacks {', '.join(missing)}; pass a frame as {source} gives it.")
    if indexed == "changeset_index" and len(frame) and not pd.api.types.is_integer_dtype(frame.index.dtype):
        raise ValueError(f"{argument} should be indexed by changeset_index, a whole number a row.")


def check_changesets(changesets: object) -> None:
    """Refuse what conclusions cannot rest on: see :func:`check_frame`; each index may stand there once.

    Raises
    ------
    TypeError, ValueError
        As :func:`check_frame`; also when a changeset index stands there twice.
    """
    check_frame(changesets, "changesets", NEEDED)
    if isinstance(changesets, pd.DataFrame) and not changesets.index.is_unique:
        raise ValueError("changesets holds a changeset_index twice; pass one iModel, each changeset once.")


def moment_of(now: object) -> pd.Timestamp:
    """Read a moment; one without a time zone is in UTC.

    Raises
    ------
    ValueError
        If it is none.
    """
    try:
        moment = pd.Timestamp(now)  # type: ignore[arg-type]  # what pandas cannot read it refuses
    except (TypeError, ValueError) as error:
        raise ValueError(f"now should be a moment such as '2026-01-31T12:00Z', not {now!r}.") from error
    if pd.isna(moment):
        raise ValueError("now should be a moment such as '2026-01-31T12:00Z'.")
    return moment.tz_localize("UTC") if moment.tzinfo is None else moment.tz_convert("UTC")
