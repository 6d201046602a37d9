"""Chart of two versions or two periods: bars by kind, by person and by class."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import altair as alt
import pandas as pd

from imodels_nb._format import format_bytes, format_count
from imodels_nb.charts.picture_chart import PictureChart
from imodels_nb.charts.push_layers import COLORS, OTHER_COLOR
from imodels_nb.charts.theme import Theme
from imodels_nb.charts.vega_expressions import replace_undrawable
from imodels_nb.frames import OPERATIONS

_POINTS = ("before", "between")
_RANGES = ("first", "second")
_KEYS = ("group", "name", "measure")
_MAX_BARS = 8
_NOTHING = "Nothing changed"
_OTHERS = "all others"
_NAME_WIDTH = 160  # pixels of the names beside the bars
_NUMBER_WIDTH = 76  # pixels of the number behind the longest bar
_SPACING = 12
_BAR_HEIGHT = 18
_FIRST_OPACITY = 0.45
_HEADINGS = {"changesets": "Changesets", "bytes": "Size", "elements": "Changes to elements"}
_COLOR_FIELDS = {"kind": "name", "person": None, "class": "measure"}
_COLOR_SCALES = {
    "name": alt.Scale(domain=[*COLORS, "other"], range=[*COLORS.values(), OTHER_COLOR]),
    "measure": alt.Scale(
        domain=list(OPERATIONS), range=[COLORS[kind] for kind in ("spatial data", "definition", "schema")]
    ),
}


class _Compared(NamedTuple):
    """The checked frame, the sides to draw, and their names."""

    frame: pd.DataFrame
    sides: list[str]
    labels: list[str]


def comparison(compared: pd.DataFrame, *, theme: Theme = "light") -> PictureChart:
    """Draw the result of :func:`imodels_nb.compare`.

    Bars show the changesets and the bytes of each kind and of the people with most changesets, and, if the frame has
    them, the net changes to elements by class. Two points have one bar, for the changesets between them. Two ranges
    have a bar each; the faint bar is that of the first range.

    Parameters
    ----------
    compared
        The frame of :func:`imodels_nb.compare`, or rows of it.
    theme
        ``light`` or ``dark``.

    Returns
    -------
    PictureChart
        A picture in a notebook, trusted or not, and saved as HTML, PNG, SVG or PDF. ``to_dict()`` returns its
        specification.

    Raises
    ------
    TypeError, ValueError
        If `compared` is not such a frame, or `theme` is invalid.

    Examples
    --------
    >>> months = compare(sample.load_changesets(), "March 2025", "April 2025")
    >>> charts.comparison(months).to_dict()["title"]["text"]
    'March 2025 and April 2025'
    """
    checked = _check_frame(compared)
    label = str(compared.attrs.get("sentence", "Comparison"))
    return PictureChart(lambda width: _draw(checked, width), replace_undrawable(label), theme)


def _check_frame(compared: Any) -> _Compared:
    if not isinstance(compared, pd.DataFrame):
        raise TypeError(f"compared should be the frame of compare, not {type(compared).__name__}.")
    columns = next((pair for pair in (_POINTS, _RANGES) if {*pair, *_KEYS} <= set(compared.columns)), None)
    if columns is None:
        raise ValueError("compared lacks columns of the frame of compare; pass that frame, or rows of it.")
    labels = [replace_undrawable(str(label)) for label in compared.attrs.get("labels", columns)]
    return _Compared(compared, list(columns[1:] if columns == _POINTS else columns), labels)


def _draw(compared: _Compared, width: int) -> alt.TopLevelMixin:
    half = max((width - _NAME_WIDTH - _SPACING) // 2, 2 * _NUMBER_WIDTH)
    rows: list[Any] = []
    for group in ("kind", "person"):
        bars = {measure: _select_bars(compared, group, [measure]) for measure in ("changesets", "bytes")}
        names = _order_names(bars["changesets"], group)
        drawn = {measure: part for measure, part in bars.items() if names and len(part)}
        panels = [_draw_bars(part, names, group, measure, half) for measure, part in drawn.items()]
        rows += [alt.hconcat(*panels, spacing=_SPACING)] if panels else []
    elements = _select_bars(compared, "class", OPERATIONS)
    if names := _order_names(elements, "class"):
        rows.append(_draw_bars(elements, names, "class", "elements", 2 * half))
    rows = rows or [alt.Chart(alt.InlineData(values=[{}])).mark_text(style="panel", text=_NOTHING)]
    joined: Any = alt.vconcat(*rows, spacing=20, title=_build_title(compared)).resolve_scale(color="independent")
    chart: alt.TopLevelMixin = joined
    return chart


def _build_title(compared: _Compared) -> alt.Title:
    first, second = compared.labels
    if len(compared.sides) == 1:
        return alt.Title(f"Between {first} and {second}", subtitle=_format_side_totals(compared, compared.sides[0]))
    names = (f"{first} (faint)", second)
    lines = [f"{name}: {_format_side_totals(compared, side)}" for name, side in zip(names, compared.sides, strict=True)]
    title = f"{first} and {second}"
    return alt.Title(f"{title[:1].upper()}{title[1:]}", subtitle=lines)


def _format_side_totals(compared: _Compared, side: str) -> str:
    """Return the totals of a side, if the frame has them."""
    total = compared.frame[compared.frame["group"] == "total"]
    figures = dict(zip(total["measure"].astype("str"), total[side].astype(int), strict=True))
    words = {"changesets": ("changeset", ""), "people": ("person", "people"), "days": ("day", "")}
    texts = {name: format_count(figures[name], *words[name]) for name in words if name in figures}
    if "bytes" in figures:
        texts["bytes"] = format_bytes(figures["bytes"])
    return " · ".join(texts[name] for name in ("changesets", "bytes", "people", "days") if name in texts)


def _select_bars(compared: _Compared, group: str, measures: Sequence[str]) -> pd.DataFrame:
    """Return a row for each bar."""
    frame = compared.frame
    rows = frame[(frame["group"] == group) & frame["measure"].isin(measures)]
    rows = rows[[*_KEYS, *compared.sides]].astype({"group": "str", "measure": "str"})
    rows = rows.assign(name=[replace_undrawable(str(name)) for name in rows["name"]])
    bars = rows.melt(list(_KEYS), compared.sides, var_name="side", value_name="value")
    return _sum_bars(bars, "name", "measure", "side")


def _sum_bars(bars: pd.DataFrame, *keys: str) -> pd.DataFrame:
    return pd.DataFrame(bars.groupby(list(keys), sort=False, as_index=False)["value"].sum())


def _order_names(bars: pd.DataFrame, group: str) -> list[str]:
    """Return the names with a bar, the longest first; kinds keep their order."""
    totals = bars.groupby("name", sort=False)["value"].sum()
    totals = totals[totals > 0]
    if group == "kind":
        return [str(name) for name in totals.index]
    names = [str(name) for name in totals.sort_values(ascending=False, kind="stable").index]
    return names if len(names) <= _MAX_BARS else [*names[: _MAX_BARS - 1], _OTHERS]


def _draw_bars(bars: pd.DataFrame, names: list[str], group: str, measure: str, width: int) -> alt.LayerChart:
    """Draw a bar for each name and side, with its number behind it."""
    bars = bars.assign(name=bars["name"].where(bars["name"].isin(names), _OTHERS))
    bars = _sum_bars(bars[bars["name"].isin(names)], "name", "measure", "side")
    totals = _sum_bars(bars, "name", "side")
    format_number = format_bytes if measure == "bytes" else "{:,}".format
    totals["text"] = [format_number(int(value)) for value in totals["value"]]
    sides = list(dict.fromkeys(bars["side"]))
    axis = alt.Axis(domain=False, ticks=False, labelLimit=_NAME_WIDTH - 12, labels=measure != "bytes", title=None)
    longest = max(int(totals["value"].max()), 1) * width / (width - _NUMBER_WIDTH)
    encoding: dict[str, Any] = {
        "x": alt.X("sum(value):Q", axis=None, scale=alt.Scale(domain=[0, longest], nice=False)),
        "y": alt.Y("name:N", sort=names, axis=axis),
    }
    if len(sides) > 1:
        encoding["yOffset"] = alt.YOffset("side:N", sort=sides)
        faint = alt.Scale(domain=sides, range=[_FIRST_OPACITY, 1])
        encoding["opacity"] = alt.Opacity("side:N", scale=faint, legend=None)
    field = _COLOR_FIELDS[group]
    legend = alt.Legend(title=None) if field == "measure" else None
    color = {} if field is None else {"color": alt.Color(f"{field}:N", scale=_COLOR_SCALES[field], legend=legend)}
    texts = encoding | {"x": alt.X("value:Q", axis=None), "opacity": alt.value(1)}
    drawn = alt.Chart(_build_source(bars)).mark_bar(style="lane").encode(**encoding, **color)
    numbers = alt.Chart(_build_source(totals)).mark_text(style="number", align="left", baseline="middle", dx=5)
    title = alt.Title(f"{_HEADINGS[measure]} by {group}", fontSize=12, offset=6)
    height = alt.Step(_BAR_HEIGHT)
    both: Any = drawn + numbers.encode(**texts, text=alt.Text("text:N"))
    layers: alt.LayerChart = both.properties(width=width, height=height, title=title)
    return layers


def _build_source(rows: pd.DataFrame) -> alt.InlineData:
    values: Any = rows.to_dict("records")
    return alt.InlineData(values=values)
