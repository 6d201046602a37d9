"""Chart of people: who pushed, when and what."""

import json
from dataclasses import dataclass
from typing import Any

import altair as alt
import pandas as pd

from imodels_nb.aggregate import LABELS, ChangesetColumns, Lanes, with_people
from imodels_nb.charts.lanes import build_lane_bins, build_lane_y, draw_lanes, quote_names
from imodels_nb.charts.layers import LIMITS, Layer, draw_caption, group_layers
from imodels_nb.charts.named_versions import build_version_marks
from imodels_nb.charts.offline import OfflineChart
from imodels_nb.charts.push_layers import COLORS, LANE_HEIGHT, OTHER_COLOR, build_label_color, build_time_x
from imodels_nb.charts.push_timeline import PushTimelineDefinition
from imodels_nb.charts.spec import build_standalone_chart
from imodels_nb.charts.theme import Theme
from imodels_nb.charts.vega_expressions import build_period_expression

_TOP = 24  # pixels above the bars
_BETWEEN = 40  # pixels between bars and lanes
_TOTAL_WIDTH = 96  # pixels right of the longest bar
_BAR_GAP = 0.15  # share of a lane that is free above and below a bar
_KIND = f"datum.kind % {len(LABELS)}"


def people(
    changesets: pd.DataFrame,
    named_versions: pd.DataFrame | None = None,
    *,
    time_zone: str = "UTC",
    theme: Theme = "light",
) -> OfflineChart:
    """Draw who pushed, when and what, with a range that slides without a kernel.

    Each of the ten creators with most pushes has a bar and a lane, and all others share one. The bars show how many
    pushes of each kind there are in the range. The lanes show when: a stronger color means more pushes, on a log
    scale.

    Parameters
    ----------
    changesets
        The changesets frame. People are pseudonyms, unless it has the column ``creator_name``: from
        ``fetch_changesets(..., names=True)``, or from :func:`imodels_nb.with_creator_names`. The chart then has these
        names when it is saved, too. Only uploaded changesets count.
    named_versions
        The named versions frame, drawn as labeled rules.
    time_zone
        IANA name of the time zone of axis, bins and tooltips.
    theme
        ``light`` or ``dark``.

    Returns
    -------
    OfflineChart
        As :func:`push_timeline` returns it.

    Raises
    ------
    TypeError, ValueError
        If an argument is invalid, or the frame has no creators.

    Examples
    --------
    >>> people(sample.load_changesets()).to_dict()["title"]["text"]
    'People and their pushes'
    """
    data, definition = define_people(changesets, time_zone=time_zone)
    return build_standalone_chart(definition, data, build_version_marks(data, named_versions, changesets), theme=theme)


def define_people(changesets: pd.DataFrame, *, time_zone: str = "UTC") -> tuple[ChangesetColumns, "PeopleDefinition"]:
    """Read the changesets by creator and kind, and build the definition."""
    data = ChangesetColumns.from_frame(changesets, time_zone)
    coded, lanes = with_people(data, changesets)
    return coded, PeopleDefinition(time_zone, lanes)


@dataclass(frozen=True)
class PeopleDefinition(PushTimelineDefinition):
    """Definition of the chart of people.

    Parameters
    ----------
    time_zone
        Time zone of the changesets.
    lanes
        One lane for each person, as :func:`imodels_nb.aggregate.with_people` returns them.
    """

    title = "People and their pushes"
    subtitle = "Each changeset counts once, under the first of its kinds in legend order"
    has_time_above_counts = False  # the bars have an axis of counts
    limits = LIMITS | {"max_bins": 60}  # a rectangle has room for its number, and a grid one count for each kind

    @property
    def counts_top(self) -> int:
        """Pixels from the top of the plot to the lanes."""
        return _TOP + _BETWEEN + LANE_HEIGHT * len(self.lanes.labels if self.lanes else ())

    def draw_counts(self, data: ChangesetColumns) -> list[Layer]:  # noqa: ARG002  # as its base class
        """Draw a bar for each person, and a lane below."""
        lanes = self.lanes or Lanes("creator", (), {})
        codes = sorted({code % len(LABELS) for code in lanes.members})
        rects = draw_lanes(lanes, self.counts_top, self.time_zone)
        bars = group_layers(_draw_bars(lanes, codes), _draw_totals(lanes))
        return [
            group_layers(bars, rects, has_own_y=True),
            _draw_hover_areas(lanes, codes, _TOP),
            _draw_hover_areas(lanes, codes, self.counts_top, self.time_zone),
            draw_caption("Pushes of each person in this range", _TOP - 10),
        ]


