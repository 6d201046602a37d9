"""Button that copies a text to the clipboard."""

from pathlib import Path
from typing import TypedDict

import anywidget
import traitlets

from imodels_nb.engine import bundle_modules


class CopyTexts(TypedDict):
    """Texts of the button, before and after a click, and its hint."""

    copy: str
    copied: str
    hint: str


_TEXTS: CopyTexts = {"copy": "Copy", "copied": "Copied", "hint": "Copy the code"}


class CopyButton(anywidget.AnyWidget):
    """A button that copies `text`, which is empty while there is nothing to copy."""

    _esm = bundle_modules(Path(__file__).parent / "copy_button.js")
    text = traitlets.Unicode().tag(sync=True)
    texts = traitlets.Dict({**_TEXTS}).tag(sync=True)
