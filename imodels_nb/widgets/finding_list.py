"""Findings as a list to click."""

from pathlib import Path

import anywidget
import pandas as pd
import traitlets

from imodels_nb.engine import bundle_modules

MARKS = {"critical": "■", "warning": "▲", "notice": "●", "info": "○"}
"""Of each severity, so that it does not rest on a colour."""


class FindingList(anywidget.AnyWidget):
    """A list of findings; a click on one, or Enter, sends ``{"show": its place}``.

    Parameters
    ----------
    items
        As :func:`items_of` gives them.
    shown
        The place of the one that is marked, or -1.
    """

    _esm = bundle_modules(Path(__file__).parent / "finding_list.js")
    _css = Path(__file__).parent / "explorer.css"
    items: traitlets.List[dict[str, object]] = traitlets.List().tag(sync=True)
    shown = traitlets.Int(-1).tag(sync=True)


def items_of(found: pd.DataFrame) -> list[dict[str, object]]:
    """Give what the list shows of each finding, as texts; those without a range cannot be clicked."""
    return [
        {
            "mark": MARKS[row["severity"]],
            "severity": row["severity"],
            "rule": row["rule"],
            "sentence": row["sentence"],
            "advice": row["advice"],
            "has_range": bool(pd.notna(row["first_index"])),
        }
        for row in found.to_dict("records")
    ]
