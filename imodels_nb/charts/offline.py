"""Altair chart that displays and saves itself without internet."""

from copy import copy as shallow_copy
from typing import Any, NoReturn, Protocol, Self, TypedDict

import altair as alt

from imodels_nb.aggregate import IndexRange, PackedGrid
from imodels_nb.charts.composition import HOW_TO_COMPOSE, OfflineConcatChart
from imodels_nb.charts.layers import Limits
from imodels_nb.charts.saving import PICTURE_WIDTH, SavableChart, use_altair_defaults
from imodels_nb.charts.sentences import Sentences
from imodels_nb.charts.theme import Theme, build_theme_config
from imodels_nb.engine import render_chart_element, render_svg

_TOP_LEVEL_ONLY = {"autosize", "background", "padding", "$schema"}


class PagePayload(TypedDict):
    """A chart in a page without a kernel; ``PagePayload`` in ``engine/js/types.d.ts``.

    `label` and `picture` are for the page itself: the range in words, and a specification to draw. `digest` is the
    same for charts of the same changesets.
    """

    title: str
    spec: dict[str, Any]
    themes: dict[str, Any]
    limits: Limits
    sentences: Sentences
    is_zoomable: bool
    grid: PackedGrid
    axis: PackedGrid
    range_grid: PackedGrid
    range: IndexRange
    bounds: IndexRange
    digest: str
    label: str
    picture: dict[str, Any]


class ChartSource(Protocol):
    """Builder of the page and the picture of a chart from its specification."""

    def build_payload(self, spec: dict[str, Any]) -> PagePayload:
        """Build the chart for a page."""

    def build_picture(self, spec: dict[str, Any]) -> dict[str, Any]:
        """Build the specification of a picture of the range."""


class OfflineChart(SavableChart, alt.LayerChart):  # type: ignore[misc]  # its `save` has more options
    """An Altair chart that contains its engine and an overview to slide with, as HTML.

    In a notebook or saved as HTML the engine of the live charts draws it, from a grid of some 16,000 cells. As a
    specification (``to_dict``, JSON) it has two sliders of Vega-Lite. Saved as PNG, SVG or
    PDF it is a picture of the range. ``chart & other`` puts charts one below the other, ``chart | other`` side by side.
    """

    _source: ChartSource | None = None
    _theme: Theme = "light"

    @classmethod
    def from_properties(cls, properties: dict[str, Any], source: ChartSource, theme: Theme) -> Self:
        """Build a chart from its properties as a layered chart, without configuration."""
        return cls(**properties)._with_source(source, theme)  # noqa: SLF001  # its own class

    def copy(self, deep: Any = True, ignore: list[str] | None = None) -> Any:
        """Return a copy, as Altair does at every change of a property."""
        if deep is False:  # Altair would copy all layers several times
            copied = shallow_copy(self)
            object.__setattr__(copied, "_kwds", dict(self._kwds))
            return copied
        copied = super().copy(deep, ignore)
        return copied._with_source(self._source, self._theme)  # noqa: SLF001  # its own class

    def to_dict(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Return the specification, independent of Altair's global settings."""
        with use_altair_defaults():
            spec: dict[str, Any] = super().to_dict(*args, **kwargs)
        return spec | {"config": _merge(build_theme_config(self._theme), spec.get("config", {}))}

    def show(self) -> None:
        """Show the chart in a notebook, with any renderer enabled."""
        with use_altair_defaults():
            super().show()

    def __and__(self, other: Any) -> OfflineConcatChart:  # type: ignore[override]  # Altair's own cannot hold it
        """Return this chart with another below."""
        return OfflineConcatChart([self, other], is_row=False)

    def __or__(self, other: Any) -> OfflineConcatChart:  # type: ignore[override]
        """Return this chart with another at the right."""
        return OfflineConcatChart([self, other], is_row=True)

    def __add__(self, other: Any) -> NoReturn:
        """Raise an error that tells how charts are joined."""
        raise TypeError(HOW_TO_COMPOSE)

    def facet(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Raise an error that tells how charts are joined."""
        raise TypeError(HOW_TO_COMPOSE)

    def repeat(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Raise an error that tells how charts are joined."""
        raise TypeError(HOW_TO_COMPOSE)

    @property
    def paper(self) -> str:
        """Color of the background."""
        paper: str = self.to_dict(validate=False)["config"]["background"]
        return paper

    def render_element(self) -> tuple[str, str]:
        """Render the range in words, and the HTML element of the chart."""
        payload = self._require_source().build_payload(self.to_dict(validate=False))
        return payload["label"], render_page_payload(payload)

    def render_picture(self, *, width: int | None = None, theme: Theme | None = None) -> str:
        """Render the range of the chart as an SVG element."""
        spec = self.to_dict(validate=False)
        if theme is not None:
            spec["config"] = build_theme_config(theme)
        own = spec["width"] if isinstance(spec.get("width"), int | float) else PICTURE_WIDTH
        return render_svg(self._require_source().build_picture(spec) | {"width": width or own})

    def _save_specification(self, fp: Any, file_format: str, **kwargs: Any) -> None:
        with use_altair_defaults():
            alt.LayerChart.save(self, fp, format=file_format, **kwargs)  # type: ignore[arg-type]  # "vega" is missing there

    def _with_source(self, source: ChartSource | None, theme: Theme) -> Self:
        object.__setattr__(self, "_source", source)
        object.__setattr__(self, "_theme", theme)
        return self

    def _require_source(self) -> ChartSource:
        if self._source is None:
            raise TypeError("OfflineChart() cannot be displayed; use charts.push_timeline() or charts.file_sizes().")
        return self._source

    def _get(self, attr: str, default: Any = alt.Undefined) -> Any:
        """Return a property; raise an error if Altair tries to join the chart."""
        if attr in _TOP_LEVEL_ONLY:
            raise TypeError(HOW_TO_COMPOSE)
        return super()._get(attr, default)  # type: ignore[no-untyped-call]


def render_page_payload(payload: PagePayload, *, picture_id: str | None = None) -> str:
    """Render the HTML element of a chart in a page without a kernel."""
    mounted = {name: part for name, part in payload.items() if name not in {"label", "picture"}}
    return render_chart_element(payload["picture"], mounted, payload["label"], picture_id=picture_id)


def _merge(config: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Merge a configuration with changes of a user, part by part."""
    merged = config | changes
    nested = {name for name in config.keys() & changes.keys() if isinstance(config[name], dict)}
    return merged | {name: _merge(config[name], changes[name]) for name in nested if isinstance(changes[name], dict)}
