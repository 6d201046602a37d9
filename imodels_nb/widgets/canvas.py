"""The drawing surface of a range chart in the browser, and the engine that all surfaces of a page share."""

import hashlib
from functools import lru_cache
from pathlib import Path

import anywidget
import ipywidgets
import traitlets

from imodels_nb import engine


class Engine(ipywidgets.Widget):
    """Carries the charts' JavaScript to a page, once for all charts of a kernel."""

    source = traitlets.Bytes().tag(sync=True)  # gzip: a third of the text
    digest = traitlets.Unicode().tag(sync=True)


def shared_engine() -> Engine:
    """Return the one engine of this kernel, or a new one after somebody closed it."""
    held = _engine()
    if held.comm is None:
        _engine.cache_clear()
        held = _engine()
    return held


@lru_cache(maxsize=1)
def _engine() -> Engine:
    source = engine.compress_engine()
    return Engine(source=source, digest=hashlib.sha256(source).hexdigest())


class Canvas(anywidget.AnyWidget):
    """Draws the range that the slider holds: from its grid at once, and exactly as soon as the kernel has answered.

    Parameters
    ----------
    slider
        The range slider; its model in the browser is the one that holds the range there.
    title, kind
        What the chart is called, and which rows it draws: ``pushes`` or ``sizes``.
    spec
        Vega-Lite specification without configuration, as :func:`imodels_nb.charts.live` gives it.
    themes
        Vega-Lite configuration by theme.
    grid
        All changesets in columns, as :func:`imodels_nb.aggregate.packed` gives it.
    limits, sentences
        How much the engine draws at most, and what it says where there is nothing to draw.
    """

    _esm = engine.bundle_modules(Path(__file__).parent / "range_chart.js")
    engine = traitlets.Instance(Engine).tag(sync=True, **ipywidgets.widget_serialization)
    slider = traitlets.Instance(ipywidgets.IntRangeSlider).tag(sync=True, **ipywidgets.widget_serialization)
    title = traitlets.Unicode().tag(sync=True)
    kind = traitlets.Unicode().tag(sync=True)
    spec = traitlets.Dict().tag(sync=True)
    themes = traitlets.Dict().tag(sync=True)
    grid = traitlets.Dict().tag(sync=True)
    limits = traitlets.Dict().tag(sync=True)
    sentences = traitlets.Dict().tag(sync=True)
