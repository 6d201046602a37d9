"""Still pictures in the HTML of a widget."""

import base64
import re


def decode_picture(page: str) -> str:
    """Return the SVG text of the one image in the HTML of a widget."""
    (source,) = re.findall(r"<img [^>]*src=.data:image/svg\+xml;base64,([A-Za-z0-9+/=]+).>", page)
    return base64.b64decode(source).decode()
