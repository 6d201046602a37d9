"""One design, two faces: a chart that stands alone with its own sliders, and a specification that a kernel feeds."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import altair as alt
import pandas as pd

from imodels_nb._format import format_bytes
from imodels_nb.aggregate import ChangesetColumns, IndexRange, pack_columns
from imodels_nb.charts.feeding import fed, live, with_values
from imodels_nb.charts.milestones import milestone_names
from imodels_nb.charts.offline import Face, OfflineChart
from imodels_nb.charts.parts import LIMITS, NOTHING, SENTENCES, TOO_NARROW
from imodels_nb.charts.theme import PAGE, THEMES, Theme, config
from imodels_nb.charts.words import TO

_FINE = 16_384  # columns of a page: together with the engine and the Vega-Lite chart still small


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
        The ledger, and into how many columns at most, to the grid that a browser draws any range from at once.
    detail
        The ledger, its grid and an index range to the grid of that range alone.
    brought
        What the rows that the engine makes have behind them: the chart whose transforms (filters aside) they need not
        go through.
    """

    title: str
    subtitle: str
    height: int
    place: str
    layers: Callable[[ChangesetColumns, pd.DataFrame], list[alt.Chart | alt.LayerChart]]
    overview: Callable[[ChangesetColumns], pd.DataFrame]
    rows: Callable[[ChangesetColumns], pd.DataFrame]
    kind: str
    grid: Callable[[ChangesetColumns, int], Any]
    detail: Callable[[ChangesetColumns, Any, IndexRange], Any]
    brought: Callable[[], alt.Chart]


def standalone(
    subject: Subject,
    ledger: ChangesetColumns,
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
    OfflineChart
        For no changesets at all, one that says so.
    """
    chart = (_composed(subject, ledger, shown, index_range) if len(ledger) else _panel(subject)).configure(
        **config(theme)
    )

    def mounted(spec: dict[str, Any]) -> Face:
        themes = dict.fromkeys(THEMES, spec["config"])
        return face(subject, ledger, spec, index_range=index_range or ledger.bounds, themes=themes)

    return OfflineChart.of(chart, mounted)


def face(
    subject: Subject,
    ledger: ChangesetColumns,
    spec: dict[str, Any],
    *,
    index_range: IndexRange,
    themes: dict[str, Any],
    grid: Any = None,
) -> Face:
    """Return what a page without a kernel mounts: a chart at a range, its picture there, and its figures in words.

    Where it is given no grid it makes a fine one.
    """
    grid = subject.grid(ledger, _FINE) if grid is None else grid
    window = ledger.select_range(index_range)
    ends = dict(zip(("first", "last"), index_range, strict=True))
    rows = subject.rows(window).to_dict("records")
    return {
        "title": subject.title,
        "kind": subject.kind,
        "spec": live(spec, subject.brought()),
        "themes": themes,
        "limits": LIMITS,
        "sentences": SENTENCES,
        "grid": pack_columns(grid),
        "detail": pack_columns(subject.detail(ledger, grid, index_range)),
        "range": index_range,
        "bounds": ledger.bounds,
        "label": f"{subject.title}: {figures(index_range, window)}",
        "picture": with_values(fed(spec), **ends) | {"datasets": {"cells": rows}, "config": themes["light"]},
    }


def figures(index_range: IndexRange, window: ChangesetColumns) -> str:
    """Say which changesets a range holds, how many, and how large they are."""
    first, last = index_range
    if not last:
        return "no changesets"
    where = f"changesets {first:,}{TO}{last:,}" if first < last else f"changeset {first:,}"
    uploaded, size = int(window.uploaded.sum()), int(window.size[window.uploaded].sum())
    waiting = f" · {len(window) - uploaded:,} waiting for file" if len(window) > uploaded else ""
    return f"{where} · {uploaded:,} uploaded · {format_bytes(size)}{waiting}"


def _composed(subject: Subject, ledger: ChangesetColumns, shown: pd.DataFrame, index_range: IndexRange | None) -> Any:
    cells = subject.overview(ledger)
    numbers = {str(name): "number" for name, dtype in cells.dtypes.items() if pd.api.types.is_numeric_dtype(dtype)}
    layout = alt.CsvDataFormat(type="csv", parse=numbers)
    nothing = TOO_NARROW if len(cells) and (cells["first"] != cells["last"]).any() else NOTHING
    source = alt.InlineData(name="cells", values=cells.to_csv(index=False, lineterminator="\n"), format=layout)
    params = (*_parameters(ledger, index_range, nothing), milestone_names(shown, subject.place))
    return alt.layer(
        *subject.layers(ledger, shown),
        data=source,
        height=subject.height,
        params=[param.param for param in params],
        # a method would say these two in fewer words, but copy all layers, which takes as long as to make them
        resolve=alt.Resolve(axis=alt.AxisResolveMap(x="independent")),
        **_frame(subject),
    )


def _panel(subject: Subject) -> alt.LayerChart:
    mark = alt.Chart(alt.InlineData(values=[{}])).mark_text(style="panel", text=NOTHING)
    words = mark.encode(x=alt.value(alt.expr("width / 2")), y=alt.value(60))
    return alt.LayerChart(layer=[words], height=120, **_frame(subject))


def _frame(subject: Subject) -> dict[str, Any]:
    return {
        "title": alt.Title(subject.title, subtitle=subject.subtitle, limit=alt.ExprRef("width")),
        "width": "container",
        "autosize": alt.AutoSizeParams(type="fit-x", contains="padding", resize=True),
        "usermeta": {"embedOptions": PAGE},
    }


def _parameters(ledger: ChangesetColumns, index_range: IndexRange | None, nothing: str) -> list[alt.Parameter]:
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
