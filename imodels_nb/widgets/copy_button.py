"""A button that copies a text to the clipboard of whoever clicks it."""

from pathlib import Path

import anywidget
import traitlets

from imodels_nb.engine import bundle_modules


class CopyButton(anywidget.AnyWidget):
    """Copies `text`, which is in the page while it is of use and empty otherwise."""

    _esm = bundle_modules(Path(__file__).parent / "copy_button.js")
    text = traitlets.Unicode().tag(sync=True)
