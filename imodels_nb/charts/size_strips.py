"""Strips below file sizes: what no log scale holds."""

import altair as alt

from imodels_nb.aggregate import ChangesetColumns
from imodels_nb.charts.parts import caption
from imodels_nb.charts.size_columns import drawn
from imodels_nb.charts.size_scales import PLOT, placed

GAP, STRIP = 8, 18
"""Pixels above the first strip, and of each."""


def strips(ledger: ChangesetColumns) -> list[alt.LayerChart]:
    """Give files of 0 bytes, which no log scale holds, and changesets without a file a strip each, if there are any."""
    zeros = bool((ledger.size[ledger.uploaded] == 0).any())
    kinds = [("zeros", "0 B", "tick", zeros), ("waiting", "waiting", "point", not ledger.uploaded.all())]
    there = [(field, label, mark) for field, label, mark, drawn in kinds if drawn]
    return [_strip(*kind, y=PLOT + GAP + int((row + 0.5) * STRIP)) for row, kind in enumerate(there)]


def _strip(field: str, label: str, mark: str, *, y: int) -> alt.LayerChart:
    marks = drawn().transform_filter(f"datum.{field} > 0")
    shown = (
        marks.mark_tick(style="zero", orient="vertical", size=9)
        if mark == "tick"
        else marks.mark_point(style="waiting", filled=True, size=28)
    )
    tooltip = [alt.Tooltip("first:Q", title="from changeset", format=","), alt.Tooltip(f"{field}:Q", format=",")]
    strip: alt.LayerChart = shown.encode(x=placed("middle:Q"), y=alt.value(y), tooltip=tooltip) + caption(
        label, y, x=-8, align="right"
    )
    return strip
