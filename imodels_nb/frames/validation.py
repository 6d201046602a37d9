"""Validation of frames that callers pass in."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from imodels_nb._dataframes import clean_surrogates, convert_nullable_dtypes, convert_to_pandas
from imodels_nb._validation import CHANGESET_ID

MAX_INDEX = 2**53  # browsers hold no larger whole number

_INDEX = "changeset_index"
_TIMES = {"push_date_time", "created_date_time"}
_COUNTS = {"file_size", "briefcase_id", "containing_changes", "changesets"}
_TEXTS = {"id", "parent_id", "state", "name", "label", "creator_name", "digest"}
_KEYS = {"creator_id", "group_id"}
_USER_TEXTS = {"given_name", "surname", "display_name", "email"}
_PLAIN_TEXTS = {"id", "parent_id", "name", "description", "label", "digest"} | _USER_TEXTS  # a category becomes str
_UNIQUE = {"named_versions": "id", "checkpoints": "named_version_id"}
_NEVER_MISSING = {"push_date_time"} | _COUNTS

# Columns that tell the kinds of frames apart, by the name of their parameter; and the function that returns each kind.
_FRAME_SIGNATURES = {
    "changesets": ({"push_date_time", "containing_changes"}, "fetch_changesets"),
    "named_versions": ({"name", "created_date_time", "state"}, "fetch_named_versions"),
    "checkpoints": ({"state", "size", "named_version_id"}, "fetch_checkpoints"),
    "changeset_groups": ({"creator_id", "created_date_time", "first_index", "last_index"}, "fetch_changeset_groups"),
    "users": ({"label", "pushed_changesets"}, "fetch_users"),
    "imodels": ({"display_name", "data_center"}, "fetch_imodels"),
    "itwins": ({"display_name", "sub_class"}, "fetch_itwins"),
    "previous": ({"digest", "chain"}, "audit_ledger"),
    "findings": ({"rule", "severity", "sentence"}, "findings"),
    "milestones": ({"days", "people", "briefcases"}, "milestones"),
    "checkpoint_debt": ({"checkpoint_index", "suggested"}, "checkpoint_debt"),
    "changes": ({"operation", "entity", "indirect"}, "read_changes"),
    "table_changes": ({"rows", "indirect"}, 'read_changes with detail="tables"'),
    "net_changes": ({"operation", "class_name", "first_index", "changesets"}, "net_changes"),
    "snapshot": ({"class_name", "model_id", "first_index"}, "elements_at"),
    "file_verification": ({"computed_id", "matches"}, "verify_files"),
    "downloads": ({"path", "bytes", "outcome"}, "download_changesets"),
}


def validate_changesets(changesets: Any, columns: Sequence[str]) -> pd.DataFrame:
    """Validate a changesets frame in which each changeset index is unique.

    Parameters
    ----------
    changesets
        The frame to validate.
    columns
        Required columns.

    Returns
    -------
    DataFrame
        The frame as :func:`validate_frame` returns it.

    Raises
    ------
    TypeError, ValueError
        As :func:`validate_frame`; also if a changeset index is repeated.
    """
    frame = validate_frame(changesets, "changesets", columns)
    if not frame.index.is_unique:
        raise ValueError("The changesets frame has a changeset_index twice; pass one iModel with each changeset once.")
    return frame


def validate_changeset_files(changesets: Any, columns: Sequence[str] = ("id",)) -> pd.DataFrame:
    """Validate a changesets frame whose ids name files.

    Parameters
    ----------
    changesets
        The frame to validate.
    columns
        Required columns, with ``id``.

    Returns
    -------
    DataFrame
        The frame as :func:`validate_changesets` returns it, with lower-case ids.

    Raises
    ------
    TypeError, ValueError
        As :func:`validate_changesets`; also if an id is missing or not 40 hexadecimal digits.
    """
    frame = validate_changesets(changesets, columns)
    ids = {name: frame[name].astype("str").str.lower() for name in ("id", "parent_id") if name in frame}
    _raise_at_rows(ids["id"].isna(), "id is missing at changeset")
    for name, values in ids.items():
        is_known = values.notna() & ((name == "id") | (values != ""))  # the first changeset has no parent
        _raise_at_rows(
            is_known & ~values.str.fullmatch(CHANGESET_ID, na=False),
            f"{name} is not 40 hexadecimal digits at changeset",
        )
    return frame.assign(**ids)


def validate_frame(frame: Any, name: str, columns: Sequence[str], *, index: str = _INDEX) -> pd.DataFrame:
    """Validate a frame and return it with default dtypes and the right index.

    Parameters
    ----------
    frame
        A DataFrame of pandas or of a library that supports Arrow, such as Polars.
    name
        Name of the parameter, such as ``named_versions``.
    columns
        Required columns. Times need a time zone; counts and sizes need whole numbers of at least 0.
    index
        ``changeset_index`` (whole numbers) or ``id`` (unique). A column of that name becomes the index.

    Returns
    -------
    DataFrame
        The same object if nothing had to be converted.

    Raises
    ------
    TypeError
        If `frame` is not a DataFrame.
    ValueError
        If `frame` is of another kind, has another index, lacks a column, has one twice, or has invalid values. The
        message names the column and the first row.
    """
    source = _FRAME_SIGNATURES.get(name, (set(), f"fetch_{name}"))[1]
    checked = clean_surrogates(convert_nullable_dtypes(convert_to_pandas(frame, name, f" from {source}")))
    check_kind(checked, name, source)
    words = name.replace("_", " ")
    for how, wrong in {
        "lacks": [column for column in columns if column not in checked],
        "has twice": [column for column in columns if list(checked.columns).count(column) > 1],
    }.items():
        if wrong:
            raise ValueError(f"The {words} frame {how} {', '.join(wrong)}; pass a frame from {source}.")
    checked = _set_changeset_index(checked, words) if index == _INDEX else _set_id_index(checked, words, source)
    checked = _convert_categories(checked)
    for column in columns:
        check_column(checked[column], column, "changeset" if index == _INDEX else "row")
    _check_versions_and_keys(checked, name, words)
    return checked


def _convert_categories(frame: pd.DataFrame) -> pd.DataFrame:
    """Convert categories of plain texts, and of ids in the index, to str."""
    if isinstance(frame.index, pd.CategoricalIndex) and frame.index.name == "id":
        frame = frame.set_axis(frame.index.astype("str").rename("id"))
    if not frame.columns.is_unique:
        return frame
    columns = [name for name in frame.columns if name in _PLAIN_TEXTS and frame[name].dtype == "category"]
    texts = {name: frame[name].astype("str") for name in columns if is_text(frame[name])}
    return frame.assign(**texts) if texts else frame


def _check_versions_and_keys(frame: pd.DataFrame, name: str, words: str) -> None:
    """Raise if a version is repeated, or if its state is missing."""
    if not frame.columns.is_unique:
        return
    unique = _UNIQUE.get(name)
    if unique in frame:
        repeated = frame[unique].duplicated() & frame[unique].notna()
        _raise_at_rows(repeated, f"The {words} frame repeats {unique} at changeset")
    if name == "named_versions" and "state" in frame:
        _raise_at_rows(frame["state"].isna(), "state is missing, so a hidden named version could show, at changeset")


def check_kind(frame: pd.DataFrame, name: str, source: str) -> None:
    """Raise if the columns are those of another kind of frame."""
    columns = set(frame.columns)
    if name in _FRAME_SIGNATURES and _FRAME_SIGNATURES[name][0] <= columns:
        return
    for other, (signature, _) in _FRAME_SIGNATURES.items():
        if signature <= columns and other != name:
            words = "audit" if other == "previous" else other.replace("_", " ")
            raise ValueError(
                f"The frame given as {name} is a {words} frame; pass one from {source}, and check the order of the"
                " arguments."
            )


def _set_changeset_index(frame: pd.DataFrame, words: str) -> pd.DataFrame:
    needs = f"The {words} frame should be indexed by {_INDEX}"
    if frame.index.nlevels > 1 or ("imodel_id" in frame and len(frame["imodel_id"].unique()) > 1):
        raise ValueError(f"{needs}; this one contains more than one iModel. Select one with frame.loc[imodel_id].")
    if _INDEX in frame and frame.index.name == _INDEX:
        if not np.array_equal(frame[_INDEX].to_numpy(), frame.index.to_numpy()):
            raise ValueError(f"{needs}; its index and column of that name differ. Drop one of them.")
    elif _INDEX in frame:
        frame = frame.set_index(_INDEX)
    elif frame.index.name != _INDEX:
        raise ValueError(
            f"{needs}; neither its index nor a column has that name, and row numbers do not replace it. Name the"
            f" index with frame.rename_axis('{_INDEX}'), or set it with frame.set_index(...)."
        )
    if not pd.api.types.is_integer_dtype(frame.index.dtype) or frame.index.hasnans:
        raise ValueError(f"{needs}, one whole number a changeset, not {frame.index.dtype}.")
    if len(frame) and not 0 <= frame.index.min() <= frame.index.max() <= MAX_INDEX:
        raise ValueError(
            f"{needs}, with whole numbers from 0 on; this one goes from {frame.index.min()} to {frame.index.max()}."
        )
    return frame if frame.index.dtype == np.int64 else frame.set_axis(frame.index.astype("int64"))


def _set_id_index(frame: pd.DataFrame, words: str, source: str) -> pd.DataFrame:
    if "id" in frame and frame.index.name != "id":
        frame = frame.set_index("id")
    is_numbered = len(frame) > 0 and pd.api.types.is_numeric_dtype(frame.index.dtype)
    if frame.index.nlevels > 1 or is_numbered or not frame.index.is_unique:
        raise ValueError(
            f"The {words} frame should be indexed by unique ids. "
            f"Pass the frame of {source}, or set the index with frame.set_index('id')."
        )
    return frame


def check_column(values: pd.Series, column: str, unit: str) -> None:
    """Check the values of a column. The message calls a row `unit`."""
    if column in _TIMES and not isinstance(values.dtype, pd.DatetimeTZDtype):
        raise ValueError(
            f"{column} should contain times with a time zone, not {values.dtype};"
            " convert it with pd.to_datetime(..., utc=True)."
        )
    if column in _COUNTS and not pd.api.types.is_numeric_dtype(values.dtype):
        raise ValueError(
            f"{column} should contain whole numbers, not {values.dtype}; convert it with .astype('int64')."
        )
    if column in _TEXTS | _KEYS and not is_text(values, or_number=column in _KEYS):
        raise ValueError(f"{column} should contain text, not {values.dtype}; convert it with .astype('str').")
    if column in _NEVER_MISSING:
        _raise_at_rows(values.isna(), f"{column} is missing at {unit}")
    if column in _COUNTS:
        _raise_at_rows(values < 0, f"{column} is below 0 at {unit}")
    if column in _COUNTS and not pd.api.types.is_integer_dtype(values.dtype):
        _raise_at_rows(values % 1 != 0, f"{column} is not a whole number at {unit}")


def is_text(values: pd.Series, *, or_number: bool = False) -> bool:
    """Return whether a column has texts and missing values only, or also numbers."""
    if isinstance(values.dtype, pd.StringDtype) or values.isna().all():
        return True
    kind = pd.api.types.infer_dtype(values.cat.categories if values.dtype == "category" else values, skipna=True)
    return kind in ("string", "empty") or (or_number and kind == "integer")


def _raise_at_rows(wrong: "pd.Series[bool]", words: str) -> None:
    rows = wrong.index[wrong]
    if len(rows):
        others = f" and {len(rows) - 1:,} more" if len(rows) > 1 else ""
        raise ValueError(f"{words} {rows[0]}{others}; fix or drop these rows.")
