"""Charts of a range of changesets, with an overview that selects the range."""

from typing import Any
from uuid import uuid4

import ipywidgets
import pandas as pd
import traitlets

from imodels_nb.aggregate import ChangesetColumns, IndexRange, pack_grid, parse_index_range
from imodels_nb.aggregate.range_parser import RangeParser
from imodels_nb.charts import (
    THEMES,
    ChartDefinition,
    LaneChoice,
    OfflineChart,
    build_live_spec,
    build_overview_axis,
    build_page_payload,
    build_standalone_chart,
    build_theme_config,
    define_push_timeline,
    named_version_marks,
    render_page_payload,
)
from imodels_nb.frames import pseudonymize, validate_frame
from imodels_nb.widgets.chart_model import (
    ChartModel,
    KernelRequest,
    RangeSlider,
    display_with_picture,
    get_shared_engine,
)
from imodels_nb.widgets.index_range import IndexRangeTrait

_MAX_GRID_CELLS = 2_048  # of the grid in the browser; the kernel sends finer ones


class RangeChart(ipywidgets.VBox):
    """A chart of a range of changesets, with an overview that selects the range.

    Parameters
    ----------
    changesets
        A frame as :func:`imodels_nb.fetch_changesets` returns it; it is not changed.
    named_versions
        A frame as :func:`imodels_nb.fetch_named_versions` returns it, drawn as labeled rules. Hidden versions are left
        out, and those of a changeset that is not in the changesets frame: the baseline (index 0), too.
    data
        The columns of `changesets` that the chart reads.
    definition
        What the chart shows.

    Attributes
    ----------
    index_range : tuple of int
        First and last changeset index shown, both inclusive. Settable and observable. It takes indexes, dates and names
        of versions, as a pair or a slice: ``(100, 300)``, ``("2025-03", "2025-04-15")``,
        ``slice("Review 12", None)``, or ``"March 2025"``. An end beyond the frame moves to its edge.
        Anything else raises a ``TypeError`` or ``ValueError``, which is a ``TraitError``, too.
    time_range : tuple of Timestamp
        Times of the first and the last push in the range; None if it has no changesets. Settable with dates.
    slider : ipywidgets.IntRangeSlider
        A slider of the same range, to show in a cell of its own: the chart has its overview for that.

    Raises
    ------
    TypeError
        If an argument is not a DataFrame.
    ValueError
        If a frame lacks a column or holds invalid values, which the message names.
    """

    index_range = IndexRangeTrait()

    def __init__(
        self,
        changesets: pd.DataFrame,
        named_versions: pd.DataFrame | None,
        data: ChangesetColumns,
        definition: ChartDefinition,
        *,
        index_range: Any = None,
        time_range: Any = None,
        overview: bool = True,
    ) -> None:
        if named_versions is not None:
            named_versions = validate_frame(named_versions, "named_versions", ())
        self._changesets = validate_frame(changesets, "changesets", ())
        self._named_versions = named_versions
        self._data, self._definition = data, definition
        self._versions = named_version_marks(data, named_versions, self._changesets)
        self.range_parser = RangeParser(data, named_versions, definition.time_zone)
        self._spec = build_standalone_chart(definition, data, self._versions).to_dict(validate=False)
        self._grid = definition.build_grid(data, _MAX_GRID_CELLS)
        self.slider = _build_slider(data)
        self._model = ChartModel(
            engine=get_shared_engine(),
            slider=self.slider,
            title=definition.title,
            spec=build_live_spec(self._spec, definition),
            themes={name: build_theme_config(name) for name in THEMES},
            grid=pack_grid(self._grid),
            axis=build_overview_axis(data, self._grid, self._versions, definition.time_zone),
            limits=definition.limits,
            sentences=definition.sentences,
            is_zoomable=definition.is_zoomable,
            has_overview=overview,
            still_id=uuid4().hex,
        )
        super().__init__([self._model], layout={"width": "100%"})
        self._model.on_msg(self._handle_request)
        self.slider.observe(self._on_slider, "value")
        self.observe(self._on_index_range, "index_range")
        self.index_range = data.bounds
        self.set_range(index_range, time_range)

    @property
    def changesets(self) -> pd.DataFrame:
        """The changesets frame, indexed by ``changeset_index``."""
        return self._changesets

    @property
    def named_versions(self) -> pd.DataFrame | None:
        """The named versions frame, indexed by ``changeset_index``."""
        return self._named_versions

    @property
    def time_range(self) -> tuple[pd.Timestamp, pd.Timestamp] | None:
        """Times of the first and the last push in the range; None if it has no changesets."""
        times = self.selected["push_date_time"].dt.tz_convert(self._definition.time_zone)
        return (times.min(), times.max()) if len(times) else None

    @time_range.setter
    def time_range(self, value: Any) -> None:
        self.index_range = self.range_parser.parse_times(value)

    def set_range(self, index_range: Any, time_range: Any) -> None:
        """Set one of two ranges; without any, nothing happens."""
        if index_range is not None and time_range is not None:
            raise TypeError("Give index_range or time_range, not both.")
        if index_range is not None:
            self.index_range = index_range
        if time_range is not None:
            self.time_range = time_range

    def share_slider(self, other: "RangeChart") -> None:
        """Link the chart to the slider of another: both move without a kernel, too."""
        self.slider.unobserve(self._on_slider, "value")
        self.slider.close()
        self.slider = self._model.slider = other.slider
        self.slider.observe(self._on_slider, "value")

    @property
    def selected(self) -> pd.DataFrame:
        """The changesets of the range, a copy of ``changesets.loc[first:last]``."""
        first, last = self.index_range
        return self._changesets.sort_index().loc[first:last].copy()

    @property
    def chart(self) -> OfflineChart:
        """The standalone Altair chart, with its own sliders at the same range."""
        return build_standalone_chart(self._definition, self._data, self._versions, index_range=self.index_range)

    @property
    def data(self) -> ChangesetColumns:
        """The columns of the changesets, in local time."""
        return self._data

    @property
    def time_zone(self) -> str:
        """Time zone of the changesets."""
        return self._definition.time_zone

    @property
    def still_id(self) -> str:
        """Id of the still picture that the widget hides."""
        still_id: str = self._model.still_id
        return still_id

    def clamp(self, index_range: IndexRange) -> IndexRange:
        """Return a range with each end beyond the frame moved to its edge."""
        low, high = self._data.bounds
        first, last = (min(max(end, low), high) for end in parse_index_range(index_range))
        return first, last

    def describe(self, index_range: IndexRange) -> str:
        """Return a range in words: which changesets, how many, and how large."""
        index_range = parse_index_range(index_range)
        return self._definition.describe(index_range, self._data.select_range(index_range))

    @traitlets.validate("index_range")
    def _validate_index_range(self, proposal: Any) -> IndexRange:
        return self.clamp(proposal["value"])

    def _on_slider(self, change: Any) -> None:
        self.index_range = change["new"]

    def _on_index_range(self, _change: Any) -> None:
        self.slider.value = self.index_range

    def _handle_request(self, model: ChartModel, request: KernelRequest, _buffers: Any) -> None:
        if "changeset" in request:
            model.send({"changeset": request["changeset"], "details": self._read_details(request["changeset"])})
        elif "period" in request:
            start, stop = (1000 * end for end in request["period"])
            model.send({"period": request["period"], "found": self._data.find_period(start, stop)})
        else:
            self._send_range_grid(model, request["range"])

    def _read_details(self, index: Any) -> dict[str, str]:
        """Return id, person and description of a changeset, if its index is known."""
        if not isinstance(index, int) or index not in self._data.index:
            return {}
        row = self._changesets.loc[index]
        creator = row.get("creator_id")
        by = row.get("creator_name", creator if pd.isna(creator) else pseudonymize(str(creator)))
        values = {"id": row.get("id"), "by": by, "description": row.get("description")}
        return {name: str(value) for name, value in values.items() if not pd.isna(value)}

    def _send_range_grid(self, model: ChartModel, requested: list[int]) -> None:
        """Send the exact grid of a range, whose ends may lie beyond the frame."""
        index_range = self.clamp((requested[0], requested[1]))
        packed = pack_grid(self._definition.build_range_grid(self._data, self._grid, index_range))
        seconds = self._data.select_range(index_range).time // 1000
        times = [int(seconds[0]), int(seconds[-1])] if len(seconds) else None
        model.send({"range": requested, "times": times, "header": packed["header"]}, packed["buffers"])

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """Add a label and a picture, for a page without a kernel or without widgets."""
        bundle = super()._repr_mimebundle_(**kwargs)
        payload = build_page_payload(
            self._definition,
            self._data,
            self._spec,
            self._versions,
            index_range=self.index_range,
            themes=self._model.themes,
            grid=self._grid,
        )
        html = render_page_payload(payload, still_id=self._model.still_id)
        return bundle | {"text/plain": payload["label"], "text/html": html}

    def _ipython_display_(self, **kwargs: Any) -> None:
        """Show the picture, and the widget, which hides it."""
        display_with_picture(self._repr_mimebundle_(**kwargs))


