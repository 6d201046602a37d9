"""Named versions on a chart, as an axis whose grid lines are rules."""

from bisect import bisect_left
from collections.abc import Sequence
from heapq import heappop, heappush
from typing import Any

import altair as alt
import pandas as pd

from imodels_nb.aggregate import ChangesetColumns, IndexRange
from imodels_nb.charts.layers import LIMITS, Layer, group_layers
from imodels_nb.charts.vega_expressions import build_clock_expression, replace_undrawable
from imodels_nb.frames import label_creators, validate_frame

_REQUIRED_COLUMNS = ("name", "state")
_LESS_THAN = "\ue000"
"""Replacement of "<" in a specification, which Altair writes into script tags as it is."""

_VERSION = "versions[toString(+datum.value)]"
_IN_RANGE = f"{_VERSION}.index >= lo && {_VERSION}.index <= hi"
_INDEX_IN_SHOWN = "indexof(shown, +datum.value)"
_CHARACTER_WIDTH = 6.5  # pixels, on average
_MIN_CHARACTERS = 8  # characters of a label
_MIN_DISTANCE = 12  # pixels between rules; closer ones, in a narrow chart, are fainter
_MIN_OPACITY = 0.15
_LABEL_SHARE = 0.6  # share of the distance between two rules for each label, which may be beside its rule


