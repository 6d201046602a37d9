"""Charts in a page that has no kernel: a picture, all that wakes it, and the script that does."""

import gzip
import json
from base64 import b64encode
from html import escape
from typing import Any

from imodels_nb.engine.bundle import compressed, svg

WIDTH = 860

_WAKE = """<script>
(async () => {
  if (!globalThis.imodelsNbEngine) {
    const zipped = Uint8Array.from(atob("%s"), (letter) => letter.charCodeAt(0));
    const plain = new Blob([zipped]).stream().pipeThrough(new DecompressionStream("gzip"));
    const script = document.createElement("script");
    script.textContent = await new Response(plain).text();
    document.head.append(script);
  }
  if (document.readyState === "loading") {
    await new Promise((parsed) => document.addEventListener("DOMContentLoaded", parsed, { once: true }));
  }
  imodelsNbEngine.wake(document);
})();
</script>"""


def page_element(picture: dict[str, Any], chart: dict[str, Any], label: str) -> str:
    """Return the HTML element that :func:`standalone_script` turns into a live chart.

    Parameters
    ----------
    picture
        Vega-Lite specification of what is drawn now.
    chart
        What the engine mounts: ``title``, ``kind``, ``spec``, ``themes``, ``grid``, ``range``, ``detail`` (the grid of
        that range alone) and ``bounds``. It lies in the page as gzip in base64: small, and no name in it can break out.
    label
        The figures in words, for those who cannot see the picture.
    """
    drawn = svg(picture | {"width": WIDTH}).replace("<svg ", '<svg style="max-width:100%;height:auto" ', 1)
    text = json.dumps(chart, separators=(",", ":"), default=_base64)
    return (
        '<div class="imodels-nb-chart">'
        f'<div class="imodels-nb-picture" role="img" aria-label="{escape(label)}">{drawn}</div>'
        f'<script type="text/plain">{_base64(gzip.compress(text.encode(), mtime=0))}</script>'
        "</div>"
    )


def standalone_script() -> str:
    """Return one script element that wakes every chart of a page; put it in once, anywhere.

    Returns
    -------
    str
        The engine, and a few lines that put a live chart, with its overview, in the place of each picture that a chart
        leaves in a page for want of a kernel. Nothing is loaded from elsewhere.
    """
    return _WAKE % _base64(compressed())


def page(element: str, title: str, paper: str) -> str:
    """Return a whole page around the element of a chart, in the colour of its paper."""
    return (
        f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width">'
        f'<body style="margin:8px;max-width:1600px;background:{paper}">'
        f"{element}{standalone_script()}</body></html>\n"
    )


def _base64(buffer: bytes) -> str:
    return b64encode(buffer).decode()
