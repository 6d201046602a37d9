"""Definition of a chart, and the chart, live spec and page built from it."""

import hashlib
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import altair as alt
import pandas as pd

from imodels_nb._format import format_bytes
from imodels_nb.aggregate import NOT_UPLOADED, ChangesetColumns, Grid, IndexRange, pack_grid
from imodels_nb.charts.layers import LIMITS, Layer, Limits
from imodels_nb.charts.named_versions import build_versions_params, select_versions
from imodels_nb.charts.offline import OfflineChart, PagePayload
from imodels_nb.charts.overview import build_overview_axis
from imodels_nb.charts.sentences import SENTENCES, Sentences
from imodels_nb.charts.theme import EMBED_OPTIONS, THEMES, Theme, build_theme_config
from imodels_nb.charts.vega_expressions import RANGE_DASH

_NO_CHANGESETS = "There are no changesets"
_MAX_PAGE_CELLS = 16_384  # cells; a page with the engine and so many cells is still small


class ChartDefinition(ABC):
    """Definition of a chart, with a subclass for each chart.

    Attributes
    ----------
    title : str
        Title of the chart.
    subtitle : str
        Explanation of its marks.
    height : int
        Height of the plot in pixels.
    x_field : str
        Field along x: ``time`` or ``index``.
    time_zone : str
        Time zone of the changesets.
    is_zoomable : bool
        Whether the range runs along x, so that a drag in the plot can select a part of it.
    limits, sentences : dict
        How much the engine draws at most, and its texts.
    """

    title: ClassVar[str]
    x_field: ClassVar[Literal["time", "index"]]
    time_zone: str
    is_zoomable: ClassVar[bool] = True
    limits: ClassVar[Limits] = LIMITS
    sentences: ClassVar[Sentences] = SENTENCES

    @property
    @abstractmethod
    def subtitle(self) -> str:
        """Explanation of the marks."""

    @property
    @abstractmethod
    def height(self) -> int:
        """Height of the plot in pixels."""

    @abstractmethod
    def build_layers(self, data: ChangesetColumns, versions: pd.DataFrame) -> list[Layer]:
        """Build the layers of the chart.

        They read the dataset ``cells`` and the parameters ``lo`` and ``hi``, the range. `versions` are the marks of
        named versions.
        """

    @abstractmethod
    def count_cells(self, data: ChangesetColumns) -> pd.DataFrame:
        """Return the rows of ``cells`` from which the specification draws any range."""

    @abstractmethod
    def count_range(self, data: ChangesetColumns) -> pd.DataFrame:
        """Return the rows of ``cells`` for one range alone."""

    @abstractmethod
    def build_grid(self, data: ChangesetColumns, max_cells: int) -> Grid:
        """Build the grid from which the browser draws any range at once."""

    @abstractmethod
    def build_range_grid(self, data: ChangesetColumns, grid: Grid, index_range: IndexRange) -> Grid:
        """Build the grid of one range alone; `grid` is that of all changesets."""

    @abstractmethod
    def list_precomputed_transforms(self) -> list[dict[str, Any]]:
        """Return the transforms that the engine has computed already.

        Vega-Lite computes them in the standalone chart alone.
        """

    def describe(self, index_range: IndexRange, part: ChangesetColumns) -> str:
        """Return the range in words, for people who cannot see the chart."""
        return describe_range(index_range, part)


def build_standalone_chart(
    definition: ChartDefinition,
    data: ChangesetColumns,
    versions: pd.DataFrame,
    *,
    index_range: IndexRange | None = None,
    theme: Theme = "light",
) -> OfflineChart:
    """Build a chart whose range slides without a kernel.

    It holds cells of the changeset index, and draws those in the range.

    Parameters
    ----------
    definition
        What the chart shows.
    data, versions
        All changesets, and the marks of their named versions.
    index_range
        Where the sliders are at first, both ends inclusive; all changesets by default.
    theme
        ``light`` or ``dark``.

    Returns
    -------
    OfflineChart
        Without changesets, it shows the text "There are no changesets" in place of marks.
    """
    empty = not len(data)
    properties = (
        _build_empty_properties(definition) if empty else _build_properties(definition, data, versions, index_range)
    )
    build_theme_config(theme)  # raises if it is invalid
    return OfflineChart.from_properties(
        properties, _Source(definition, data, versions, index_range or data.bounds), theme
    )


