"""Pictures: SVG elements, and PNG and PDF files made of them."""

import re
from collections.abc import Sequence
from typing import Any

import vl_convert

_TAG = re.compile(r"""<(?:[^<>"']|"[^"]*"|'[^']*')+>""")
_ATTRIBUTE = re.compile(r'\s(?P<name>[\w:-]+)="(?P<value>[^"]*)"')
_INVISIBLE = re.compile(r'<path [^<]*(?<=\s)opacity="0"/>')
_DECIMALS = re.compile(r"(\d\.\d)\d+")
_REFERENCE = re.compile(r'(\sid="|url\(#|href="#)')
_FONT = re.compile(r' font-family="[^"]*"')
_UNUSED = re.compile(r' (?:class|pointer-events|aria-[a-z]+)="[^"]*"')
_BAR = re.compile(r'<path d="(M[\d.]+,[\d.]+h[\d.]+v[\d.]+h-[\d.]+Z)" fill="(#[0-9a-f]{6})"/>')
_BARS = re.compile(f"(?:{_BAR.pattern}){{2,}}")
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


def render_svg(spec: dict[str, Any]) -> str:
    """Render a Vega-Lite specification as an SVG element, to a tenth of a pixel."""
    drawn: str = vl_convert.vegalite_to_svg(spec)
    return _TAG.sub(_shorten_tag, drawn)


def join_svgs(pictures: Sequence[str], *, is_row: bool, paper: str) -> str:
    """Join SVG elements to one, side by side or one below the other.

    Parameters
    ----------
    pictures
        SVG elements as :func:`render_svg` returns them.
    is_row
        Whether they stand side by side.
    paper
        Color behind them.
    """
    sizes = [_read_size(picture) for picture in pictures]
    widths, heights = zip(*sizes, strict=True)
    width, height = (sum(widths), max(heights)) if is_row else (max(widths), sum(heights))
    parts = []
    offset = 0.0
    for number, (picture, size) in enumerate(zip(pictures, sizes, strict=True)):
        unique = _make_names_unique(picture, f"part{number}-")
        parts.append(unique.replace("<svg ", f'<svg {"x" if is_row else "y"}="{offset:g}" ', 1))
        offset += size[0] if is_row else size[1]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}"'
        f' viewBox="0 0 {width:g} {height:g}"><rect width="100%" height="100%" fill="{paper}"/>{"".join(parts)}</svg>'
    )


def _make_names_unique(picture: str, prefix: str) -> str:
    """Add a prefix to all names that elements of a picture refer to."""
    return _TAG.sub(lambda tag: _REFERENCE.sub(rf"\g<1>{prefix}", tag[0]), picture)


def convert_svg(picture: str, kind: str, *, scale_factor: float, ppi: float | None) -> str | bytes:
    """Convert an SVG element to the content of a file: ``svg``, ``png`` or ``pdf``."""
    if kind == "svg":
        return picture
    if kind == "pdf":
        page: bytes = vl_convert.svg_to_pdf(picture)
        return page
    image: bytes = vl_convert.svg_to_png(picture, scale=scale_factor, ppi=ppi)
    return image


def make_responsive(picture: str) -> str:
    """Return an SVG element that shrinks with the page."""
    return picture.replace("<svg ", '<svg style="max-width:100%;height:auto" ', 1)


def _read_size(picture: str) -> tuple[float, float]:
    """Read width and height of an SVG element."""
    root = _TAG.match(picture)
    attributes = {part["name"]: part["value"] for part in _ATTRIBUTE.finditer(root[0] if root else "")}
    return float(attributes["width"]), float(attributes["height"])


def _shorten_tag(tag: re.Match[str]) -> str:
    """Remove an invisible tag, or shorten the numbers of its geometry."""
    if _INVISIBLE.fullmatch(tag[0]):
        return ""
    return _ATTRIBUTE.sub(_shorten_attribute, tag[0])


def _shorten_attribute(attribute: re.Match[str]) -> str:
    name, value = attribute["name"], attribute["value"]
    if name == "opacity" and value == "1":
        return ""
    if name not in _GEOMETRY:
        return attribute[0]
    shortened = _DECIMALS.sub(r"\1", value)
    return f' {name}="{shortened}"'


def build_data_url(svg: str) -> str:
    """Build the URL of a picture, for an HTML attribute in single quotes.

    It is as short as possible: it stands in a notebook, and is sent to the browser with each chart.
    """
    short = _BARS.sub(_join_bars, _UNUSED.sub("", _move_font_to_root(svg)))
    text = short.replace("%", "%25").replace("#", "%23").replace("&", "&amp;").replace("'", "&#39;")
    return f"data:image/svg+xml;charset=utf-8,{text}"


def _move_font_to_root(svg: str) -> str:
    """Write the font of all texts once."""
    fonts = set(_FONT.findall(svg))
    return _FONT.sub("", svg).replace("<svg ", f"<svg {fonts.pop().strip()} ", 1) if len(fonts) == 1 else svg


def _join_bars(run: re.Match[str]) -> str:
    """Join the bars of one color in a run to one path; bars of a stack do not overlap."""
    colors: dict[str, list[str]] = {}
    for shape, color in _BAR.findall(run[0]):
        colors.setdefault(color, []).append(shape)
    return "".join(f'<path d="{"".join(shapes)}" fill="{color}"/>' for color, shapes in colors.items())
