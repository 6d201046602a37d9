"""Named versions on a chart, as an axis whose grid lines are rules."""

from typing import Any

import altair as alt
import pandas as pd

from imodels_nb.aggregate import ChangesetColumns
from imodels_nb.charts.vega_expressions import build_clock_expression, replace_undrawable
from imodels_nb.frames import validate_frame

_REQUIRED_COLUMNS = ("name", "state")
_LESS_THAN = "\ue000"
"""Replacement of "<" in a specification, which Altair writes into script tags as it is."""

_VERSION = "versions[toString(+datum.value)]"
_IN_RANGE = f"{_VERSION}.index >= lo && {_VERSION}.index <= hi"
_CHARACTER_WIDTH = 6.5  # pixels, on average
_MIN_CHARACTERS = 8  # of a label
_MIN_DISTANCE = 12  # pixels between rules; closer ones are fainter, so that they do not hide the chart
_MIN_OPACITY = 0.15
_LABEL_SHARE = 0.6  # of the distance between two rules, for each label: one may be at the side of its rule


def named_version_marks(data: ChangesetColumns, named_versions: pd.DataFrame | None) -> pd.DataFrame:
    """Return the marks of the named versions to draw.

    Parameters
    ----------
    data
        All changesets; a version of any other changeset (the baseline, too) is left out.
    named_versions
        A frame as :func:`imodels_nb.fetch_named_versions` gives it; hidden ones are left out.

    Returns
    -------
    DataFrame
        ``index`` (changeset index), ``time`` (of its push, in milliseconds), ``name``; an empty name is a rule without
        a label.

    Raises
    ------
    TypeError, ValueError
        If it is not a DataFrame, lacks a column, or is not indexed by changeset.
    """
    if named_versions is None:
        return pd.DataFrame({"index": [], "time": [], "name": []})
    named_versions = validate_frame(named_versions, "named_versions", _REQUIRED_COLUMNS)
    times = pd.DataFrame({"time": data.time}, index=data.index)
    shown = named_versions.loc[named_versions["state"] != "hidden", ["name"]].join(times, how="inner")
    shown["name"] = [replace_undrawable(name) for name in shown["name"].astype("str").fillna("")]
    return shown.rename_axis("index").reset_index().sort_values("index")[["index", "time", "name"]]


def draw_named_versions(versions: pd.DataFrame, x: alt.X, time_zone: str = "UTC") -> alt.Chart:
    """Draw named versions as labeled rules.

    Parameters
    ----------
    versions
        As :func:`named_version_marks` returns them.
    x
        The field ``time`` or ``index``, on the scale of the chart.
    time_zone
        Time zone of their times.
    """
    field = x.shorthand.split(":")[0]
    axis = alt.Axis(
        orient="top",
        style="versions",
        title=None,
        grid=True,
        values=[int(position) for position in versions[field]],
        labelExpr=f"{_IN_RANGE} ? ({_fit_label(_restore(f'{_VERSION}.name'))}) : ''",
        gridOpacity={"condition": {"test": _IN_RANGE, "expr": _build_rule_opacity()}, "value": 0},
        tickOpacity=alt.when(_IN_RANGE).then(alt.value(1)).otherwise(alt.value(0)),
        labelLimit=160,
        labelFlush=80,  # half of the limit: a label near the edge is moved inside
    )
    rows: Any = versions.assign(name=_escape(versions["name"])).to_dict("records")
    layer: alt.Chart = (
        alt.Chart(alt.InlineData(values=rows))
        .transform_filter("datum.index >= lo && datum.index <= hi")
        .transform_calculate(pushed=build_clock_expression("datum.time"), name=_restore("datum.name"))
        .mark_point(style="version", shape="triangle-down", filled=True, size=50, yOffset=-3)
        .encode(
            x=x.axis(axis),
            y=alt.value(0),
            tooltip=[
                alt.Tooltip("name:N", title="named version"),
                alt.Tooltip("index:Q", title="changeset", format=","),
                alt.Tooltip("pushed:N", title=f"pushed ({time_zone})"),
            ],
        )
    )
    return layer


def build_versions_param(versions: pd.DataFrame, x_field: str) -> alt.Parameter:
    """Build the parameter ``versions``: names and indexes by position on the axis.

    For :func:`_fit_label` it also holds the positions of the neighbors, and the changeset indexes of the two before and
    the two after (-1 without any).
    """
    names, positions = _escape(versions["name"]).tolist(), [None, *versions[x_field].tolist(), None]
    index = [-1, -1, *versions["index"].tolist(), -1, -1]
    by_position = {
        str(positions[at + 1]): {
            "name": name,
            "index": index[at + 2],
            "around": index[at : at + 5],
            "positions": [positions[at], positions[at + 2]],
        }
        for at, name in enumerate(names)
    }
    return alt.param(name="versions", value=by_position)


def _fit_label(name: str) -> str:
    """Return the expression of a label that fits beside a single other one.

    Both names are shortened, or the later one is left out. Of three and more labels Vega leaves out those that would
    overlap, of two it never does.
    """
    before = f"{_is_in_range(1)} && !{_is_in_range(0)} && !{_is_in_range(3)}"
    after = f"{_is_in_range(3)} && !{_is_in_range(4)} && !{_is_in_range(1)}"
    between = _build_distance(f"{_is_in_range(3)} ? 1 : 0")
    room = f"floor({between} * {_LABEL_SHARE} / {_CHARACTER_WIDTH})"
    fitting = f"{room} < {_MIN_CHARACTERS} ? ({after} ? {name} : '') : truncate({name}, {room})"
    return f"({before}) || ({after}) ? ({fitting}) : {name}"


def _build_rule_opacity() -> str:
    before, after = (
        f"({_is_in_range(neighbor)} ? {_build_distance(at)} : {_MIN_DISTANCE})" for neighbor, at in ((1, "0"), (3, "1"))
    )
    return f"clamp(min({before}, {after}) / {_MIN_DISTANCE}, {_MIN_OPACITY}, 1)"


def _build_distance(neighbor: str) -> str:
    return f"abs(scale('x', {_VERSION}.positions[{neighbor}]) - scale('x', +datum.value))"


def _is_in_range(neighbor: int) -> str:
    index = f"{_VERSION}.around[{neighbor}]"
    return f"({index} >= lo && {index} <= hi)"


def _escape(names: pd.Series) -> pd.Series:
    return names.astype("str").str.replace("<", _LESS_THAN)


def _restore(name: str) -> str:
    return f"replace({name}, regexp('{_LESS_THAN}', 'g'), '<')"
