"""Comparison of two versions or of two periods of a timeline."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from imodels_nb._format import format_bytes, format_count
from imodels_nb.aggregate import ChangesetColumns, IndexRange, RangeParser
from imodels_nb.contents import net_changes
from imodels_nb.frames import KINDS, OPERATIONS, validate_frame
from imodels_nb.insights.statistics import Bools
from imodels_nb.insights.timeline import TimelineData

GROUPS = ("total", "kind", "person", "source file", "class")
"""Values of the column ``group``, in the order of the rows."""

MEASURES = ("changesets", "waiting", "bytes", "people", "days", *OPERATIONS)
"""Values of the column ``measure``."""

_POINT_COLUMNS = ("before", "between")
_RANGE_COLUMNS = ("first", "second")
_NO_CLASS = "(unknown class)"
_Key = tuple[str, str, str]


class _Sides(NamedTuple):
    """The two ranges that are compared, and the labels that the caller gave them."""

    ranges: tuple[IndexRange, IndexRange]
    labels: tuple[str, str]
    columns: tuple[str, str]


def compare(
    changesets: pd.DataFrame,
    first: Any,
    second: Any,
    named_versions: pd.DataFrame | None = None,
    changes: pd.DataFrame | None = None,
    *,
    time_zone: str = "UTC",
) -> pd.DataFrame:
    """Return how two versions or two periods of a timeline differ.

    Two points in the history, such as two named versions, are compared by what came between them: after the first
    one, up to and with the second one. Two ranges, such as two months, stand side by side.

    Parameters
    ----------
    changesets
        The frame of :func:`fetch_changesets`. With its column ``changed_files`` (``detail="full"``), source files are
        compared, too. People are pseudonyms, or their names with the column ``creator_name`` of
        :func:`with_creator_names`.
    first, second
        Two points or two ranges. A point is the name of a version, a changeset index (0 is the baseline), or a date: it
        stands for the last changeset until the end of that day. A range is what ``index_range`` of a chart accepts: a
        month, a quarter, a pair or a slice of indexes, dates or names. Both ends belong to it.
    named_versions
        The frame of :func:`fetch_named_versions`, if `first` or `second` has the name of a version.
    changes
        The frame of :func:`fetch_changes`, to compare the net changes to elements by class. It should cover both sides,
        for two points all changesets up to `second`: elements of changesets that it lacks count as 0.
    time_zone
        IANA name of the time zone of dates and days.

    Returns
    -------
    DataFrame
        One row per figure. Columns: ``group`` (category: ``total``, ``kind``, ``person``, ``source file``, ``class``),
        ``name`` (str: of the kind, person, file or class; ``all`` for a total), ``measure`` (category: ``changesets``,
        ``waiting`` for changesets without their file, ``bytes`` of uploaded files, ``people`` and ``days`` with pushes,
        ``inserted``, ``updated`` and ``deleted`` elements). For two points, ``before`` and ``between`` (int64: up to
        the first point, and between the points). For two ranges, ``first``, ``second`` and ``difference`` (int64).
        ``ratio`` (float64) divides the second number by the first one; it is NaN where that is 0. A changeset of
        several kinds counts under each. People, files and classes without a change in either range are left out. Its
        ``.attrs`` have ``ranges`` (first and last index of each side), ``labels`` and ``sentence``, as plain values.

    Raises
    ------
    TypeError, ValueError
        If a frame is invalid. If `first` or `second` is neither a point nor a range of this frame, or one is a point
        and the other a range. The message lists names of versions.

    See Also
    --------
    milestones : The contents of every named version.
    charts.comparison : A chart of the result.

    Examples
    --------
    >>> frame, versions = sample.load_changesets(), sample.load_named_versions()
    >>> between = compare(frame, "Kick-off model", "Coordination review 04", versions)
    >>> between.attrs["sentence"]
    'Between Kick-off model and Coordination review 04: 1,605 changesets with 909 MB by 5 people on 89 days.'
    >>> months = compare(frame, "March 2025", "April 2025")
    >>> months.loc[months["measure"] == "changesets", ["first", "second", "difference"]].values[0].tolist()
    [695, 698, 3]
    """
    timeline = TimelineData.from_frames(changesets, changes=changes, time_zone=time_zone)
    sides = _parse_sides(timeline, first, second, named_versions)
    counts = [dict(_count_range(timeline, index_range)) for index_range in sides.ranges]
    frame = _build_frame(counts, sides.columns)
    frame.attrs = {
        "ranges": [list(index_range) for index_range in sides.ranges],
        "labels": list(sides.labels),
        "sentence": _format_comparison(sides, counts),
    }
    return frame


def _parse_sides(timeline: TimelineData, first: Any, second: Any, named_versions: pd.DataFrame | None) -> _Sides:
    if named_versions is not None:
        named_versions = validate_frame(named_versions, "named_versions", ("name",))
    columns = ChangesetColumns.from_frame(timeline.changesets, timeline.zone.key)
    parser = RangeParser(columns, named_versions, timeline.zone.key)
    sides = [_parse_side(parser, name, value) for name, value in (("first", first), ("second", second))]
    _check_bounds(timeline, sides)
    (is_point, start), (is_second_point, stop) = sides
    labels = (_format_label(first, start), _format_label(second, stop))
    if is_point != is_second_point:
        raise ValueError(
            f"first and second should be two points or two ranges, not {labels[0]} and {labels[1]}. A point is a"
            " changeset index, a day or the name of a version; a range is a month, a quarter, or (first, last)."
        )
    if not is_point:
        return _Sides((start, stop), labels, _RANGE_COLUMNS)
    if start[1] > stop[1]:
        raise ValueError(f"first ({labels[0]}) comes after second ({labels[1]}). Exchange them.")
    return _Sides(((columns.bounds[0], start[1]), (start[1] + 1, stop[1])), labels, _POINT_COLUMNS)


def _check_bounds(timeline: TimelineData, sides: list[tuple[bool, IndexRange]]) -> None:
    """Raise an error if a side needs changesets that the frame lacks."""
    oldest, newest = (int(timeline.index[0]), int(timeline.index[-1])) if len(timeline) else (0, 0)
    is_part = len(timeline) > 0 and timeline.changesets["parent_id"].iloc[0] != ""
    for name, (is_point, (first, last)) in zip(_RANGE_COLUMNS, sides, strict=True):
        if last > newest:
            raise ValueError(
                f"{name} ends at changeset {last:,}, but the newest one of the frame is {newest:,}. Fetch the"
                " changesets again, or pass an earlier end."
            )
        if is_part and first < oldest - is_point:
            raise ValueError(
                f"{name} starts before the frame, whose first changeset is {oldest:,}. Fetch those before it, too."
            )


def _parse_side(parser: RangeParser, name: str, value: Any) -> tuple[bool, IndexRange]:
    """Return whether a value is a point, and its range."""
    index = parser.parse_point(value, name)
    return (True, (index, index)) if index is not None else (False, parser.parse(value, name))


def _format_label(value: Any, index_range: IndexRange) -> str:
    """Return the label of a side from its argument; an open end becomes its index."""
    if isinstance(value, slice):
        value = tuple(
            index if end is None else end for end, index in zip((value.start, value.stop), index_range, strict=True)
        )
    if isinstance(value, tuple | list | np.ndarray):
        if all(isinstance(end, int | np.integer) for end in value):
            return "changesets " + " to ".join(f"{end:,}" for end in value)
        return " to ".join(_format_label(end, index_range) for end in value)
    if isinstance(value, int | np.integer):
        return f"changeset {value:,}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return value.isoformat() if isinstance(value, date) else str(value)


def _count_range(timeline: TimelineData, index_range: IndexRange) -> Iterator[tuple[_Key, int]]:
    """Yield each figure of a range."""
    first, last = index_range
    is_inside = (timeline.index >= first) & (timeline.index <= last)
    yield from _count_totals(timeline, is_inside)
    yield from _count_kinds(timeline, is_inside)
    yield from _count_people(timeline, is_inside)
    yield from _count_source_files(timeline.changesets, is_inside)
    if timeline.changes is not None and first <= last:
        yield from _count_classes(timeline.changes, index_range)


def _count_totals(timeline: TimelineData, is_inside: Bools) -> Iterator[tuple[_Key, int]]:
    people = timeline.creator[is_inside]
    figures = {
        "changesets": np.count_nonzero(is_inside),
        "waiting": np.count_nonzero(is_inside & ~timeline.is_uploaded),
        "bytes": timeline.size[is_inside & timeline.is_uploaded].sum(),
        "people": len(np.unique(people[people >= 0])),
        "days": len(np.unique(timeline.day[is_inside])),
    }
    for measure, figure in figures.items():
        yield ("total", "all", measure), int(figure)


def _count_kinds(timeline: TimelineData, is_inside: Bools) -> Iterator[tuple[_Key, int]]:
    flags = timeline.changesets["containing_changes"].to_numpy(np.int64)
    for kind in KINDS.values():
        is_kind = is_inside & (flags & int(kind.flag) != 0 if kind.flag else flags == 0)
        yield ("kind", kind.label, "changesets"), int(np.count_nonzero(is_kind))
        yield ("kind", kind.label, "bytes"), int(timeline.size[is_kind & timeline.is_uploaded].sum())


def _count_people(timeline: TimelineData, is_inside: Bools) -> Iterator[tuple[_Key, int]]:
    size = np.where(timeline.is_uploaded, timeline.size, 0)[is_inside]
    codes, names = pd.factorize(_name_people(timeline)[is_inside])
    counts = np.bincount(codes, minlength=len(names))
    sums = np.bincount(codes, size, minlength=len(names))
    for person in np.argsort(-counts, kind="stable"):
        yield ("person", names[person], "changesets"), int(counts[person])
        yield ("person", names[person], "bytes"), int(sums[person])


def _name_people(timeline: TimelineData) -> Any:
    if "creator_name" in timeline.changesets:
        return timeline.changesets["creator_name"].astype("str").fillna(timeline.format_account(-1)).to_numpy(object)
    creators = range(-1, int(timeline.creator.max(initial=-1)) + 1)
    return np.array([timeline.format_account(creator) for creator in creators], dtype=object)[timeline.creator + 1]


def _count_source_files(changesets: pd.DataFrame, is_inside: Bools) -> Iterator[tuple[_Key, int]]:
    if "changed_files" not in changesets:
        return
    lists = changesets["changed_files"].to_numpy(object)[is_inside]
    counts = Counter(file for files in lists if isinstance(files, list | tuple | np.ndarray) for file in set(files))
    for file, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        yield ("source file", file, "changesets"), count


def _count_classes(changes: pd.DataFrame, index_range: IndexRange) -> Iterator[tuple[_Key, int]]:
    net = net_changes(changes, *index_range)
    classes = net["class_name"].astype("str").fillna(_NO_CLASS)
    counts = pd.crosstab(classes, net["operation"].astype("str")).reindex(columns=OPERATIONS, fill_value=0)
    for name, row in zip(counts.index, counts.to_numpy(), strict=True):
        for operation, count in zip(OPERATIONS, row, strict=True):
            yield ("class", str(name), operation), int(count)


def _build_frame(counts: list[dict[_Key, int]], columns: tuple[str, str]) -> pd.DataFrame:
    """Build the frame; the rows of a group are in the order of the second range."""
    before, after = counts
    keys = sorted(dict.fromkeys([*after, *before]), key=lambda key: GROUPS.index(key[0]))
    groups, names, measures = zip(*keys, strict=True)
    numbers = [np.array([counted.get(key, 0) for key in keys], dtype=np.int64) for counted in (before, after)]
    frame = pd.DataFrame(
        {
            "group": pd.Categorical(groups, list(GROUPS)),
            "name": pd.Series(names, dtype="str"),
            "measure": pd.Categorical(measures, list(MEASURES)),
            **dict(zip(columns, numbers, strict=True)),
        }
    )
    if columns == _RANGE_COLUMNS:
        frame["difference"] = numbers[1] - numbers[0]
    is_known = numbers[0] > 0
    return frame.assign(ratio=np.where(is_known, numbers[1] / np.where(is_known, numbers[0], 1), np.nan))


def _format_comparison(sides: _Sides, counts: list[dict[_Key, int]]) -> str:
    """Return the main figures as a sentence."""
    before, after = (_format_totals(side_counts) for side_counts in counts)
    if sides.columns == _POINT_COLUMNS:
        return f"Between {sides.labels[0]} and {sides.labels[1]}: {after}."
    return f"{sides.labels[0]}: {before}. {sides.labels[1]}: {after}."


def _format_totals(counts: dict[_Key, int]) -> str:
    figures = {measure: figure for (group, _, measure), figure in counts.items() if group == "total"}
    pushes = f"{format_count(figures['changesets'], 'changeset')} with {format_bytes(figures['bytes'])}"
    people = format_count(figures["people"], "person", "people")
    return f"{pushes} by {people} on {format_count(figures['days'], 'day')}"
