"""A button that copies a text to the clipboard of whoever clicks it."""

from pathlib import Path

import anywidget
import traitlets


class CopyButton(anywidget.AnyWidget):
    """Copies `text`, which is in the page while it is of use and empty otherwise."""

    _esm = Path(__file__).parent / "copy.js"
    text = traitlets.Unicode().tag(sync=True)
