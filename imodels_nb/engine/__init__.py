"""JavaScript engine of the charts, pages without a kernel, and pictures.

Vega comes from the installed vl-convert, so that no page asks the internet for it. Our part is ES modules in ``js/``;
`bundle_modules` joins a module and its imports to the one text that a page or a widget needs.
"""

import gzip
import json
import re
from base64 import b64encode
from functools import lru_cache
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

import vl_convert

from imodels_nb.engine.pictures import build_data_url, convert_svg, join_svgs, make_responsive, render_svg

__all__ = [
    "build_data_url",
    "bundle_engine",
    "bundle_modules",
    "compress_engine",
    "convert_svg",
    "join_svgs",
    "make_responsive",
    "render_chart_element",
    "render_page",
    "render_page_script",
    "render_svg",
    "render_theme_script",
]

WIDTH = 860
"""Width of a picture in pixels."""

_MODULES = Path(str(files("imodels_nb.engine"))) / "js"
_VEGA = "globalThis.imodelsNbEmbed = vegaEmbed;"
_IMPORT = re.compile(r'^import ([^;"]*) from "([^"]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)
_COMMENT = re.compile(r"^[ \t]*(?:/\*\*.*?\*/|//[^\n]*)\n", re.MULTILINE | re.DOTALL)


@lru_cache(maxsize=1)
def compress_engine() -> bytes:
    """Compress the engine with gzip, to a third of its size."""
    return gzip.compress(bundle_engine().encode(), mtime=0)


@lru_cache(maxsize=1)
def bundle_engine() -> str:
    """Build the engine: Vega and our modules as one text.

    Returns
    -------
    str
        About 0.9 MB that run as a module or as a script and set ``globalThis.imodelsNbEngine``; see ``js/engine.js``.
        It takes one or two seconds once a process.
    """
    vega: str = vl_convert.javascript_bundle(_VEGA)
    return f"(() => {{{vega}}})();\n(() => {{\n{bundle_modules(_MODULES / 'engine.js')}}})();"


def bundle_modules(entry: Path) -> str:
    """Join an ES module and all modules that it imports to one text without imports.

    Parameters
    ----------
    entry
        The module. Each import is ``import { names } from "./file.js";`` or, for the text of a style sheet,
        ``import name from "./file.css";``.

    Returns
    -------
    str
        The modules, each once and after those that it imports, without comments on lines of their own. All share one
        scope, so a top-level name must be unique; ``export default`` stays, as anywidget needs it.
    """
    texts: dict[Path, str] = {}
    _collect_modules(entry.resolve(), texts)
    return "".join(texts.values())


def _collect_modules(module: Path, texts: dict[Path, str]) -> None:
    if module in texts:
        return
    source = module.read_text(encoding="utf-8")
    styles = ""
    for names, target in _IMPORT.findall(source):
        path = (module.parent / target).resolve()
        if path.suffix == ".css":
            styles += f"const {names} = {json.dumps(path.read_text(encoding='utf-8'))};\n"
        else:
            _collect_modules(path, texts)
    texts[module] = styles + _EXPORT.sub("", _IMPORT.sub("", _COMMENT.sub("", source)))


def render_chart_element(
    picture: dict[str, Any], payload: dict[str, Any], label: str, *, picture_id: str | None = None
) -> str:
    """Render the HTML element of a chart in a page without a kernel.

    The script of :func:`render_page_script` turns it into a live chart.

    Parameters
    ----------
    picture
        Vega-Lite specification of the picture.
    payload
        The chart that the engine mounts; see ``PagePayload`` in ``js/types.d.ts``. It is written as gzip in base64:
        small, and no name in it can end the element.
    label
        The range in words, for people who cannot see the picture.
    picture_id
        Id of a picture that a widget replaces; see ``hidePicture`` in ``range_chart.js``. It is an image, which
        JupyterLab shows in a notebook that is not trusted, too.
    """
    svg = render_svg(picture | {"width": WIDTH})
    if picture_id is None:
        names = "imodels-nb-chart"
        drawn = f'<div class="imodels-nb-picture" role="img" aria-label="{escape(label)}">{make_responsive(svg)}</div>'
    else:
        names = f"imodels-nb-chart imodels-nb-picture-{picture_id}"
        image = f"<img style='max-width:100%' alt='{escape(label)}' src='{build_data_url(svg)}'>"
        drawn = f'<div class="imodels-nb-picture">{image}</div>'
    text = json.dumps(payload, separators=(",", ":"), default=_encode_base64)
    return (
        f'<div class="{names}">'
        f"{drawn}"
        f'<script type="text/plain">{_encode_base64(gzip.compress(text.encode(), mtime=0))}</script>'
        "</div>"
    )


def render_page_script() -> str:
    """Render the script element that makes every chart of a page live.

    Returns
    -------
    str
        The engine, and a few lines that put a live chart in the place of each picture. It may stand anywhere in
        the page, and loads nothing from elsewhere.
    """
    bootstrap = bundle_modules(_MODULES / "bootstrap.js")
    return _render_script(bootstrap.replace("%ENGINE%", _encode_base64(compress_engine())))


def render_theme_script() -> str:
    """Render the script element that makes the theme of a page follow the system."""
    return _render_script(bundle_modules(_MODULES / "follow_system_theme.js"))


def _render_script(source: str) -> str:
    return f"<script>\n(() => {{\n{source}}})();\n</script>"


def render_page(element: str, title: str, paper: str, *, is_live: bool = True) -> str:
    """Render a whole page around the element of a chart; a picture needs no script."""
    script = render_page_script() if is_live else ""
    return (
        f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width">'
        f'<body style="margin:8px;max-width:1600px;background:{paper}">'
        f"{element}{script}</body></html>\n"
    )


def _encode_base64(buffer: bytes) -> str:
    return b64encode(buffer).decode()
