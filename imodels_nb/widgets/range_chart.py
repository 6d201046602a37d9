"""Charts of a range of changesets, with an overview that selects the range."""

from collections.abc import Callable
from typing import Any, TypeAlias
from uuid import uuid4

import ipywidgets
import pandas as pd
import traitlets

from imodels_nb.aggregate import ChangesetColumns, IndexRange, pack_grid, parse_index_range
from imodels_nb.aggregate.range_parser import RangeParser
from imodels_nb.api import IModelsClient
from imodels_nb.charts import (
    THEMES,
    ChartDefinition,
    OfflineChart,
    build_live_spec,
    build_overview_axis,
    build_page_payload,
    build_standalone_chart,
    build_theme_config,
    build_version_marks,
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
from imodels_nb.widgets.watch import Watch

DefineChart: TypeAlias = Callable[[pd.DataFrame], tuple[ChangesetColumns, ChartDefinition]]

_MAX_GRID_CELLS = 2_048  # cells of the grid in the browser; the kernel sends finer grids


class RangeChart(ipywidgets.VBox):
    """A chart of a range of changesets, with an overview that selects the range.

    Parameters
    ----------
    changesets
        A frame as :func:`imodels_nb.fetch_changesets` returns it; it is not changed.
    named_versions
        A frame as :func:`imodels_nb.fetch_named_versions` returns it, drawn as labeled rules. Hidden versions are left
        out, and those of a changeset that is not in the changesets frame: the baseline (index 0), too.
    define
        Function that returns the columns of a changesets frame that the chart reads, and the definition of the chart.

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
    _is_updatable = True
    """Whether the chart can show other changesets."""

    def __init__(
        self,
        changesets: pd.DataFrame,
        named_versions: pd.DataFrame | None,
        define: DefineChart,
        *,
        index_range: Any = None,
        time_range: Any = None,
        overview: bool = True,
    ) -> None:
        data, definition = define(changesets)
        if named_versions is not None:
            named_versions = validate_frame(named_versions, "named_versions", ())
        self._named_versions = named_versions
        self._define = define
        self._watch: Watch | None = None
        self.slider = _build_slider(data)
        self._model = ChartModel(
            engine=get_shared_engine(),
            slider=self.slider,
            title=definition.title,
            **self._load(changesets, data, definition),
            themes={name: build_theme_config(name) for name in THEMES},
            is_zoomable=definition.is_zoomable,
            has_overview=overview,
            picture_id=uuid4().hex,
        )
        super().__init__([self._model], layout={"width": "100%"})
        self._model.on_msg(self._handle_request)
        self.slider.observe(self._on_slider, "value")
        self.observe(self._on_index_range, "index_range")
        self.index_range = data.bounds
        self.set_range(index_range, time_range)

    def _load(self, changesets: pd.DataFrame, data: ChangesetColumns, definition: ChartDefinition) -> dict[str, Any]:
        """Load changesets, and return the traits with which the browser draws them."""
        self._changesets = validate_frame(changesets, "changesets", ())
        self._data, self._definition = data, definition
        self._versions = build_version_marks(data, self._named_versions, self._changesets)
        self.range_parser = RangeParser(data, self._named_versions, definition.time_zone)
        self._spec = build_standalone_chart(definition, data, self._versions).to_dict(validate=False)
        self._grid = definition.build_grid(data, _MAX_GRID_CELLS)
        return {
            "spec": build_live_spec(self._spec, definition),
            "limits": definition.limits,
            "sentences": definition.sentences,
            "grid": pack_grid(self._grid),
            "axis": build_overview_axis(data, self._grid, self._versions, definition.time_zone),
        }

    def update(self, changesets: pd.DataFrame) -> None:
        """Show other changesets of the same iModel, such as those of a later fetch.

        The range stays. If it began at the first changeset, or ended at the last one, it still does afterwards. An
        update takes less than half a second, even with a million changesets.

        Parameters
        ----------
        changesets
            A frame as :func:`imodels_nb.fetch_changesets` returns it; it is not changed.

        Raises
        ------
        TypeError, ValueError
            If the frame is invalid, or this chart cannot show other changesets: `ElementChanges` needs their changes.
        """
        if not self._is_updatable:
            raise TypeError(f"{type(self).__name__} cannot show other changesets. Build a new one.")
        (first, last), (low, high) = self.index_range, self._data.bounds
        payload = self._load(changesets, *self._define(changesets))
        bounds = self._data.bounds
        index_range = (bounds[0] if first == low else first, bounds[1] if last == high else last)
        with self.slider.hold_sync():
            self.slider.max = max(bounds[1], self.slider.max)  # first, since the lower bound may be above the old one
            self.slider.min, self.slider.max = bounds
            self.slider.disabled = bounds[0] == bounds[1]
            self.index_range = index_range
        with self._model.hold_sync():
            for name, value in payload.items():
                setattr(self._model, name, value)

    def watch(self, client: IModelsClient, imodel_id: str, every: float = 60) -> None:
        """Add new pushes to the chart as they come, with one request each time.

        A thread asks for the changesets after the last one. A line below the chart shows how many came. It shows
        network errors, too, after which the next request comes later. The watch ends with the chart, with
        :meth:`stop_watching`, and with the sign-in. Named versions stay as they are.

        Parameters
        ----------
        client
            A client of the API.
        imodel_id
            GUID of the iModel whose changesets the chart shows.
        every
            Seconds between two requests, at least 5.

        Raises
        ------
        TypeError, ValueError
            If an argument is invalid, or the chart cannot show other changesets.
        """
        if not self._is_updatable:
            raise TypeError(
                f"{type(self).__name__} cannot be watched. PushTimeline, FileSizes, Calendar and People can."
            )
        watch = Watch(self, client, imodel_id, every)
        self.stop_watching()
        self._watch = watch
        watch.start()

    def stop_watching(self) -> None:
        """Stop requesting new pushes; without a watch, nothing happens."""
        if self._watch is not None and self._watch.is_running:
            self._watch.stop()
            self.show_status("")

    def show_status(self, text: str) -> None:
        """Show a sentence below the chart, which screen readers read, too."""
        self._model.status = text

    def close(self) -> None:
        """Close the chart, and stop a watch."""
        if getattr(self, "_watch", None) is not None:  # a chart whose arguments were invalid has no watch
            self.stop_watching()
        super().close()

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
        """Set one of two ranges; if both are ``None``, nothing happens."""
        if index_range is not None and time_range is not None:
            raise TypeError("Give index_range or time_range, not both.")
        if index_range is not None:
            self.index_range = index_range
        if time_range is not None:
            self.time_range = time_range

    def share_slider(self, other: "RangeChart") -> None:
        """Link the chart to the slider of another one: both move without a kernel, too."""
        self.slider.unobserve(self._on_slider, "value")
        self.slider.close()
        self.slider = other.slider
        self._model.slider = other.slider
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
    def picture_id(self) -> str:
        """Id of the picture that the widget hides."""
        picture_id: str = self._model.picture_id
        return picture_id

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
        html = render_page_payload(payload, picture_id=self._model.picture_id)
        return bundle | {"text/plain": payload["label"], "text/html": html}

    def _ipython_display_(self, **kwargs: Any) -> None:
        """Show the picture, and the widget, which hides it."""
        display_with_picture(self._repr_mimebundle_(**kwargs))


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