def _draw_bars(lanes: Lanes, codes: list[int]) -> alt.Chart:
    """Draw the pushes of each person in the range as a bar, stacked by kind."""
    labels = [LABELS[code] for code in codes]
    colors = [COLORS.get(label, OTHER_COLOR) for label in labels]
    layer: alt.Chart = (
        _build_person_counts(lanes, ["what"])
        .transform_stack(["from", "to"], "pushes", groupby=["lane"], sort=[alt.SortField("what")])
        .transform_calculate(
            label=f"{list(LABELS)}[datum.what]",
            low=f"datum.lane + {_BAR_GAP}",
            high=f"datum.lane + 1 - {_BAR_GAP}",
        )
        .mark_rect()
        .encode(
            x=alt.XValue(alt.expr(_build_bar_x("datum.from"))),
            x2=alt.X2Value(alt.expr(_build_bar_x("datum.to"))),
            y=build_lane_y("low:Q", lanes, _TOP),
            y2=alt.Y2("high:Q"),
            color=build_label_color(labels, colors),
        )
    )
    return layer


def _draw_totals(lanes: Lanes) -> alt.Chart:
    """Draw the number and the share of each person behind the bar."""
    layer: alt.Chart = (
        _build_person_counts(lanes, [])
        .transform_calculate(
            middle="datum.lane + 0.5",
            words="format(datum.total, ',') + ' · ' + format(datum.total / datum.all, '.0%')",
        )
        .mark_text(style="caption", align="left", baseline="middle", dx=6)
        .encode(
            x=alt.XValue(alt.expr(_build_bar_x("datum.total"))),
            y=build_lane_y("middle:Q", lanes, _TOP),
            text=alt.Text("words:N"),
        )
    )
    return layer


def _build_bar_x(count: str) -> str:
    return f"(width - {_TOTAL_WIDTH}) * {count} / datum.longest"


def _build_person_counts(lanes: Lanes, groups: list[Any]) -> alt.Chart:
    """Build the pushes of each person, with the total of each, the largest and all."""
    chart: alt.Chart = (
        build_lane_bins(lanes)
        .transform_calculate(what=_KIND)
        .transform_aggregate(pushes="sum(count)", groupby=["lane", *groups])
        .transform_joinaggregate(total="sum(pushes)", groupby=["lane"])
        .transform_joinaggregate(longest="max(total)", all="sum(pushes)")
    )
    return chart


def _draw_hover_areas(lanes: Lanes, codes: list[int], top: int, time_zone: str | None = None) -> alt.Chart:
    """Draw an invisible area over each bar or, with a time zone, over each rectangle.

    Its tooltip has person, pushes, their share of all people, and each kind.
    """
    bins: list[Any] = ["begin", "end"] if time_zone else []
    period = build_period_expression("datum.begin", "datum.end")
    start = f"{{{json.dumps(time_zone)}: {period}}}" if time_zone else "{}"
    x = build_time_x("begin:T") if time_zone else alt.XValue(0)
    x2 = alt.X2("end:T") if time_zone else alt.X2Value(alt.expr("width"))
    counted = (
        build_lane_bins(lanes)
        .transform_calculate(what=_KIND)
        .transform_aggregate(pushes="sum(count)", groupby=["lane", "what", *bins])
        .transform_joinaggregate(all="sum(pushes)", groupby=bins)
        .transform_joinaggregate(total="sum(pushes)", groupby=["lane", *bins])
        .transform_pivot("what", value="pushes", groupby=["lane", "total", "all", *bins])
    )
    layer: alt.Chart = counted.mark_rect(opacity=0).encode(
        x=x,
        x2=x2,
        y=alt.YValue(alt.expr(f"{top} + {LANE_HEIGHT} * datum.lane")),
        y2=alt.Y2Value(alt.expr(f"{top} + {LANE_HEIGHT} * (datum.lane + 1)")),
        tooltip=_build_tooltip(lanes, codes, start),
    )
    return layer


def _build_tooltip(lanes: Lanes, codes: list[int], start: str) -> Any:
    """Build a tooltip with person, pushes, share of all people, and each kind."""
    total, all_ = ("format(datum.total, ',')", "format(datum.all, ',')")
    share = f"{total} + ' · ' + format(datum.total / datum.all, '.0%') + ' of ' + {all_}"
    parts = [start, f"{{'person': {quote_names(lanes.labels)}[datum.lane], 'pushes': {share}}}"]
    for code in codes:
        count = f"datum['{code}']"
        words = f"format({count}, ',') + ' · ' + format({count} / datum.total, '.0%')"
        parts.append(f"({count} ? {{{json.dumps(LABELS[code])}: {words}}} : {{}})")
    return alt.TooltipValue(alt.expr(f"merge({', '.join(parts)})"))
