"""Button that copies a text to the clipboard."""

from pathlib import Path

import anywidget
import traitlets

from imodels_nb.engine import bundle_modules


class CopyButton(anywidget.AnyWidget):
    """A button that copies `text`, which is empty while there is nothing to copy."""

    _esm = bundle_modules(Path(__file__).parent / "copy_button.js")
    text = traitlets.Unicode().tag(sync=True)
