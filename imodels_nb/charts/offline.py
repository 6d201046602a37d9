"""Altair chart that displays and saves itself without internet."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any, Self, TypedDict

import altair as alt

from imodels_nb.aggregate import IndexRange, PackedGrid
from imodels_nb.charts.layers import Limits, Sentences
from imodels_nb.engine import render_chart_element, render_page, render_page_script

_FORMATS = ("html", "json", "pdf", "png", "svg", "vega")


class PagePayload(TypedDict):
    """A chart in a page without a kernel; ``PagePayload`` in ``engine/js/types.d.ts``.

    `label` and `picture` are for the page itself: the range in words, and a specification to draw.
    """

    title: str
    spec: dict[str, Any]
    themes: dict[str, Any]
    limits: Limits
    sentences: Sentences
    grid: PackedGrid
    detail: PackedGrid
    range: IndexRange
    bounds: IndexRange
    label: str
    picture: dict[str, Any]


@contextmanager
def use_altair_defaults() -> Iterator[None]:
    """Apply Altair's default settings for a moment.

    A user's transformers, themes and renderers are for their own charts. With the transformer "vegafusion" Altair
    returns no specification, and a theme would change ours.
    """
    transformer = alt.data_transformers.enable("default", consolidate_datasets=True)
    with transformer, alt.theme.enable("none"), alt.renderers.enable("default"):
        yield


class OfflineChart(alt.LayerChart):
    """An Altair chart that contains its engine and an overview to slide with, as HTML.

    In a notebook or saved as HTML the engine of the live charts draws it, from a grid of some 16,000 columns. As a
    specification (``to_dict``, JSON) it has two Vega-Lite sliders, wherever Vega-Lite is drawn.
    """

    _build_payload: Callable[[dict[str, Any]], PagePayload] | None = None

    @classmethod
    def from_chart(cls, chart: alt.LayerChart, build_payload: Callable[[dict[str, Any]], PagePayload]) -> Self:
        """Convert a layered chart; `build_payload` makes a page of its specification."""
        offline = cls(**chart._kwds)  # noqa: SLF001  # as Altair's own copy does
        object.__setattr__(offline, "_build_payload", build_payload)
        return offline

    def copy(self, *args: Any, **kwargs: Any) -> Any:
        """Return a copy, as Altair does at every change of a property."""
        copied = super().copy(*args, **kwargs)
        object.__setattr__(copied, "_build_payload", self._build_payload)
        return copied

    def to_dict(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Return the specification, whatever Altair's global settings are."""
        with use_altair_defaults():
            spec: dict[str, Any] = super().to_dict(*args, **kwargs)
        return spec

    def show(self) -> None:
        """Show the chart in a notebook, whatever renderer is enabled."""
        with use_altair_defaults():
            super().show()

    def to_html(self, *_args: Any, **_kwargs: Any) -> str:
        """Return a whole page that needs no internet; all arguments are ignored."""
        label, element = self._render_element()
        return render_page(element, label, self.to_dict(validate=False)["config"]["background"])

    def save(self, fp: Any, format: Any = None, **kwargs: Any) -> None:  # type: ignore[override]  # noqa: A002  # Altair's names
        """Save the chart as Altair does; an HTML file contains everything it needs.

        Raises
        ------
        ValueError
            If `format`, or the suffix of the file name, is not one that Altair can save.
        """
        kind = (format or Path(str(getattr(fp, "name", fp))).suffix.lstrip(".")).lower()
        if kind not in _FORMATS:
            raise ValueError(f"Cannot save a chart as {kind!r}; give a file name that ends in .{', .'.join(_FORMATS)}.")
        if kind != "html":
            with use_altair_defaults():
                super().save(fp, format=kind, **kwargs)  # type: ignore[arg-type]  # checked above
        elif hasattr(fp, "write"):
            fp.write(self.to_html())
        else:
            Path(fp).write_text(self.to_html(), encoding="utf-8")

    def _repr_mimebundle_(self, *_args: Any, **_kwargs: Any) -> Any:
        label, element = self._render_element()
        return {"text/plain": escape(label), "text/html": f"{element}{render_page_script()}"}

    def _render_element(self) -> tuple[str, str]:
        if self._build_payload is None:
            raise TypeError("OfflineChart() cannot be displayed; use charts.push_timeline() or charts.file_sizes().")
        payload = self._build_payload(self.to_dict(validate=False))
        return payload["label"], render_page_payload(payload)


def render_page_payload(payload: PagePayload) -> str:
    """Render the HTML element of a chart in a page without a kernel."""
    mounted = {name: part for name, part in payload.items() if name not in {"label", "picture"}}
    return render_chart_element(payload["picture"], mounted, payload["label"])