@dataclass(frozen=True)
class _Source:
    """Definition and changesets of a chart, the source of its page and picture."""

    definition: ChartDefinition
    data: ChangesetColumns
    versions: pd.DataFrame
    index_range: IndexRange

    def build_payload(self, spec: dict[str, Any]) -> PagePayload:
        """Build the chart for a page, with one look in both themes of the page."""
        themes: dict[str, Any] = dict.fromkeys(THEMES, spec["config"])
        return build_page_payload(
            self.definition, self.data, spec, self.versions, index_range=self.index_range, themes=themes
        )

    def build_picture(self, spec: dict[str, Any]) -> dict[str, Any]:
        """Build the specification of a picture of the range."""
        part = self.data.select_range(self.index_range)
        return _build_picture(self.definition, part, spec, self.index_range, spec["config"])


def build_page_payload(
    definition: ChartDefinition,
    data: ChangesetColumns,
    spec: dict[str, Any],
    versions: pd.DataFrame,
    *,
    index_range: IndexRange,
    themes: dict[str, Any],
    grid: Grid | None = None,
) -> PagePayload:
    """Build a chart for a page without a kernel, with its picture and its label.

    Parameters
    ----------
    definition, data
        What the chart shows, and all changesets.
    spec
        The specification of the standalone chart.
    versions
        Marks of the named versions.
    index_range
        First and last changeset index, both inclusive.
    themes
        Vega-Lite configuration by theme.
    grid
        The grid of all changesets; a fine one by default.
    """
    grid = definition.build_grid(data, _MAX_PAGE_CELLS) if grid is None else grid
    part = data.select_range(index_range)
    return {
        "title": definition.title,
        "spec": build_live_spec(spec, definition),
        "themes": themes,
        "limits": definition.limits,
        "sentences": definition.sentences,
        "is_zoomable": definition.is_zoomable,
        "grid": pack_grid(grid),
        "axis": build_overview_axis(data, grid, versions, definition.time_zone),
        "range_grid": pack_grid(definition.build_range_grid(data, grid, index_range)),
        "range": index_range,
        "bounds": data.bounds,
        "digest": _compute_digest(data),
        "label": f"{definition.title}: {definition.describe(index_range, part)}",
        "picture": _build_picture(definition, part, spec, index_range, themes["light"]),
    }


def _build_picture(
    definition: ChartDefinition,
    part: ChangesetColumns,
    spec: dict[str, Any],
    index_range: IndexRange,
    config: dict[str, Any],
) -> dict[str, Any]:
    """Build the specification of a picture from the changesets of the range."""
    rows = definition.count_range(part).to_dict("records")
    named: dict[str, Any] = next(
        (param["value"] for param in spec.get("params", []) if param["name"] == "versions"), {}
    )
    shown = select_versions(named, index_range)
    picture = set_param_values(remove_data(spec), first=index_range[0], last=index_range[1], shown=shown)
    return picture | {"datasets": picture.get("datasets", {}) | {"cells": rows}, "config": config}


def _compute_digest(data: ChangesetColumns) -> str:
    """Compute a short text that is the same for the same changesets."""
    return hashlib.sha256(data.index.tobytes() + data.time.tobytes() + data.size.tobytes()).hexdigest()[:16]


def describe_range(index_range: IndexRange, part: ChangesetColumns) -> str:
    """Return a range in words: which changesets, how many, and how large."""
    if not index_range[1]:
        return "no changesets"
    uploaded, size = int(part.uploaded.sum()), int(part.size[part.uploaded].sum())
    waiting = f" · {len(part) - uploaded:,} {NOT_UPLOADED}" if len(part) > uploaded else ""
    return f"{describe_indexes(index_range)} · {uploaded:,} uploaded · {format_bytes(size)}{waiting}"


def describe_indexes(index_range: IndexRange) -> str:
    """Return the indexes of a range in words."""
    first, last = index_range
    return f"changesets {first:,}{RANGE_DASH}{last:,}" if first < last else f"changeset {first:,}"


def build_live_spec(spec: dict[str, Any], definition: ChartDefinition) -> dict[str, Any]:
    """Build the specification that the engine feeds from that of the standalone chart.

    Parameters
    ----------
    spec
        The standalone chart as a dict.
    definition
        What the chart shows.

    Returns
    -------
    dict
        As :func:`remove_data` returns it, without the precomputed transforms: each is a pass over all rows at every
        step of a slider.
    """
    return _remove_transforms(remove_data(spec), definition.list_precomputed_transforms())


