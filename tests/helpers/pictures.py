"""Still pictures in the HTML of a widget."""

import html
import re
from urllib.parse import unquote


def decode_picture(page: str) -> str:
    """Return the SVG text of the one image in the HTML of a widget."""
    (source,) = re.findall(r"<img [^']*'[^']*' alt='[^']*' src='data:image/svg\+xml;charset=utf-8,([^']*)'>", page)
    return unquote(html.unescape(source))
