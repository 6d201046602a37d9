"""Validation of frames of changes, such as those of read_changes."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from imodels_nb._dataframes import clean_surrogates, convert_nullable_dtypes, convert_to_pandas
from imodels_nb._validation import format_argument
from imodels_nb.frames.validation import MAX_INDEX, check_kind, is_text

OPERATIONS = ("inserted", "updated", "deleted")
"""Operations, in the order of the frames."""

ENTITIES = ("element", "model", "aspect", "relationship", "schema", "file property", "other")
"""Kinds of instances, in the order of the frames."""

CHANGE_INDEX = ["changeset_index", "instance_id"]
"""Names of the index of a frame of changes."""

_SOURCE = 'read_changes or fetch_changes with detail="elements"'
_COMMON = ("operation", "entity", "class_name", "label", "indirect")
_COLUMNS = {
    "elements": (*_COMMON, "properties", "new_label"),
    "properties": (*_COMMON, "property", "old", "new"),
}
_CATEGORIES = {"operation": OPERATIONS, "entity": ENTITIES}
_TEXTS = ("label", "code", "model_id", "parent_id", "new_label", "old", "new", "class_name", "property")
_REPEATED_TEXTS = ("class_name", "property")  # columns that become categories
_FLAGS = {"True": True, "true": True, "TRUE": True, "False": False, "false": False, "FALSE": False}
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")


def validate_changes(
    changes: Any, *, columns: Sequence[str] = (), details: Sequence[str] = ("elements", "properties")
) -> pd.DataFrame:
    """Validate a frame of changes, also one that was stored as CSV or Parquet.

    Parameters
    ----------
    changes
        The frame to validate; a DataFrame of pandas or of a library that supports Arrow, such as Polars.
    columns
        Columns that are required in addition to those that each detail needs.
    details
        Accepted details: ``"elements"``, ``"properties"`` or both.

    Returns
    -------
    DataFrame
        Sorted by ``changeset_index`` and ``instance_id``, its index, with the dtypes of :func:`read_changes`. The same
        object if nothing had to be converted.

    Raises
    ------
    ValueError
        If it is another frame, lacks a column, has an element twice in one changeset, or has invalid values. The
        message names the column and the first row.
    """
    try:
        frame = clean_surrogates(convert_nullable_dtypes(convert_to_pandas(changes, "changes", f" from {_SOURCE}")))
    except TypeError as error:
        raise ValueError(str(error)) from error
    frame = _sort(_set_index(frame))
    detail = _find_detail(frame)
    if detail not in details:
        raise ValueError(f'changes should be a frame of read_changes with detail="{details[0]}", not "{detail}".')
    if missing := [name for name in (*_COLUMNS[detail], *columns) if name not in frame]:
        raise ValueError(f"The changes frame lacks {', '.join(missing)}; pass a frame from {_SOURCE}.")
    converted = _convert_dtypes(frame)
    frame = frame.assign(**converted) if converted else frame
    _check_unique(frame, detail)
    return frame


def select_element_changes(changes: pd.DataFrame) -> pd.DataFrame:
    """Select the changes to elements, without updates that only follow from others.

    Parameters
    ----------
    changes
        A frame that :func:`validate_changes` has returned.
    """
    is_indirect_update = changes["indirect"] & (changes["operation"] == "updated")
    return changes[(changes["entity"] == "element") & ~is_indirect_update]


def _set_index(frame: pd.DataFrame) -> pd.DataFrame:
    """Set the index of a frame that may have its parts as columns."""
    if not frame.columns.is_unique:
        repeated = frame.columns[frame.columns.duplicated()][0]
        raise ValueError(f"The changes frame has {repeated} twice; pass a frame from {_SOURCE}.")
    levels = [str(name) for name in frame.index.names if name is not None]
    if levels == CHANGE_INDEX and frame.index.is_monotonic_increasing and not frame.columns.intersection(levels).size:
        return frame
    columns = {name: frame.index.get_level_values(name) for name in levels}
    for name in frame.columns.intersection(levels):
        if not np.array_equal(frame[name].to_numpy(), columns.pop(name).to_numpy()):
            raise ValueError(f"The index and the column {name} of the changes frame differ. Drop one of them.")
    flat = frame.reset_index(drop=True)
    flat = flat.assign(**{str(name): pd.Series(values.array, flat.index) for name, values in columns.items()})
    flat = convert_nullable_dtypes(convert_to_pandas(flat, "changes"))
    check_kind(flat, "changes", _SOURCE)
    if missing := [name for name in CHANGE_INDEX if name not in flat]:
        raise ValueError(
            f"The changes frame should be indexed by {' and '.join(CHANGE_INDEX)}; it has no "
            f"{' and no '.join(missing)}, and row numbers do not replace it. Keep the index when you store the frame."
        )
    if "imodel_id" in flat and len(flat["imodel_id"].unique()) > 1:
        raise ValueError(
            "The changes frame contains more than one iModel. Select one with frame[frame['imodel_id'] == '...']."
        )
    return flat.set_index(CHANGE_INDEX)


def _sort(frame: pd.DataFrame) -> pd.DataFrame:
    """Check the values of the index, and sort by it."""
    indexes = frame.index.get_level_values(0)
    instances = frame.index.get_level_values(1)
    if len(frame) == 0:
        empty = [pd.Index([], dtype="int64"), pd.Index([], dtype="str")]
        return frame.set_axis(pd.MultiIndex.from_arrays(empty, names=CHANGE_INDEX))
    if not pd.api.types.is_integer_dtype(indexes.dtype) or indexes.hasnans:
        raise ValueError(
            f"changeset_index of the changes frame should be whole numbers, not {indexes.dtype}; drop the rows without "
            "one, and convert it with .astype('int64')."
        )
    if not 0 <= indexes.min() <= indexes.max() <= MAX_INDEX:
        raise ValueError(
            f"changeset_index of the changes frame should be whole numbers from 0 on; it goes from {indexes.min()} to "
            f"{indexes.max()}."
        )
    if instances.hasnans or not is_text(instances.to_series()):
        raise ValueError(f"instance_id of the changes frame should contain text in each row, not {instances.dtype}.")
    is_right = indexes.dtype == np.int64 and isinstance(instances.dtype, pd.StringDtype)
    if is_right and frame.index.is_monotonic_increasing:
        return frame
    index = pd.MultiIndex.from_arrays([indexes.astype("int64"), instances.astype("str")], names=CHANGE_INDEX)
    return frame.set_axis(index).sort_index()  # the sort keeps the order of equal rows


def _find_detail(frame: pd.DataFrame) -> str:
    check_kind(frame, "changes", _SOURCE)
    return "properties" if {"old", "new"} & set(frame.columns) else "elements"


def _convert_dtypes(frame: pd.DataFrame) -> dict[str, Any]:
    """Return the columns that have other dtypes than those of `read_changes`."""
    indexes = frame.index.get_level_values(0)
    converted = {}
    for name, values in frame.items():
        column = values
        if name in _CATEGORIES:
            column = _convert_to_categories(values, str(name), _CATEGORIES[str(name)], indexes)
        elif name in _TEXTS:
            column = _convert_to_text(values, str(name))
        elif name == "indirect":
            column = _convert_to_flags(values, indexes)
        elif name == "properties":
            column = _convert_to_names(values, indexes)
        if column is not values:
            converted[str(name)] = column
    return converted


def _convert_to_categories(values: pd.Series, name: str, categories: Sequence[str], indexes: pd.Index) -> pd.Series:
    # Categories in another order are equal for pandas, but their codes differ.
    if values.dtype == "category" and list(values.cat.categories) == list(categories) and not values.hasnans:
        return values
    is_wrong = ~values.isin(categories).to_numpy()
    if is_wrong.any():
        position = int(np.argmax(is_wrong))
        raise ValueError(
            f"{name} should be {', '.join(categories[:-1])} or {categories[-1]}, not "
            f"{format_argument(values.iloc[position])}, at changeset {indexes[position]}; fix or drop these rows."
        )
    return values.astype(object).astype(pd.CategoricalDtype(pd.Index(list(categories), dtype="str")))


def _convert_to_text(values: pd.Series, name: str) -> pd.Series:
    if not is_text(values):
        raise ValueError(
            f"{name} of the changes frame should contain text, not {values.dtype}; read a CSV file with "
            f"dtype={{'{name}': 'str'}}."
        )
    if name in _REPEATED_TEXTS:
        names = values.cat.categories if values.dtype == "category" else None
        is_sorted = names is not None and isinstance(names.dtype, pd.StringDtype) and names.is_monotonic_increasing
        return values if is_sorted else values.astype("str").astype("category")
    return values if isinstance(values.dtype, pd.StringDtype) else values.astype("str")


def _convert_to_flags(values: pd.Series, indexes: pd.Index) -> pd.Series:
    if values.dtype == bool:
        return values
    converted = [
        _FLAGS.get(value, value) if isinstance(value, str) else value for value in values.astype(object).tolist()
    ]
    for position, value in enumerate(converted):
        if not isinstance(value, bool | np.bool_):
            raise ValueError(  # noqa: TRY004  # one kind of error for all values
                f"indirect should be True or False, not {format_argument(value)}, at changeset {indexes[position]}; "
                "fix or drop these rows."
            )
    return pd.Series(converted, values.index, dtype=bool)


def _convert_to_names(values: pd.Series, indexes: pd.Index) -> pd.Series:
    """Convert the properties of each row to a tuple of names."""
    if all(type(value) is tuple for value in values):
        return values
    texts: dict[str, tuple[str, ...] | None] = {}
    converted = np.empty(len(values), dtype=object)
    for position, value in enumerate(values):
        names: Any
        if isinstance(value, str):
            names = texts[value] if value in texts else texts.setdefault(value, _parse_names(value))
        elif isinstance(value, list | tuple | np.ndarray):
            names = tuple(value)
        else:
            names = () if value is None or pd.isna(value) else None
        if names is None or not all(isinstance(name, str) for name in names):
            raise ValueError(
                f"properties should be a list of names in each row, not {format_argument(value)}, at changeset "
                f"{indexes[position]}; fix or drop these rows."
            )
        converted[position] = names
    return pd.Series(converted, values.index)


def _parse_names(text: str) -> tuple[str, ...] | None:
    """Parse names as `export_csv` or pandas writes them; ``None`` if it is neither."""
    if not text.startswith(("(", "[")):
        return tuple(filter(None, text.split("; ")))
    names = tuple(single or double for single, double in _QUOTED.findall(text))
    return names if not _QUOTED.sub("", text[1:-1]).strip(", \n") and text.endswith((")", "]")) else None


def _check_unique(frame: pd.DataFrame, detail: str) -> None:
    """Raise if an element, or a value of one, is there twice in one changeset."""
    rows = frame[(frame["entity"] == "element").to_numpy()]
    keys = rows.index
    if detail == "properties":
        keys = rows.set_index("property", append=True).index
    if not keys.is_unique:
        index, instance = rows.index[keys.duplicated()][0]
        raise ValueError(
            f"The changes frame has element {instance} twice at changeset {index}, so its rows would count twice. Pass "
            "each changeset once: two frames that overlap were joined, perhaps."
        )