def _remove_transforms(view: dict[str, Any], transforms: list[dict[str, Any]]) -> dict[str, Any]:
    removed = dict(view)
    if "transform" in view:
        removed["transform"] = [transform for transform in view["transform"] if transform not in transforms]
    if "layer" in view:
        removed["layer"] = [_remove_transforms(layer, transforms) for layer in view["layer"]]
    return removed


def remove_data(spec: dict[str, Any]) -> dict[str, Any]:
    """Return the specification without configuration, page options, sliders and rows.

    Parameters
    ----------
    spec
        The standalone chart as a dict.

    Returns
    -------
    dict
        Its dataset ``cells`` comes from outside; ``first`` and ``last`` are parameters to set.
    """
    if "params" not in spec:
        return {key: value for key, value in spec.items() if key not in {"config", "usermeta"}}
    parts = {key: value for key, value in spec.items() if key not in {"config", "data", "params", "usermeta"}}
    params = [
        {key: value for key, value in param.items() if key != "bind" or value == "legend"} for param in spec["params"]
    ]
    return set_param_values(parts | {"params": params, "data": {"name": "cells"}}, empty_text=SENTENCES["empty"])


def set_param_values(spec: dict[str, Any], **values: Any) -> dict[str, Any]:
    """Return the specification with other values of the given parameters."""
    params = [
        param | {"value": values[param["name"]]} if param["name"] in values else param
        for param in spec.get("params", [])
    ]
    return spec | ({"params": params} if params else {})


def _build_properties(
    definition: ChartDefinition, data: ChangesetColumns, versions: pd.DataFrame, index_range: IndexRange | None
) -> dict[str, Any]:
    """Build all properties of a chart; to set one later, Altair would copy its layers."""
    cells = definition.count_cells(data)
    numbers = {str(name): "number" for name, dtype in cells.dtypes.items() if pd.api.types.is_numeric_dtype(dtype)}
    layout = alt.CsvDataFormat(type="csv", parse=numbers)
    is_coarse = len(cells) and (cells["first"] != cells["last"]).any()
    source = alt.InlineData(name="cells", values=cells.to_csv(index=False, lineterminator="\n"), format=layout)
    params = (
        *_build_params(data, index_range, SENTENCES["too_narrow" if is_coarse else "empty"]),
        alt.param(name="max_bins", value=definition.limits["max_bins"]),
        *build_versions_params(versions, definition.x_field, index_range or data.bounds),
    )
    return {
        "layer": definition.build_layers(data, versions),
        "data": source,
        "height": definition.height,
        "params": [param.param for param in params],
        "resolve": alt.Resolve(axis=alt.AxisResolveMap(x="independent")),
        **_build_frame_options(definition),
    }


def _build_empty_properties(definition: ChartDefinition) -> dict[str, Any]:
    mark = alt.Chart(alt.InlineData(values=[{}])).mark_text(style="panel", text=_NO_CHANGESETS)
    words = mark.encode(x=alt.XValue(alt.expr("width / 2")), y=alt.YValue(60))
    return {"layer": [words], "height": 120, **_build_frame_options(definition)}


def _build_frame_options(definition: ChartDefinition) -> dict[str, Any]:
    return {
        "title": alt.Title(definition.title, subtitle=definition.subtitle, limit=alt.ExprRef("width")),
        "width": "container",
        "autosize": alt.AutoSizeParams(type="fit-x", contains="padding", resize=True),
        "usermeta": {"embedOptions": EMBED_OPTIONS},
    }


def _build_params(data: ChangesetColumns, index_range: IndexRange | None, empty_text: str) -> list[alt.Parameter]:
    """Build the parameters of the range; the sliders of its ends may cross."""
    low, high = data.bounds
    first, last = index_range or data.bounds

    def slider(name: str, value: int) -> alt.Parameter:
        bind = alt.binding_range(min=low, max=high, step=1, name=f"{name.capitalize()} changeset ")
        return alt.param(name=name, value=value, bind=bind)

    return [
        slider("first", first),
        slider("last", last),
        alt.param(name="lo", expr="min(first, last)"),
        alt.param(name="hi", expr="max(first, last)"),
        alt.param(name="empty_text", value=empty_text),
    ]
