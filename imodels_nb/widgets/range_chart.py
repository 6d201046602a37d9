"""A chart over a range of changesets, and the slider that chooses the range."""

from typing import Any

import ipywidgets
import pandas as pd
import traitlets

from imodels_nb.aggregate import ChangesetColumns, IndexRange, pack_columns, parse_index_range
from imodels_nb.charts import (
    LIMITS,
    SENTENCES,
    THEMES,
    LaneChoice,
    Subject,
    config,
    face,
    figures,
    file_sizes_subject,
    live,
    milestones,
    push_timeline_subject,
    standalone,
)
from imodels_nb.engine import render_chart_element
from imodels_nb.frames import validate_frame
from imodels_nb.widgets.canvas import Canvas, shared_engine
from imodels_nb.widgets.ranges import IndexRangeTrait

_COLUMNS = 2_048  # exact at this many ranges; the kernel tells what is finer


class RangeChart(ipywidgets.VBox):
    """A chart of a range of changesets, with a slider over the changeset index.

    Parameters
    ----------
    changesets
        A frame as :func:`imodels_nb.fetch_changesets` gives it; it is not changed.
    named_versions
        A frame as :func:`imodels_nb.fetch_named_versions` gives it, drawn as labelled rules. Left out are hidden ones,
        and those of a changeset that is not in the changesets frame: the baseline (index 0), too.

    Attributes
    ----------
    index_range : tuple of int
        First and last changeset index shown, both inclusive. Settable and observable: an end beyond the frame moves to
        its edge; anything but two whole numbers in order is refused with a ``TypeError`` or ``ValueError``, which are
        ``TraitError``, too.
    slider : ipywidgets.IntRangeSlider
        The slider, in step with `index_range`.

    Raises
    ------
    TypeError
        If a frame is none.
    ValueError
        If a frame lacks a column that is needed or one holds what makes no sense; the message names it.
    """

    index_range = IndexRangeTrait()

    def __init__(
        self, changesets: pd.DataFrame, named_versions: pd.DataFrame | None, ledger: ChangesetColumns, subject: Subject
    ) -> None:
        if named_versions is not None:
            named_versions = validate_frame(named_versions, "named_versions", ())
        self._changesets, self._named_versions = validate_frame(changesets, "changesets", ()), named_versions
        self._ledger, self._subject = ledger, subject
        self._milestones = milestones(self._ledger, named_versions)
        self._standalone = standalone(self._subject, self._ledger, self._milestones).to_dict(validate=False)
        self._grid = subject.grid(ledger, _COLUMNS)
        self.slider = _slider(self._ledger)
        self._canvas = Canvas(
            engine=shared_engine(),
            slider=self.slider,
            title=self._subject.title,
            kind=self._subject.kind,
            spec=live(self._standalone, self._subject.brought()),
            themes={name: config(name) for name in THEMES},
            grid=pack_columns(self._grid),
            limits=LIMITS,
            sentences=SENTENCES,
        )
        super().__init__([self.slider, self._canvas], layout={"width": "100%"})
        self.add_class("imodels-nb-range")
        self._canvas.on_msg(self._answer)
        self.slider.observe(self._follow_slider, "value")
        self.observe(self._move_slider, "index_range")
        self.index_range = self._ledger.bounds

    @property
    def changesets(self) -> pd.DataFrame:
        """The changesets frame, indexed by ``changeset_index``."""
        return self._changesets

    @property
    def named_versions(self) -> pd.DataFrame | None:
        """The named versions frame, indexed by ``changeset_index``."""
        return self._named_versions

    @property
    def selected(self) -> pd.DataFrame:
        """The changesets of the range, ascending: a copy of ``changesets.loc[first:last]``."""
        first, last = self.index_range
        return self._changesets.sort_index().loc[first:last].copy()

    @property
    def chart(self) -> Any:
        """The Altair chart that stands alone, its own sliders at the range of this one."""
        return standalone(self._subject, self._ledger, self._milestones, index_range=self.index_range)

    def clamped(self, index_range: IndexRange) -> IndexRange:
        """Return a range with each end beyond the frame moved to its edge."""
        low, high = self._ledger.bounds
        first, last = (min(max(end, low), high) for end in parse_index_range(index_range))
        return first, last

    def figures(self, index_range: IndexRange) -> str:
        """Return a range in words: which changesets, how many, how large."""
        index_range = parse_index_range(index_range)
        return figures(index_range, self._ledger.select_range(index_range))

    @traitlets.validate("index_range")
    def _clamp(self, proposal: Any) -> IndexRange:
        return self.clamped(proposal["value"])

    def _follow_slider(self, change: Any) -> None:
        self.index_range = change["new"]

    def _move_slider(self, _change: Any) -> None:
        self.slider.value = self.index_range

    def _answer(self, canvas: Canvas, question: dict[str, Any], _buffers: Any) -> None:
        """Tell the browser the exact figures of a range, or of one changeset what no column holds."""
        if "about" in question:
            index = int(question["about"])
            canvas.send({"about": index, "more": self._about(index)})
            return
        index_range = self.clamped(question["ask"])
        answer = pack_columns(self._subject.detail(self._ledger, self._grid, index_range))
        canvas.send({"range": question["ask"], "header": answer["header"]}, answer["buffers"])

    def _about(self, index: int) -> dict[str, str]:
        row = self._changesets.loc[index]
        told = {"id": row.get("id"), "by": row.get("creator_id"), "description": row.get("description")}
        return {name: str(value) for name, value in told.items() if not pd.isna(value)}

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """Add words and a picture to the widget, for a page that has no kernel or no widgets."""
        bundle = super()._repr_mimebundle_(**kwargs)
        shown = face(
            self._subject,
            self._ledger,
            self._standalone,
            index_range=self.index_range,
            themes=self._canvas.themes,
            grid=self._grid,
        )
        label, picture = shown.pop("label"), shown.pop("picture")
        return bundle | {"text/plain": label, "text/html": render_chart_element(picture, shown, label)}


