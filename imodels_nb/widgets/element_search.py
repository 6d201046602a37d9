"""Search for an element that shows its history."""

from typing import Any

import ipywidgets
import pandas as pd

from imodels_nb.contents import element_history

_COLUMNS = ("event", "push_date_time", "by", "class_name", "label", "properties")
_MAX_ROWS = 200


class ElementSearch(ipywidgets.VBox):
    """A box for the id or the label of an element, and below it the element's history.

    Parameters
    ----------
    changes, changesets
        As for :func:`imodels_nb.element_history`.
    """

    def __init__(self, changes: pd.DataFrame, changesets: pd.DataFrame) -> None:
        self._changes, self._changesets = changes, changesets
        self.box = ipywidgets.Text(
            description="Element", placeholder="id or label, then Enter", continuous_update=False
        )
        self.result = ipywidgets.HTML()
        super().__init__([self.box, self.result])
        self.box.observe(self._show, "value")

    def _show(self, change: Any) -> None:
        """Show the history of the entered element, or the next step."""
        if not change["new"].strip():
            self.result.value = ""
            return
        try:
            history = element_history(self._changes, change["new"], self._changesets)
        except ValueError:
            self.result.value = "No element has this id or label."
            return
        shown = history[[name for name in _COLUMNS if name in history]].head(_MAX_ROWS)
        rest = len(history) - len(shown)
        note = f"<p>and {rest:,} more changes; element_history() has all.</p>" if rest else ""
        self.result.value = shown.to_html(na_rep="", escape=True) + note
