"""One design, two faces: a chart that stands alone with its own sliders, and a specification that a kernel feeds."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import altair as alt
import pandas as pd

from imodels_nb.aggregate import Grid, IndexRange, Ledger
from imodels_nb.charts.milestones import milestone_names
from imodels_nb.charts.parts import NOTHING, TOO_NARROW
from imodels_nb.charts.theme import PAGE, Theme, config


@dataclass(frozen=True)
class Subject:
    """What a chart is about.

    Parameters
    ----------
    title, subtitle
        What is seen, and how it is counted.
    height
        Of the plot, in pixels.
    place
        The field along x: ``time`` or ``index``.
    layers
        The ledger and its milestones to the layers; they read the dataset ``cells``, and the parameters ``lo`` and
        ``hi`` (first and last changeset index of the range).
    overview
        The ledger to the rows of ``cells`` for every range at once: a grid over the index.
    rows
        The changesets of one range to the rows of ``cells`` for that range alone.
    kind
        ``pushes`` or ``sizes``: by which rule the engine makes rows of a grid.
    grid
        The ledger to the grid that a browser draws any range from at once.
    detail
        The changesets of one range to the grid of that range alone.
    """

    title: str
    subtitle: str
    height: int
    place: str
    layers: Callable[[Ledger, pd.DataFrame], list[alt.Chart | alt.LayerChart]]
    overview: Callable[[Ledger], pd.DataFrame]
    rows: Callable[[Ledger], pd.DataFrame]
    kind: str
    grid: Callable[[Ledger], Grid]
    detail: Callable[[Ledger], Grid]


def standalone(
    subject: Subject,
    ledger: Ledger,
    shown: pd.DataFrame,
    *,
    index_range: IndexRange | None = None,
    theme: Theme = "light",
) -> Any:
    """Draw a chart that slides with no kernel: it holds a grid of index cells, and draws those inside the range.

    Parameters
    ----------
    subject
        What the chart is about.
    ledger, shown
        All changesets, and their milestones.
    index_range
        Where the sliders stand at first, both ends inclusive; over everything when omitted.
    theme
        ``light`` or ``dark``.

    Returns
    -------
    LayerChart
        Or, for no changesets at all, a Chart that says so.
    """
    if not len(ledger):
        return _panel(subject).configure(**config(theme))
    cells = subject.overview(ledger)
    numbers = {str(name): "number" for name, dtype in cells.dtypes.items() if pd.api.types.is_numeric_dtype(dtype)}
    layout = alt.CsvDataFormat(type="csv", parse=numbers)
    nothing = TOO_NARROW if len(cells) and (cells["first"] != cells["last"]).any() else NOTHING
    source = alt.InlineData(name="cells", values=cells.to_csv(index=False, lineterminator="\n"), format=layout)
    return _compose(subject, ledger, shown, source, _parameters(ledger, index_range, nothing)).configure(
        **config(theme)
    )


def live(spec: dict[str, Any]) -> dict[str, Any]:
    """Make of the specification of a chart that stands alone one that is fed from outside.

    Parameters
    ----------
    spec
        The chart that :func:`standalone` gives, as a dict.

    Returns
    -------
    dict
        The same without configuration, page options, sliders and the rows of ``cells``; ``first`` and ``last`` are
        parameters to set.
    """
    fed = {key: value for key, value in spec.items() if key not in {"config", "data", "params", "usermeta"}}
    if "params" not in spec:
        return fed | {"data": spec["data"]}
    params = [{key: value for key, value in param.items() if key != "bind"} for param in spec["params"]]
    return with_values(fed | {"params": params, "data": {"name": "cells"}}, nothing=NOTHING)


def with_values(spec: dict[str, Any], **values: Any) -> dict[str, Any]:
    """Return the specification with other values of some of its parameters."""
    params = [
        param | {"value": values[param["name"]]} if param["name"] in values else param
        for param in spec.get("params", [])
    ]
    return spec | ({"params": params} if params else {})


def _compose(
    subject: Subject, ledger: Ledger, shown: pd.DataFrame, source: alt.InlineData, parameters: list[alt.Parameter]
) -> Any:
    return (
        alt.layer(*subject.layers(ledger, shown), data=source, height=subject.height, **_frame(subject))
        .resolve_axis(x="independent")
        .add_params(*parameters, milestone_names(shown, subject.place))
    )


def _panel(subject: Subject) -> alt.Chart:
    mark = alt.Chart(alt.InlineData(values=[{}]), height=120, **_frame(subject)).mark_text(style="panel", text=NOTHING)
    panel: alt.Chart = mark.encode(x=alt.value(alt.expr("width / 2")), y=alt.value(60))
    return panel


def _frame(subject: Subject) -> dict[str, Any]:
    return {
        "title": alt.Title(subject.title, subtitle=subject.subtitle, limit=alt.ExprRef("width")),
        "width": "container",
        "autosize": alt.AutoSizeParams(type="fit-x", contains="padding", resize=True),
        "usermeta": {"embedOptions": PAGE},
    }


def _parameters(ledger: Ledger, index_range: IndexRange | None, nothing: str) -> list[alt.Parameter]:
    """Return the range; the sliders of its ends may cross, so the smaller one is the first."""
    low, high = ledger.bounds

    def slider(name: str, value: int) -> alt.Parameter:
        bind = alt.binding_range(min=low, max=high, step=1, name=f"{name.capitalize()} changeset ")
        return alt.param(name=name, value=value, bind=bind)

    first, last = index_range or ledger.bounds
    return [
        slider("first", first),
        slider("last", last),
        alt.param(name="lo", expr="min(first, last)"),
        alt.param(name="hi", expr="max(first, last)"),
        alt.param(name="told", value=True),
        alt.param(name="nothing", value=nothing),
    ]