class PushTimeline(RangeChart):
    """When changesets were pushed, and of which kind, with a slider over the changeset index.

    See :func:`imodels_nb.charts.push_timeline` for what is drawn, and :class:`RangeChart` for the rest. Where no more
    than 300 changesets are in range each has a tick, too; resting on it tells index, time, size and kinds, and as long
    as there is a kernel the id, the account and the description.

    Parameters
    ----------
    changesets, named_versions
        As :class:`RangeChart` has them.
    lanes, time_zone
        As :func:`imodels_nb.charts.push_timeline` has them.

    Examples
    --------
    >>> PushTimeline(sample.load_changesets(), lanes="creator", time_zone="Europe/Berlin").index_range
    (1, 12000)
    """

    def __init__(
        self,
        changesets: pd.DataFrame,
        named_versions: pd.DataFrame | None = None,
        *,
        lanes: LaneChoice | None = None,
        time_zone: str = "UTC",
    ) -> None:
        super().__init__(
            changesets, named_versions, *push_timeline_subject(changesets, lanes=lanes, time_zone=time_zone)
        )


class FileSizes(RangeChart):
    """How large the files of changesets are, with a slider over the changeset index.

    See :func:`imodels_nb.charts.file_sizes` for what is drawn, and :class:`RangeChart` for the rest.

    Parameters
    ----------
    changesets, named_versions
        As :class:`RangeChart` has them.
    cumulative
        Whether to draw below the sizes how they add up over the range.
    time_zone
        As :func:`imodels_nb.charts.file_sizes` has it.

    Examples
    --------
    >>> FileSizes(sample.load_changesets(), cumulative=True).index_range
    (1, 12000)
    """

    def __init__(
        self,
        changesets: pd.DataFrame,
        named_versions: pd.DataFrame | None = None,
        *,
        cumulative: bool = False,
        time_zone: str = "UTC",
    ) -> None:
        subject = file_sizes_subject(cumulative=cumulative, time_zone=time_zone)
        super().__init__(changesets, named_versions, ChangesetColumns.from_frame(changesets, time_zone), subject)


def _slider(ledger: ChangesetColumns) -> ipywidgets.IntRangeSlider:
    low, high = ledger.bounds
    return ipywidgets.IntRangeSlider(
        value=(low, high),
        min=low,
        max=high,
        description="Changesets",
        disabled=low == high,
        readout=False,
        layout={"width": "auto", "max_width": "720px"},
    )