def build_version_marks(
    data: ChangesetColumns, named_versions: pd.DataFrame | None, changesets: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Build a frame of the named versions to draw, which are not hidden.

    Parameters
    ----------
    data
        All changesets; a version of any other changeset (the baseline, too) is left out.
    named_versions
        A frame as :func:`imodels_nb.fetch_named_versions` gives it; hidden ones are left out.
    changesets
        The changesets frame. With the column ``creator_name``, the creators of versions have these names, too.

    Returns
    -------
    DataFrame
        ``index`` (changeset index), ``time`` (of its push, in milliseconds), ``name``, and ``creator``: a name if one
        of the frames has it, otherwise the pseudonym, or "" if the creator is unknown. An empty name is a rule without
        a label.

    Raises
    ------
    TypeError, ValueError
        If a frame is not a DataFrame, lacks a column, or is not indexed by changeset.
    """
    if named_versions is None:
        return pd.DataFrame({"index": [], "time": [], "name": [], "creator": []})
    named_versions = validate_frame(named_versions, "named_versions", _REQUIRED_COLUMNS)
    times = pd.DataFrame({"time": data.time}, index=data.index)
    named = pd.DataFrame({"name": named_versions["name"], "creator": _list_creators(named_versions, changesets)})
    shown = named[named_versions["state"] != "hidden"].join(times, how="inner")
    for column in ("name", "creator"):
        shown[column] = [replace_undrawable(text) for text in shown[column].astype("str").fillna("")]
    return shown.rename_axis("index").reset_index().sort_values("index")[["index", "time", "name", "creator"]]


def _list_creators(named_versions: pd.DataFrame, changesets: pd.DataFrame | None) -> list[str]:
    """Return the creator of each version: a name if a frame has it, or the pseudonym."""
    if "creator_id" not in named_versions:
        return [""] * len(named_versions)
    labels = label_creators(named_versions)
    if changesets is not None and "creator_name" not in named_versions:
        changesets = validate_frame(changesets, "changesets", ())
        if {"creator_id", "creator_name"} <= set(changesets.columns):
            labels |= label_creators(changesets)
    ids = named_versions["creator_id"].astype("object")
    return ["" if pd.isna(creator) else labels[str(creator).lower()] for creator in ids]


def draw_named_versions(
    versions: pd.DataFrame, x: alt.X, time_zone: str = "UTC", rule_ends: tuple[int, int] | None = None
) -> Layer:
    """Draw named versions as labeled rules.

    Parameters
    ----------
    versions
        As :func:`build_version_marks` returns them.
    x
        The field ``time`` or ``index``, on the scale of the chart.
    time_zone
        Time zone of their times.
    rule_ends
        Pixels from the top of the plot between which the rules are drawn. By default they have its height.
    """
    axis = _build_axis(has_rules=rule_ends is None)
    field = x.shorthand.split(":")[0]
    escaped = {name: _escape_less_than(versions[name]) for name in ("name", "creator")}
    rows: Any = versions.assign(**escaped).to_dict("records")
    has_creators = bool((versions["creator"] != "").any())
    marked = (
        alt.Chart(alt.InlineData(values=rows))
        .transform_filter(f"datum.index >= lo && datum.index <= hi && indexof(shown, datum.{field}) >= 0")
        .transform_calculate(
            type="'version'",
            time_ms="datum.time",
            pushed=build_clock_expression("datum.time"),
            **{name: _build_name(f"datum.{name}") for name in escaped},
        )
    )
    points: alt.Chart = marked.mark_point(
        style="version", shape="triangle-down", filled=True, size=50, yOffset=-3
    ).encode(
        x=x.axis(axis),
        y=alt.YValue(0),
        tooltip=[
            alt.Tooltip("name:N", title="named version"),
            alt.Tooltip("index:Q", title="changeset", format=","),
            alt.Tooltip("pushed:N", title=f"pushed ({time_zone})"),
            *([alt.Tooltip("creator:N", title="by")] if has_creators else []),
        ],
    )
    if rule_ends is None:
        return points
    top, bottom = rule_ends
    rules: alt.Chart = (
        marked.transform_calculate(value=f"datum.{field}")  # as in the expressions of an axis
        .mark_rule(style="version-rule", strokeDash=[3, 3], opacity=alt.expr(_build_rule_opacity()))
        .encode(x=x.axis(axis), y=alt.YValue(top), y2=alt.Y2Value(bottom))
    )
    return group_layers(points, rules)


def _build_axis(*, has_rules: bool) -> alt.Axis:
    return alt.Axis(
        orient="top",
        style="versions",
        title=None,
        grid=has_rules,
        values=alt.ExprRef("shown"),
        labelExpr=f"{_IN_RANGE} ? ({_build_label(_build_name(f'{_VERSION}.name'))}) : ''",
        gridOpacity={"condition": {"test": _IN_RANGE, "expr": _build_rule_opacity()}, "value": 0},
        tickOpacity=alt.when(_IN_RANGE).then(alt.value(1)).otherwise(alt.value(0)),
        labelLimit=160,
        labelFlush=80,  # half of the limit: a label near the edge is moved inside
    )


def build_versions_params(versions: pd.DataFrame, x_field: str, index_range: IndexRange) -> list[alt.Parameter]:
    """Build the parameters ``versions`` and ``shown``.

    ``versions`` has name, index and importance by position on the axis. ``shown`` are the positions that have a rule,
    ascending: the most important of the range that are far enough apart.
    """
    positions = versions[x_field].tolist()
    names, indexes = _escape_less_than(versions["name"]).tolist(), versions["index"].tolist()
    by_position = {
        str(position): {"name": name, "index": index, "rank": rank}
        for position, name, index, rank in zip(positions, names, indexes, rank_by_distance(positions), strict=True)
    }
    shown = select_versions(by_position, index_range)
    return [alt.param(name="versions", value=by_position), alt.param(name="shown", value=shown)]


def rank_by_distance(positions: Sequence[float]) -> list[int]:
    """Return the importance of each position, 0 for the most important.

    The last position is the most important, then the first. Each next one is the position nearest to the middle of
    the widest gap. So the most important positions are spread evenly, for any number of them.

    Examples
    --------
    >>> rank_by_distance([0, 10, 45, 50, 100])
    [1, 3, 4, 2, 0]
    """
    order = sorted(range(len(positions)), key=positions.__getitem__)
    ascending = [positions[number] for number in order]
    ranks = dict.fromkeys(order, 0)
    if len(order) > 1:
        ranks[order[0]] = 1
    gaps: list[tuple[float, int, int]] = [(0, 0, len(order) - 1)]
    rank = 1
    while gaps:
        _, left, right = heappop(gaps)
        if right - left <= 1:
            continue
        middle = (ascending[left] + ascending[right]) / 2
        above = min(max(bisect_left(ascending, middle), left + 1), right - 1)
        below = max(above - 1, left + 1)
        nearest = below if middle - ascending[below] <= ascending[above] - middle else above
        rank += 1
        ranks[order[nearest]] = rank
        for start, stop in ((left, nearest), (nearest, right)):
            heappush(gaps, (ascending[start] - ascending[stop], start, stop))
    return [ranks[number] for number in range(len(order))]


def select_versions(by_position: dict[str, Any], index_range: IndexRange) -> list[int]:
    """Return the positions of the versions of a range that have a rule, ascending.

    The engine does the same in ``js/versions.js`` at every change of the range.
    """
    first, last = index_range
    in_range = {
        int(position): version["rank"] for position, version in by_position.items() if first <= version["index"] <= last
    }
    distance = (max(in_range) - min(in_range)) / LIMITS["max_versions"] if in_range else 0
    shown: list[int] = []
    for position in sorted(in_range, key=in_range.__getitem__):
        if all(abs(position - other) >= distance for other in shown):
            shown.append(position)
    return sorted(shown)


def _build_label(name: str) -> str:
    """Build the expression of a label that fits beside the only other label.

    Of three and more labels, Vega leaves out those that would overlap; of two, it leaves out none. So two names are
    shortened, or the later one is left out.
    """
    distance = f"abs({_build_position('shown[1]')} - {_build_position('shown[0]')})"
    room = f"floor({distance} * {_LABEL_SHARE} / {_CHARACTER_WIDTH})"
    fitting = f"{room} < {_MIN_CHARACTERS} ? ({_INDEX_IN_SHOWN} == 0 ? {name} : '') : truncate({name}, {room})"
    return f"length(shown) == 2 ? ({fitting}) : {name}"


def _build_rule_opacity() -> str:
    """Build the expression of the opacity of a rule, which is faint near another rule."""
    own = _build_position("datum.value")
    neighbors = [f"shown[{_INDEX_IN_SHOWN} {step}]" for step in ("- 1", "+ 1")]
    distances = [
        f"(isValid({neighbor}) ? abs({_build_position(neighbor)} - {own}) : {_MIN_DISTANCE})" for neighbor in neighbors
    ]
    return f"clamp(min({', '.join(distances)}) / {_MIN_DISTANCE}, {_MIN_OPACITY}, 1)"


def _build_position(value: str) -> str:
    """Build the expression of a position in pixels."""
    return f"scale('x', +{value})"


def _escape_less_than(names: pd.Series) -> pd.Series:
    """Return names without "<", which would end a script tag of the page."""
    return names.astype("str").str.replace("<", _LESS_THAN)


def _build_name(name: str) -> str:
    """Build the expression of a name as it was before `_escape_less_than`."""
    return f"replace({name}, regexp('{_LESS_THAN}', 'g'), '<')"
