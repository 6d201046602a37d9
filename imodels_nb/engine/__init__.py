"""The charts' JavaScript, Vega and ours, from installed packages: no page that shows a chart asks the internet for it.

Ours is plain JavaScript, one idea a file, put together here: binary columns (``tables.js``), what a range shows of a
grid (``slices.js``), how a range moves (``steps.js``), the overview (``strip.js``), one chart in one place
(``stage.js``) and the charts of a page that has no kernel (``page.js``).
"""

import re
from functools import lru_cache
from importlib.resources import files
from typing import Any

import vl_convert

_PARTS = ("tables", "slices", "steps", "strip", "stage", "page")


@lru_cache(maxsize=1)
def source() -> str:
    """Return the engine as JavaScript, bundled once a process (one or two seconds, about 0.9 MB).

    Returns
    -------
    str
        Text that runs as a module or as a script and leaves ``globalThis.imodelsNbEngine``: its ``mount`` draws a
        chart into an element, its ``wake`` all charts of a page without a kernel.
    """
    bundle: str = vl_convert.javascript_bundle("globalThis.imodelsNbEmbed = vegaEmbed;")
    folder = files("imodels_nb.engine")
    ours = "\n".join((folder / f"{part}.js").read_text(encoding="utf-8") for part in _PARTS)
    left = "globalThis.imodelsNbEngine = { mount, wake, listenToKeys };"
    return f"(() => {{{bundle}}})();\n(() => {{\n{ours}\n{left}\n}})();"


def standalone_script() -> str:
    """Return one script element that wakes every chart of a page; put it in once, at the end of the body.

    Returns
    -------
    str
        The engine, and a line that puts a live chart, with its overview, in the place of each picture that
        ``PushTimeline`` and ``FileSizes`` leave in a page for want of a kernel. Nothing is loaded from elsewhere.
    """
    return f"<script>{source()}\nimodelsNbEngine.wake(document);</script>"


def svg(spec: dict[str, Any]) -> str:
    """Draw a Vega-Lite specification as an SVG element, with coordinates to a tenth of a pixel."""
    drawn: str = vl_convert.vegalite_to_svg(spec)
    return re.sub(r"(\d\.\d)\d+", r"\1", drawn)
