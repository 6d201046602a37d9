"""The charts' JavaScript, Vega, from the installed package: no page that shows a chart asks the internet for it."""

import re
from functools import lru_cache
from importlib.resources import files
from typing import Any

import vl_convert


@lru_cache(maxsize=1)
def source() -> str:
    """Return the engine as JavaScript, bundled once a process (one or two seconds, about 0.9 MB).

    Returns
    -------
    str
        Text that runs as a module or as a script and leaves ``globalThis.imodelsNbEngine``: vega-embed's function
        ``embed(element, spec, options)``.
    """
    bundle: str = vl_convert.javascript_bundle("globalThis.imodelsNbEngine = vegaEmbed;")
    return f"(() => {{{bundle}}})();"


def standalone_script() -> str:
    """Return one script element that wakes every chart of a page; put it in once, at the end of the body.

    Returns
    -------
    str
        The engine, and a few lines that put a live chart, with sliders, in the place of each picture that
        ``PushTimeline`` and ``FileSizes`` leave in a page for want of a kernel. Nothing is loaded from elsewhere.
    """
    wake = (files("imodels_nb") / "engine.js").read_text(encoding="utf-8")
    return f"<script>{source()}\n{{{wake}}}</script>"


def svg(spec: dict[str, Any]) -> str:
    """Draw a Vega-Lite specification as an SVG element, with coordinates to a tenth of a pixel."""
    drawn: str = vl_convert.vegalite_to_svg(spec)
    return re.sub(r"(\d\.\d)\d+", r"\1", drawn)
