"""What stands for a range chart in a page without a kernel: a picture, and all that the engine needs to wake it."""

import json
from base64 import b64encode
from html import escape
from typing import Any

from imodels_nb import engine

WIDTH = 860


def page_element(picture: dict[str, Any], chart: dict[str, Any], label: str) -> str:
    """Return the HTML element that :func:`imodels_nb.engine.standalone_script` turns into a live chart.

    Parameters
    ----------
    picture
        Vega-Lite specification of what is drawn now.
    chart
        What the engine mounts, as :class:`imodels_nb.widgets.canvas.Canvas` holds it, with ``range`` and ``bounds``.
    label
        The figures in words, for those who cannot see the picture.
    """
    drawn = engine.svg(picture | {"width": WIDTH}).replace("<svg ", '<svg style="max-width:100%;height:auto" ', 1)
    inert = json.dumps(chart, separators=(",", ":"), ensure_ascii=False, default=_base64).replace("<", "\\u003c")
    return (
        '<div class="imodels-nb-chart">'
        f'<div class="imodels-nb-picture" role="img" aria-label="{escape(label)}">{drawn}</div>'
        f'<script type="application/json">{inert}</script>'
        "</div>"
    )


def _base64(buffer: bytes) -> str:
    return b64encode(buffer).decode()
