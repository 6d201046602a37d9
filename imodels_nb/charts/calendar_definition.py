"""Definition and layers that both calendars of pushes share."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

import altair as alt
import pandas as pd

from imodels_nb.aggregate import ChangesetColumns
from imodels_nb.charts.heat import build_strength, draw_heat_key
from imodels_nb.charts.layers import (
    Layer,
    build_empty_axis,
    draw_caption,
    draw_summary,
    group_layers,
    list_transforms,
    select_cells,
)
from imodels_nb.charts.push_layers import IS_WAITING
from imodels_nb.charts.spec import ChartDefinition

GAP = 0.06
"""Share of a rectangle that is free, at each side."""

_TOP = 32  # pixels above the rectangles
_TOTALS_WIDTH = 96  # pixels right of the plot


@dataclass(frozen=True)
class CalendarDefinition(ChartDefinition):
    """Definition of a calendar of pushes.

    Parameters
    ----------
    time_zone
        Time zone of the changesets.
    """

    time_zone: str = "UTC"

    x_field = "time"
    is_zoomable = False

    @property
    def subtitle(self) -> str:
        """Explanation of the marks."""
        return f"Stronger color: more pushes (log scale) · time zone {self.time_zone}"

    @property
    @abstractmethod
    def rows(self) -> int:
        """Number of rows of rectangles."""

    @property
    @abstractmethod
    def row_height(self) -> float:
        """Height of a row in pixels."""

    @property
    def height(self) -> int:
        """Height of the plot in pixels."""
        return round(_TOP + self.rows * self.row_height)

    def build_layers(self, data: ChangesetColumns, versions: pd.DataFrame) -> list[Layer]:  # noqa: ARG002  # as its base class
        """Build the layers of the chart, the axis first."""
        has_uploaded = bool(data.uploaded.any())
        drawn = group_layers(self._draw_background(), *self._draw_counts())
        return [
            self._draw_axis(),
            *([group_layers(drawn, self._draw_totals(), has_own_y=True)] if has_uploaded else []),
            *([draw_heat_key(self._count_rects(), y=14)] if has_uploaded else []),
            draw_summary(
                select_cells(),
                f"{IS_WAITING} ? 0 : datum.count",
                f"{IS_WAITING} ? datum.count : 0",
                above=16,
                middle=(_TOP + self.height) // 2,
            ),
            draw_caption("Pushes", 10),
        ]

    @abstractmethod
    def _draw_axis(self) -> alt.Chart:
        """Draw the axis below the rectangles."""

    @abstractmethod
    def _draw_background(self) -> alt.Chart:
        """Draw the rectangles without pushes, and the names of the rows."""

    @abstractmethod
    def _draw_counts(self) -> list[alt.Chart]:
        """Draw the rectangles with pushes."""

    @abstractmethod
    def _count_rects(self) -> alt.Chart:
        """Build the pushes of each rectangle, with its column, its row and its group."""

    @abstractmethod
    def _list_groups(self) -> list[float]:
        """Return the middle of each group of rows."""

    def _draw_totals(self) -> alt.Chart:
        """Draw the number of pushes of each group and its share, at the right."""
        middles = self._list_groups()
        layer: alt.Chart = (
            self._count_rects()
            .transform_aggregate(pushes="sum(pushes)", all="min(all)", groupby=["group"])
            .transform_calculate(
                middle=f"{middles}[datum.group]",
                words="format(datum.pushes, ',') + ' · ' + format(datum.pushes / datum.all, '.0%')",
            )
            .mark_text(style="caption", align="left", baseline="middle")
            .encode(
                x=alt.XValue(alt.expr("width + 8")),
                y=self._build_y("middle:Q", build_empty_axis(_TOTALS_WIDTH)),
                text=alt.Text("words:N"),
            )
        )
        return layer

    @abstractmethod
    def _build_names(self) -> alt.Axis:
        """Build the axis with the names of the rows."""

    def _build_y(self, field: str, axis: alt.Axis | None = None) -> alt.Y:
        axis = self._build_names() if axis is None else axis
        ends = [_TOP, _TOP + self.rows * self.row_height]
        return alt.Y(field, scale=alt.Scale(domain=[0, self.rows], range=ends, nice=False), axis=axis)

    def _draw_rects(self, rects: alt.Chart, columns: int) -> alt.Chart:
        """Draw a rectangle for each row with ``column``, ``row``, ``when`` and ``pushes``."""
        layer: alt.Chart = (
            rects.transform_calculate(
                left=f"datum.column + {GAP}",
                right=f"datum.column + 1 - {GAP}",
                low=f"datum.row + {GAP}",
                high=f"datum.row + 1 - {GAP}",
                strength=build_strength("datum.pushes", "datum.most"),
                share="format(datum.pushes / datum.all, '.2~%') + ' of ' + format(datum.all, ',')",
            )
            .mark_rect(style="lane")
            .encode(
                x=build_x("left:Q", columns),
                x2=alt.X2("right:Q"),
                y=self._build_y("low:Q"),
                y2=alt.Y2("high:Q"),
                opacity=alt.Opacity("strength:Q", scale=None),
                tooltip=[
                    alt.Tooltip("when:N", title=self.time_zone),
                    alt.Tooltip("pushes:Q", format=","),
                    alt.Tooltip("share:N"),
                ],
            )
        )
        return layer

    def list_precomputed_transforms(self) -> list[dict[str, Any]]:
        """Return the transforms that the engine has computed already."""
        return list_transforms(build_cell_starts())


def build_cell_starts() -> alt.Chart:
    """Build the cells of the range, each with the start of its time bin in minutes."""
    return select_cells().transform_filter("datum.drawn && !datum.alone").transform_calculate(start="datum.minute")


def build_x(field: str, columns: int) -> alt.X:
    """Build the x encoding of a column, without its axis."""
    return alt.X(field, scale=alt.Scale(domain=[0, columns], nice=False), axis=None)


def draw_axis(x: alt.X, bottom: int) -> alt.Chart:
    """Draw the axis of the columns, also for a range without changesets."""
    somewhere = alt.Chart(alt.InlineData(values=[{"column": 0}]))
    layer: alt.Chart = somewhere.mark_rule(opacity=0).encode(x=x, y=alt.YValue(bottom))
    return layer


def draw_wash(rows: list[dict[str, Any]], x: alt.X, y: alt.Y) -> alt.Chart:
    """Draw the background of rows with ``left``, ``right``, ``low`` and ``high``."""
    layer: alt.Chart = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_rect(style="wash")
        .encode(x=x, x2=alt.X2("right:Q"), y=y, y2=alt.Y2("high:Q"))
    )
    return layer
