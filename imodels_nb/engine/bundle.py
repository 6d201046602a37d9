"""Vega and our own JavaScript as one text, and pictures that need no browser."""

import gzip
import re
from functools import lru_cache
from importlib.resources import files
from typing import Any

import vl_convert

_PARTS = ("tables", "slices", "places", "steps", "profile", "strip", "stage", "page")


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


@lru_cache(maxsize=1)
def compressed() -> bytes:
    """Return the engine as gzip, a third of its text."""
    return gzip.compress(source().encode(), mtime=0)


def svg(spec: dict[str, Any]) -> str:
    """Draw a Vega-Lite specification as an SVG element, with coordinates to a tenth of a pixel."""
    drawn: str = vl_convert.vegalite_to_svg(spec)
    visible = re.sub(r'<path [^>]*opacity="0"/>', "", drawn)  # what only listens to the pointer
    return re.sub(r"(\d\.\d)\d+", r"\1", visible).replace(' opacity="1"', "")
