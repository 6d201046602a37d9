"""Vega and our own JavaScript as one text, and pictures that need no browser."""

import gzip
import re
from functools import lru_cache
from importlib.resources import files
from typing import Any

import vl_convert

_TAG = re.compile(r"""<(?:[^<>"']|"[^"]*"|'[^']*')+>""")
_ATTRIBUTE = re.compile(r'\s(?P<name>[\w:-]+)="(?P<value>[^"]*)"')
_INVISIBLE = re.compile(r'<path [^<]*(?<=\s)opacity="0"/>')
_GEOMETRY = {
    "d",
    "transform",
    "viewBox",
    "points",
    "width",
    "height",
    "x",
    "y",
    "x1",
    "x2",
    "y1",
    "y2",
    "cx",
    "cy",
    "r",
}
_DECIMALS = re.compile(r"(\d\.\d)\d+")
_FIRST_DECIMAL = r"\1"
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
    return _TAG.sub(_shorten_tag, drawn)


def _shorten_tag(tag: re.Match[str]) -> str:
    """Shorten the attributes of one SVG tag; texts, and attributes that hold text, stay as they are."""
    if _INVISIBLE.fullmatch(tag[0]):
        return ""  # it only listens to the pointer
    return _ATTRIBUTE.sub(_shorten_attribute, tag[0])


def _shorten_attribute(attribute: re.Match[str]) -> str:
    name, value = attribute["name"], attribute["value"]
    if name == "opacity" and value == "1":
        return ""
    return f' {name}="{_DECIMALS.sub(_FIRST_DECIMAL, value)}"' if name in _GEOMETRY else attribute[0]