class PushTimeline(RangeChart):
    """Pushes over time by kind, with an overview below that selects the range.

    Bars count the uploaded changesets of a day, a week or a month, stacked by kind; a line above adds them up. Where at
    most 300 changesets are in the range, each has a tick, too. Its tooltip shows index, time, size and kinds, and with
    a kernel also id, account and description. Drag over the overview, or type an index, a date or a named version into
    First and Last: the chart and `selected` follow.

    Parameters
    ----------
    changesets
        A frame as :func:`imodels_nb.fetch_changesets` returns it; it is not changed.
    named_versions
        A frame as :func:`imodels_nb.fetch_named_versions` returns it, drawn as labeled rules. Hidden versions are left
        out, and the baseline.
    lanes
        By default bars, in which each changeset counts once, under the first of its kinds. ``"kind"``: one lane for
        each kind; a changeset of several kinds counts in each of their lanes. ``"creator"``: one lane for each of the
        eight accounts with most pushes and one for all others, named by pseudonym. ``"creator_name"``: the same by
        name, from the column that :func:`imodels_nb.with_creator_names` adds.
    time_zone
        IANA name of the time zone of axis, bins and tooltips.
    index_range
        The range to show at first, as the attribute takes it. By default, all changesets.
    time_range
        The same in times, in place of `index_range`: a pair or a slice of dates.
    overview
        Whether the overview of all changesets, which selects the range, stands below the plot.

    Attributes
    ----------
    index_range : tuple of int
        First and last changeset index shown, both inclusive. Settable and observable. It takes indexes, dates and names
        of versions, as a pair or a slice: ``(100, 300)``, ``("2025-03", "2025-04-15")``,
        ``slice("Review 12", None)``, or ``"March 2025"``. An end beyond the frame moves to its edge.
        Anything else raises a ``TypeError`` or ``ValueError``, which is a ``TraitError``, too.
    time_range : tuple of Timestamp
        Times of the first and the last push in the range; None if it has no changesets. Settable with dates.
    slider : ipywidgets.IntRangeSlider
        A slider of the same range, to show in a cell of its own: the chart has its overview for that.
    selected : DataFrame
        The changesets of the range.
    chart : OfflineChart
        The standalone chart at the same range, for example to ``.save("chart.html")``.

    Raises
    ------
    TypeError, ValueError
        If an argument is invalid; the message names it.

    Examples
    --------
    >>> timeline = PushTimeline(sample.load_changesets(), lanes="creator", time_zone="Europe/Berlin")
    >>> timeline.index_range
    (1, 12000)
    >>> timeline.index_range = "November 2025"
    >>> len(timeline.selected)
    320
    """

    def __init__(
        self,
        changesets: pd.DataFrame,
        named_versions: pd.DataFrame | None = None,
        *,
        lanes: LaneChoice | None = None,
        time_zone: str = "UTC",
        index_range: Any = None,
        time_range: Any = None,
        overview: bool = True,
    ) -> None:
        data, definition = define_push_timeline(changesets, lanes=lanes, time_zone=time_zone)
        super().__init__(
            changesets,
            named_versions,
            data,
            definition,
            index_range=index_range,
            time_range=time_range,
            overview=overview,
        )


def _build_slider(data: ChangesetColumns) -> RangeSlider:
    low, high = data.bounds
    return RangeSlider(
        value=(low, high),
        min=low,
        max=high,
        description="Changesets",
        disabled=low == high,
        readout=False,
        layout={"width": "auto", "max_width": "720px"},
    )
