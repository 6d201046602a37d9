"""Findings beside the charts: a click on one moves the range to it."""

import operator
from datetime import datetime
from html import escape
from typing import Any

import ipywidgets
import pandas as pd
import traitlets

from imodels_nb.aggregate import IndexRange
from imodels_nb.insights import findings
from imodels_nb.widgets.copy_button import CopyButton
from imodels_nb.widgets.finding_list import FindingList, items_of
from imodels_nb.widgets.range_chart import FileSizes, PushTimeline
from imodels_nb.widgets.ranges import IndexRangeTrait, link_ranges


class ChangesetExplorer(ipywidgets.VBox):
    """What stands out in a timeline, beside the two charts, which show one range.

    A click on a finding, or Enter, moves the range to it. The range is told as code to paste, and in figures.

    Parameters
    ----------
    changesets, named_versions, users, checkpoints, groups, now, time_zone
        As for :func:`imodels_nb.findings`; the timeline is in that time zone, too.

    Attributes
    ----------
    index_range : tuple of int
        First and last changeset index shown, both inclusive; settable and observable, as that of
        :class:`PushTimeline`.
    timeline : PushTimeline
        The upper chart.
    sizes : FileSizes
        The lower chart.

    Raises
    ------
    TypeError, ValueError
        If a frame is none or lacks a column; the message names it.

    Examples
    --------
    >>> explorer = ChangesetExplorer(sample.load_changesets(), sample.load_named_versions())
    >>> explorer.show(0)
    >>> explorer.index_range, explorer.timeline.index_range, len(explorer.selected)
    ((4018, 4018), (4018, 4018), 1)
    """

    index_range = IndexRangeTrait()

    def __init__(
        self,
        changesets: pd.DataFrame,
        named_versions: pd.DataFrame | None = None,
        users: pd.DataFrame | None = None,
        checkpoints: pd.DataFrame | None = None,
        *,
        groups: pd.DataFrame | None = None,
        now: datetime | str | None = None,
        time_zone: str = "UTC",
    ) -> None:
        self._findings = findings(
            changesets, named_versions, users, checkpoints, groups=groups, now=now, time_zone=time_zone
        )
        self.timeline = PushTimeline(changesets, named_versions, time_zone=time_zone)
        self.sizes = FileSizes(changesets, named_versions, time_zone=time_zone)
        self._list = FindingList(items=items_of(self._findings))
        self._told, self._copy = ipywidgets.HTML(), CopyButton()
        super().__init__([self._selection(), self._body()], layout={"width": "100%"})
        self.add_class("imodels-explorer")
        self._list.on_msg(self._answer)
        self.observe(self._tell, "index_range")
        link_ranges(self.timeline, self.sizes, self)
        self._tell(None)

    @property
    def findings(self) -> pd.DataFrame:
        """What stands out, as :func:`imodels_nb.findings` gives it."""
        return self._findings

    @property
    def selected(self) -> pd.DataFrame:
        """The changesets of the range, ascending: a copy."""
        return self.timeline.selected

    def show(self, finding: int) -> None:
        """Move the range to a finding, by its row in :attr:`findings`; one without a range moves nothing.

        Raises
        ------
        TypeError, IndexError
            If `finding` is not a whole number, or there is no such row.
        """
        ranges = self._ranges()
        try:
            row = operator.index(finding)
        except TypeError:
            raise TypeError(f"finding must be a row number of explorer.findings, not {finding!r}.") from None
        if not 0 <= row < len(ranges):
            raise IndexError(f"There is no finding {row}; explorer.findings has {len(ranges)} rows, counted from 0.")
        if (found := ranges[row]) is not None:
            self.index_range = found

    def close(self) -> None:
        """Take it away with all its parts."""
        for name in ("timeline", "sizes", "_list", "_told", "_copy"):
            if (part := getattr(self, name, None)) is not None:  # what was refused has none, and is closed as well
                part.close()
        super().close()

    @traitlets.validate("index_range")
    def _clamp(self, proposal: Any) -> IndexRange:
        return self.timeline.clamped(proposal["value"])

    def _selection(self) -> ipywidgets.HBox:
        line = ipywidgets.HBox([self._told, self._copy])
        line.add_class("imodels-explorer-selection")
        return line

    def _body(self) -> ipywidgets.HBox:
        side, charts = ipywidgets.VBox([self._list]), ipywidgets.VBox([self.timeline, self.sizes])
        side.add_class("imodels-explorer-side")
        charts.add_class("imodels-explorer-charts")
        body = ipywidgets.HBox([side, charts])
        body.add_class("imodels-explorer-body")
        return body

    def _ranges(self) -> list[IndexRange | None]:
        ends = self._findings[["first_index", "last_index"]].itertuples(index=False)
        return [None if pd.isna(first) else (int(first), int(last)) for first, last in ends]

    def _answer(self, _list: FindingList, message: dict[str, Any], _buffers: Any) -> None:
        self.show(int(message["show"]))

    def _tell(self, _change: Any) -> None:
        first, last = self.index_range
        code = f"frame.loc[{first}:{last}]  # after_index={max(first - 1, 0)}, last_index={last}"
        self._told.value = f"<code>{escape(code)}</code><br>{escape(self.timeline.figures(self.index_range))}"
        self._copy.text = code
        ranges = self._ranges()
        self._list.shown = ranges.index(self.index_range) if self.index_range in ranges else -1

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """Add the findings and both charts for a page that has no kernel or no widgets."""
        bundle = super()._repr_mimebundle_(**kwargs)
        lines = [f"{item['mark']} {item['severity']}: {item['sentence']}" for item in self._list.items]
        items = "".join(f"<li>{escape(line)}</li>" for line in lines)
        pages = [chart._repr_mimebundle_(**kwargs)["text/html"] for chart in (self.timeline, self.sizes)]
        return bundle | {"text/plain": "\n".join(lines), "text/html": f"<ul>{items}</ul>{''.join(pages)}"}
