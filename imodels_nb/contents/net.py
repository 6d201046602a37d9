"""Net changes between two changesets, and counts of changes by class."""

from typing import Any

import numpy as np
import pandas as pd

from imodels_nb._format import format_count
from imodels_nb._validation import format_argument, validate_int
from imodels_nb.frames import (
    OPERATIONS,
    describe_version_names,
    find_version_index,
    read_version_names,
    select_element_changes,
    validate_changes,
    validate_frame,
)

_LABEL = "UserLabel"
_LAST_MOD = "LastMod"
_BLOB = r"[\d,]+ bytes"
_BAR_WIDTH = 40
_SIGNS = "+~-"  # inserted, updated, deleted


def net_changes(
    changes: pd.DataFrame,
    first: int | str | None = None,
    last: int | str | None = None,
    *,
    named_versions: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Compute the net changes to elements in a range of changesets.

    An element that was inserted and deleted again is left out. An element that was inserted and updated is inserted.
    An element that was updated twice has one row with all its updated properties.

    Parameters
    ----------
    changes
        Frame of :func:`read_changes` with ``detail="elements"``, or with ``"properties"``: then a property that has its
        old value again does not count.
    first, last
        Range of changeset indexes, both inclusive; ``None`` is an end of the frame. With names of `named_versions`, the
        range starts after the first version and ends with the last one.
    named_versions
        Frame of :func:`fetch_named_versions`, if `first` or `last` is a name. Upper and lower case may differ.

    Returns
    -------
    DataFrame
        One row per element, indexed by ``instance_id`` (str, sorted). Columns: ``operation`` (category),
        ``class_name`` (category), ``label`` (str; the last one), ``first_index``, ``last_index``, ``changesets``
        (int64; number of changesets that changed the element), ``properties`` (tuple; of an update).

    Raises
    ------
    TypeError, ValueError
        If an argument is invalid.

    Examples
    --------
    >>> net_changes(sample.load_changes(), 31, 90)["operation"].value_counts()["deleted"]
    np.int64(18)
    """
    changes = validate_changes(changes)
    start, end = resolve_range(first, last, named_versions)
    rows = select_element_changes(changes.loc[start:end])
    return (
        _build_net_properties(rows)
        if "old" in rows.columns
        else _build_net_elements(rows, rows["properties"].to_numpy())
    )


def format_diffstat(changes: pd.DataFrame) -> str:
    """Format the number of inserted, updated and deleted elements of each class.

    Parameters
    ----------
    changes
        Frame of :func:`read_changes` or :func:`net_changes`. Rows that only follow from other changes are left out.
        With ``detail="tables"``, the text has the number of rows of each table instead.
    """
    if "rows" in changes.columns:
        rows = changes.reset_index()
        sums = pd.crosstab(rows["table"], rows["operation"], rows["rows"], aggfunc="sum").fillna(0)
        return _format_counts(sums, "row", ("table", "tables"))
    rows = changes
    if "entity" in rows.columns:
        rows = select_element_changes(rows)
        rows = rows[~rows.index.duplicated()]  # one row for each value has one operation
    classes = rows["class_name"].astype("str").fillna("(unknown class)")
    return _format_counts(pd.crosstab(classes, rows["operation"].astype("str")), "element", ("class", "classes"))


def _format_counts(counts: pd.DataFrame, unit: str, groups: tuple[str, str]) -> str:
    """Format counts by class or table, with one column for each operation."""
    if counts.empty:
        return f"No {unit}s changed."
    counts = counts.reindex(columns=OPERATIONS, fill_value=0)
    counts = counts.loc[counts.sum(axis="columns").sort_values(ascending=False, kind="stable").index]
    width = max(map(len, counts.index))
    largest = int(counts.sum(axis="columns").max())
    pairs = zip(counts.index, counts.to_numpy(), strict=True)
    lines = [_format_line(str(name), width, largest, *map(int, row)) for name, row in pairs]
    totals = ", ".join(f"{int(counts[name].sum()):,} {name}" for name in OPERATIONS)
    return "\n".join([*lines, f" {format_count(len(counts), *groups)}: {totals}"])


def find_last_labels(rows: pd.DataFrame) -> pd.Series:
    """Return the label of each element after each of its changes."""
    is_renamed = np.array([_LABEL in names for names in rows["properties"]], dtype=bool)
    return rows["label"].where(~is_renamed, rows["new_label"])


def resolve_range(
    first: int | str | None,
    last: int | str | None,
    named_versions: pd.DataFrame | None,
    arguments: tuple[str, str] = ("first", "last"),
) -> tuple[int | None, int | None]:
    """Return the first and last index of a range, after named versions are looked up.

    Parameters
    ----------
    first, last, named_versions
        As in :func:`net_changes`.
    arguments
        Names of the arguments `first` and `last`, for messages.

    Raises
    ------
    TypeError, ValueError
        If a bound is neither an index nor the name of one named version, or the range ends before it starts.
    """
    if isinstance(first, str) or isinstance(last, str):
        if named_versions is None:
            name = first if isinstance(first, str) else last
            raise ValueError(f"Pass the frame of fetch_named_versions as named_versions, to find {name!r}.")
        named_versions = validate_frame(named_versions, "named_versions", ("name",))
    start, end = (
        _find_version(name, bound, named_versions) if isinstance(bound, str) else _validate_bound(name, bound)
        for name, bound in zip(arguments, (first, last), strict=True)
    )
    if isinstance(first, str) and start is not None:
        start += 1
    is_empty = isinstance(first, str) and start is not None and start - 1 == end  # from a version to itself
    if start is not None and end is not None and start > end and not is_empty:
        raise ValueError(
            f"The range ends before it starts: {arguments[0]} is {format_argument(first)}, "
            f"{arguments[1]} is {format_argument(last)}. Exchange them."
        )
    return start, end


def _validate_bound(name: str, index: Any) -> int | None:
    try:
        return None if index is None else validate_int(name, index, 0)
    except ValueError as error:
        raise ValueError(f"{error} The name of a named version is possible, too.") from None


def _find_version(argument: str, name: str, named_versions: pd.DataFrame | None) -> int:
    names = read_version_names(named_versions)
    index = find_version_index(names, name, argument)
    if index is None:
        hint = describe_version_names(names, name)
        raise ValueError(f"{argument}: {format_argument(name)} is not the name of a version. {hint}")
    return index


def _build_net_elements(rows: pd.DataFrame, properties: Any | None) -> pd.DataFrame:
    """Build the net changes from one row for each element and changeset."""
    instances = rows.index.get_level_values("instance_id")
    codes, names = pd.factorize(instances, sort=True)
    order = np.argsort(codes, kind="stable")
    codes = codes[order]
    starts = np.flatnonzero(np.diff(codes, prepend=-1))
    ends = np.append(starts[1:], len(codes)) - 1 if len(starts) else starts
    first = order[starts]
    last = order[ends]
    operations = rows["operation"].cat.codes.to_numpy()
    inserted, updated, deleted = range(3)
    is_inserted = operations[first] == inserted
    is_deleted = operations[last] == deleted
    operation = np.where(is_inserted, inserted, np.where(is_deleted, deleted, updated))
    remains = ~(is_inserted & is_deleted)
    indexes = rows.index.get_level_values("changeset_index").to_numpy()
    labels = find_last_labels(rows) if "new_label" in rows.columns else rows["label"]
    frame = pd.DataFrame(
        {
            "operation": pd.Categorical.from_codes(operation, pd.Index(OPERATIONS, dtype="str")),
            "class_name": rows["class_name"].array[last],
            "label": labels.array[last],
            "first_index": indexes[first],
            "last_index": indexes[last],
            "changesets": ends - starts + 1,
            "properties": _join_properties(properties, order, starts, ends, operation == updated),
        },
        index=pd.Index(names, dtype="str", name="instance_id"),
    )
    net: pd.DataFrame = frame.astype(dict.fromkeys(("first_index", "last_index", "changesets"), "int64"))[remains]
    net["class_name"] = net["class_name"].cat.remove_unused_categories()
    return net


def _join_properties(properties: Any, order: Any, starts: Any, ends: Any, is_update: Any) -> Any:
    joined = np.empty(len(starts), dtype=object)
    for position, (start, end, has_properties) in enumerate(zip(starts, ends, is_update, strict=True)):
        rows = order[start : end + 1] if has_properties and properties is not None else ()
        joined[position] = tuple(dict.fromkeys(name for row in rows for name in properties[row]))
    return joined


def _build_net_properties(rows: pd.DataFrame) -> pd.DataFrame:
    """Build the net changes from one row for each value."""
    frame = _build_net_elements(rows[~rows.index.duplicated()], None)
    values = rows.reset_index().astype({"property": "str"})
    values = values[values["property"] != _LAST_MOD]  # a new one is no change by itself
    keys = ["instance_id", "property"]
    before = values.drop_duplicates(keys).set_index(keys)["old"]
    after = values.drop_duplicates(keys, keep="last").set_index(keys)["new"].loc[before.index]
    is_same = (before == after) | (before.isna() & after.isna())
    is_blob = before.str.fullmatch(_BLOB, na=False)  # only sizes are known
    changed = before[~is_same | is_blob].reset_index()
    names = changed.groupby("instance_id")["property"].agg(tuple)
    is_updated = (frame["operation"] == "updated").to_numpy()
    pairs = zip(frame.index, is_updated, strict=True)
    properties = (names.get(instance, ()) if is_update else () for instance, is_update in pairs)
    frame["properties"] = np.fromiter(properties, dtype=object)
    labels = after[after.index.get_level_values("property") == _LABEL].droplevel("property")
    renamed = frame.index[frame["operation"] != "deleted"].intersection(labels.index)
    frame.loc[renamed, "label"] = labels.loc[renamed]
    is_empty = np.array([not names for names in frame["properties"]], dtype=bool)
    net: pd.DataFrame = frame[~(is_empty & is_updated)]
    return net


def _format_line(name: str, width: int, largest: int, *counts: int) -> str:
    scale = min(1.0, _BAR_WIDTH / largest)
    bar = "".join(sign * (round(count * scale) or bool(count)) for sign, count in zip(_SIGNS, counts, strict=True))
    return f" {name:{width}} | {sum(counts):7,} {bar}"
