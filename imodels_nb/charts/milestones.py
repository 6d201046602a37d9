"""Named versions on a chart: an axis along the top whose grid lines are the rules and whose labels never overlap."""

from typing import Any

import altair as alt
import pandas as pd

from imodels_nb.aggregate import ChangesetColumns
from imodels_nb.charts.words import clock_text, drawable
from imodels_nb.frames import validate_frame

_NEEDED = ("name", "state")
_LESS_THAN = "\ue000"
"""Stands for "<" while a name travels: Altair writes specifications into script tags as they are."""

_PLACE = "milestones[toString(+datum.value)]"
_IN_RANGE = f"{_PLACE}.index >= lo && {_PLACE}.index <= hi"
_CHARACTER = 6.5  # pixels of a label, on average
_FEWEST = 8  # characters; fewer tell nothing
_APART = 12  # pixels between rules; closer ones are fainter, or hundreds of them would hide what they stand on
_FAINTEST = 0.15
_ROOM = 0.6  # of the way between two labels, for each: one of them may stand to the side of its rule


def milestones(ledger: ChangesetColumns, named_versions: pd.DataFrame | None) -> pd.DataFrame:
    """Return the named versions to draw.

    Parameters
    ----------
    ledger
        The changesets they are to stand on; a version of any other changeset (the baseline, too) is left out.
    named_versions
        A frame as :func:`imodels_nb.fetch_named_versions` gives it; hidden ones are left out.

    Returns
    -------
    DataFrame
        ``index`` (changeset index), ``time`` (of its push, as in the ledger), ``name``: empty
        where it is missing, which makes a rule without a label.

    Raises
    ------
    TypeError, ValueError
        If it is no DataFrame, a column is missing, or it is not indexed by changeset.
    """
    if named_versions is None:
        return pd.DataFrame({"index": [], "time": [], "name": []})
    named_versions = validate_frame(named_versions, "named_versions", _NEEDED)
    times = pd.DataFrame({"time": ledger.time}, index=ledger.index)
    shown = named_versions.loc[named_versions["state"] != "hidden", ["name"]].join(times, how="inner")
    shown["name"] = [drawable(name) for name in shown["name"].astype("str").fillna("")]
    return shown.rename_axis("index").reset_index().sort_values("index")[["index", "time", "name"]]


def milestone_layer(shown: pd.DataFrame, x: alt.X, time_zone: str = "UTC") -> alt.Chart:
    """Draw named versions as labelled rules.

    Parameters
    ----------
    shown
        As :func:`milestones` gives it.
    x
        Where they stand: the field ``time`` or ``index``, on the scale of the chart.
    time_zone
        That of their times.
    """
    field = x.shorthand.split(":")[0]
    axis = alt.Axis(
        orient="top",
        style="milestones",
        title=None,
        grid=True,
        values=[int(place) for place in shown[field]],
        labelExpr=f"{_IN_RANGE} ? ({_beside(_spelled(f'{_PLACE}.name'))}) : ''",
        gridOpacity={"condition": {"test": _IN_RANGE, "expr": _faint()}, "value": 0},
        tickOpacity=alt.when(_IN_RANGE).then(alt.value(1)).otherwise(alt.value(0)),
        labelLimit=160,
        labelFlush=80,  # half of that: a label within it stands inside the edge, where nothing cuts it
    )
    rows: Any = shown.assign(name=_safe(shown["name"])).to_dict("records")
    layer: alt.Chart = (
        alt.Chart(alt.InlineData(values=rows))
        .transform_filter("datum.index >= lo && datum.index <= hi")
        .transform_calculate(pushed=clock_text("datum.time"), name=_spelled("datum.name"))
        .mark_point(style="milestone", shape="triangle-down", filled=True, size=50, yOffset=-3)
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


def milestone_names(shown: pd.DataFrame, field: str) -> alt.Parameter:
    """Return the parameter ``milestones``, by which the axis finds the name and the changeset index of a place.

    For :func:`_beside` it holds the places of the versions next to it, too, and the changeset indices of the two before
    and the two after (-1 where there is none).
    """
    names, places = _safe(shown["name"]).tolist(), [None, *shown[field].tolist(), None]
    index = [-1, -1, *shown["index"].tolist(), -1, -1]
    told = {
        str(places[at + 1]): {
            "name": name,
            "index": index[at + 2],
            "around": index[at : at + 5],
            "places": [places[at], places[at + 2]],
        }
        for at, name in enumerate(names)
    }
    return alt.param(name="milestones", value=told)


def _beside(name: str) -> str:
    """Shorten the names of two that are alone in the range to fit beside each other, or leave the later one out.

    Of three and more Vega leaves out those that would overlap, of two it never does.
    """
    before, after = f"{_there(1)} && !{_there(0)} && !{_there(3)}", f"{_there(3)} && !{_there(4)} && !{_there(1)}"
    between = _pixels(f"{_there(3)} ? 1 : 0")
    room = f"floor({between} * {_ROOM} / {_CHARACTER})"
    fitting = f"{room} < {_FEWEST} ? ({after} ? {name} : '') : truncate({name}, {room})"
    return f"({before}) || ({after}) ? ({fitting}) : {name}"


def _faint() -> str:
    before, after = (f"({_there(neighbour)} ? {_pixels(at)} : {_APART})" for neighbour, at in ((1, "0"), (3, "1")))
    return f"clamp(min({before}, {after}) / {_APART}, {_FAINTEST}, 1)"


def _pixels(neighbour: str) -> str:
    return f"abs(scale('x', {_PLACE}.places[{neighbour}]) - scale('x', +datum.value))"


def _there(neighbour: int) -> str:
    index = f"{_PLACE}.around[{neighbour}]"
    return f"({index} >= lo && {index} <= hi)"


def _safe(names: pd.Series) -> pd.Series:
    return names.astype("str").str.replace("<", _LESS_THAN)


def _spelled(name: str) -> str:
    return f"replace({name}, regexp('{_LESS_THAN}', 'g'), '<')"
