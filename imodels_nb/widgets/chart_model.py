"""Models of a chart and of its engine, which are sent to the browser."""

import hashlib
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, NotRequired, TypedDict

import anywidget
import ipywidgets
import traitlets

from imodels_nb import engine


class EngineModel(ipywidgets.Widget):
    """The charts' JavaScript, sent to a page once for all charts of a kernel."""

    source = traitlets.Bytes().tag(sync=True)  # gzip: a third of the text
    digest = traitlets.Unicode().tag(sync=True)


class RangeSlider(ipywidgets.IntRangeSlider):
    """A range slider whose model also holds the selected changeset.

    Charts and tables share it. `selected_changeset` is a dict of `index` and `seconds`, its time of push in local time
    since 1970; or empty.
    """

    selected_changeset = traitlets.Dict().tag(sync=True)


class KernelRequest(TypedDict):
    """Request of the browser: one of a range, a changeset and a period in seconds."""

    range: NotRequired[list[int]]
    changeset: NotRequired[int]
    period: NotRequired[list[float]]


class ChartModel(anywidget.AnyWidget):
    """A chart in the browser, drawn from its grid at once and refined by the kernel.

    Parameters
    ----------
    engine
        The JavaScript that all charts share.
    slider
        The range slider; its model in the browser holds the range.
    title
        Title of the chart.
    spec
        Vega-Lite specification without configuration, as :func:`imodels_nb.charts.build_live_spec` returns it.
    themes
        Vega-Lite configuration by theme.
    grid
        All changesets in cells, as :func:`imodels_nb.aggregate.pack_grid` returns them.
    axis
        Data of the overview, as :func:`imodels_nb.charts.build_overview_axis` returns it.
    limits, sentences
        How much the engine draws at most, and the texts of a chart without rows.
    picture_id
        Id of the picture that stands before the widget, and that it hides.
    has_overview
        Whether the overview with its controls stands below the plot.
    status
        A sentence below the chart, about a watch; empty without one.
    is_zoomable
        Whether a drag in the plot selects a part of the range.
    """

    _esm = engine.bundle_modules(Path(__file__).parent / "range_chart.js")
    engine = traitlets.Instance(EngineModel).tag(sync=True, **ipywidgets.widget_serialization)
    slider = traitlets.Instance(ipywidgets.IntRangeSlider).tag(sync=True, **ipywidgets.widget_serialization)
    title = traitlets.Unicode().tag(sync=True)
    spec = traitlets.Dict().tag(sync=True)
    themes = traitlets.Dict().tag(sync=True)
    grid = traitlets.Dict().tag(sync=True)
    axis = traitlets.Dict().tag(sync=True)
    limits = traitlets.Dict().tag(sync=True)
    sentences = traitlets.Dict().tag(sync=True)
    picture_id = traitlets.Unicode().tag(sync=True)
    status = traitlets.Unicode().tag(sync=True)
    has_overview = traitlets.Bool(default_value=True).tag(sync=True)
    is_zoomable = traitlets.Bool(default_value=True).tag(sync=True)


def get_shared_engine() -> EngineModel:
    """Return the one engine of this kernel, or a new one after it was closed."""
    shared = _create_engine()
    if shared.comm is None:
        _create_engine.cache_clear()
        shared = _create_engine()
    return shared


@lru_cache(maxsize=1)
def _create_engine() -> EngineModel:
    source = engine.compress_engine()
    return EngineModel(source=source, digest=hashlib.sha256(source).hexdigest())


def display_with_picture(bundle: dict[str, Any]) -> None:
    """Show a widget with its picture as an output of its own before it.

    JupyterLab shows nothing but an error in the place of a widget whose kernel has ended. The picture stays in the
    notebook; while the widget is alive, it hides the picture.

    Parameters
    ----------
    bundle
        The MIME bundle of a widget, with ``text/html``.
    """
    display = import_module("IPython.display").display
    picture = {mime: bundle[mime] for mime in ("text/plain", "text/html")}
    display(picture, raw=True)
    display({mime: part for mime, part in bundle.items() if mime not in picture} | {"text/plain": ""}, raw=True)
