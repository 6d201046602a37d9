"""Pictures: SVG elements, and PNG and PDF files made of them."""

import re
from collections.abc import Sequence
from typing import Any

import vl_convert

_TAG = re.compile(r"""<(?:[^<>"']|"[^"]*"|'[^']*')+>""")
_ATTRIBUTE = re.compile(r'\s(?P<name>[\w:-]+)="(?P<value>[^"]*)"')
_INVISIBLE = re.compile(r'<(?:(?:path|line) [^<]*(?<=\s)(?:opacity="0"|display="none")|text [^<]*)/>')
_DECIMALS = re.compile(r"(\d)(?:\.0\d*|(\.\d)\d*)")
_POLYGON = re.compile(r"(?:[ML]-?[\d.]+,-?[\d.]+|Z)+")
_CORNER = re.compile(r"([MLZ])(?:([^,]+),([^MLZ]+))?")
_REFERENCE = re.compile(r'(\sid="|url\(#|href="#)')
_FONT = re.compile(r' font-family="[^"]*"')
_UNUSED = re.compile(r' (?:class|pointer-events|role|aria-[a-z]+)="[^"]*"')
_BAR = re.compile(r'<path d="(M[\d.]+,[\d.]+h[\d.]+v[\d.]+h-[\d.]+Z)" fill="(#[0-9a-f]{6})"/>')
_BARS = re.compile(f"(?:{_BAR.pattern}){{2,}}")
_SYMBOL = re.compile(r'<(path|line) transform="translate\(([^)]*)\)"( [^<>]*)/>')
_SYMBOLS = re.compile(rf'{_SYMBOL.pattern}(?:<\1 transform="translate\([^)]*\)"\3/>)+')
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
    shortened = _DECIMALS.sub(r"\1\2", value)
    return f' {name}="{_shorten_polygon(shortened) if _POLYGON.fullmatch(shortened) else shortened}"'


def _shorten_polygon(path: str) -> str:
    """Write each horizontal or vertical line of a path with one number."""
    parts = []
    x = ""
    y = ""
    for command, to_x, to_y in _CORNER.findall(path):
        if command != "L" or (to_x != x and to_y != y):
            parts.append(f"{command}{to_x},{to_y}" if to_x else command)
        elif to_x != x:
            parts.append(f"H{to_x}")
        elif to_y != y:
            parts.append(f"V{to_y}")
        x, y = to_x, to_y
    return "".join(parts)


def build_data_url(svg: str) -> str:
    """Build the URL of a picture, for an HTML attribute in single quotes.

    It is as short as possible: it stands in a notebook, and is sent to the browser with each chart.
    """
    short = _BARS.sub(_join_bars, _UNUSED.sub("", _move_font_to_root(svg)))
    short = _SYMBOLS.sub(_join_symbols, short)
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


def _join_symbols(run: re.Match[str]) -> str:
    """Join equal symbols in a run to the markers of one path."""
    name = f"symbol{run.start()}"
    corners = "L".join(position for _, position, _ in _SYMBOL.findall(run[0]))
    markers = " ".join(f'marker-{corner}="url(#{name})"' for corner in ("start", "mid", "end"))
    return (
        f'<marker id="{name}" markerUnits="userSpaceOnUse" overflow="visible"><{run[1]}{run[3]}/></marker>'
        f'<path d="M{corners}" {markers}/>'
    )
