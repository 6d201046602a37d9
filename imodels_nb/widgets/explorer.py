"""Explorer of a timeline: findings beside the charts, and one range for all."""

import operator
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any, TypedDict

import anywidget
import ipywidgets
import pandas as pd
import traitlets

from imodels_nb.aggregate import IndexRange
from imodels_nb.charts import format_css_variables
from imodels_nb.engine import bundle_modules
from imodels_nb.insights import NOTHING_STANDS_OUT, SEVERITY_MARKS, TimelineData, build_summary, find_all
from imodels_nb.widgets.changeset_table import ChangesetTable
from imodels_nb.widgets.chart_model import display_with_picture
from imodels_nb.widgets.code_names import find_name
from imodels_nb.widgets.copy_button import CopyButton
from imodels_nb.widgets.element_changes import ElementChanges
from imodels_nb.widgets.element_search import ElementSearch
from imodels_nb.widgets.file_sizes import FileSizes
from imodels_nb.widgets.index_range import IndexRangeTrait, link_ranges
from imodels_nb.widgets.push_timeline import PushTimeline

_STYLES = (Path(__file__).parent / "explorer.css").read_text(encoding="utf-8")


class FindingItem(TypedDict):
    """A finding as the list shows it; ``Item`` in ``finding_list.js``."""

    mark: str
    severity: str
    rule: str
    sentence: str
    advice: str
    has_range: bool


class FindingTexts(TypedDict):
    """Texts of the list: its name, and the text without any finding."""

    name: str
    none: str


_TEXTS: FindingTexts = {"name": "Findings", "none": f"{NOTHING_STANDS_OUT}."}


class FindingList(anywidget.AnyWidget):
    """A list of findings; a click on one, or Enter, sends ``{"show": row}``.

    Parameters
    ----------
    items
        As :func:`build_items` returns them.
    shown
        The row of the finding that is marked, or -1.
    """

    _esm = bundle_modules(Path(__file__).parent / "finding_list.js")
    _css = f".imodels-explorer {{ {format_css_variables('light', 'accent', prefix='--chart-')} }}\n" + _STYLES
    items: traitlets.List[FindingItem] = traitlets.List().tag(sync=True)
    shown = traitlets.Int(-1).tag(sync=True)
    texts = traitlets.Dict({**_TEXTS}).tag(sync=True)


def build_items(found: pd.DataFrame) -> list[FindingItem]:
    """Build the items of the list; a finding without a range cannot be clicked."""
    return [
        {
            "mark": SEVERITY_MARKS[row["severity"]],
            "severity": row["severity"],
            "rule": row["rule"],
            "sentence": row["sentence"],
            "advice": row["advice"],
            "has_range": bool(pd.notna(row["first_index"])),
        }
        for row in found.to_dict("records")
    ]


class ChangesetExplorer(ipywidgets.VBox):
    """Summary and findings of a timeline beside two charts and a table of one range.

    A click on a finding, or Enter, moves the range to it. The range is shown as code to copy, and in figures.

    Parameters
    ----------
    changesets
        The frame of :func:`imodels_nb.fetch_changesets`. It is not changed.
    named_versions, users, checkpoints, groups
        The frames of :func:`imodels_nb.fetch_named_versions`, :func:`imodels_nb.fetch_users`,
        :func:`imodels_nb.fetch_checkpoints` and :func:`imodels_nb.fetch_changeset_groups`. A rule that needs a missing
        one is not checked.
    now
        The time that ages are counted to, in UTC if it has no time zone. The default is the latest push.
    time_zone
        IANA name of the time zone of dates, working days, hours and the timeline.
    index_range, time_range
        The range to show at first: one of the two, as the attribute takes it.
    changes
        Frame of :func:`imodels_nb.read_changes` with ``detail="elements"``, or None. With it, there is a chart of
        changes to elements, and a search that shows the life of an element.

    Attributes
    ----------
    index_range : tuple of int
        First and last changeset index shown, both inclusive. Settable and observable. It takes indexes, dates and names
        of versions, as a pair or a slice: ``(100, 300)``, ``("2025-03", "2025-04-15")``,
        ``slice("Review 12", None)``, or ``"March 2025"``.
    time_range : tuple of Timestamp
        Times of the first and the last push in the range; settable with dates.
    timeline : PushTimeline
        The upper chart.
    sizes : FileSizes
        The lower chart.
    table : ChangesetTable
        The changesets of the range, below the charts.
    changes : ElementChanges or None
        The chart of changes to elements.

    Raises
    ------
    TypeError, ValueError
        If an argument is invalid; the message names it.

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
        index_range: Any = None,
        time_range: Any = None,
        changes: pd.DataFrame | None = None,
    ) -> None:
        timeline_data = TimelineData.from_frames(
            changesets, named_versions, users, checkpoints, groups=groups, now=now, time_zone=time_zone
        )
        self._findings = find_all(timeline_data)
        self._summary = ipywidgets.HTML(build_summary(timeline_data, self._findings)._repr_html_())
        self.timeline = PushTimeline(
            changesets, named_versions, time_zone=time_zone, index_range=index_range, time_range=time_range
        )
        self.range_parser = self.timeline.range_parser
        self.sizes = FileSizes(
            changesets, named_versions, time_zone=time_zone, index_range=self.timeline.index_range, overview=False
        )
        self.sizes.share_slider(self.timeline)
        self.table = ChangesetTable(self.timeline, users, changes=changes)
        self.changes = None if changes is None else self._build_changes(changes)
        self._list = FindingList(items=build_items(self._findings))
        self._text, self._copy = ipywidgets.HTML(), CopyButton()
        super().__init__([self._summary, self._build_selection(), self._build_body()], layout={"width": "100%"})
        self.add_class("imodels-explorer")
        self._list.on_msg(self._handle_click)
        self.observe(self._show_range, "index_range")
        link_ranges(self.timeline, self.sizes, self, *([self.changes] if self.changes else []))
        self._show_range(None)

    @property
    def findings(self) -> pd.DataFrame:
        """Findings of the timeline, as :func:`imodels_nb.findings` returns them."""
        return self._findings

    @property
    def changesets(self) -> pd.DataFrame:
        """The changesets frame, as it was given."""
        return self.timeline.changesets

    @property
    def time_range(self) -> tuple[pd.Timestamp, pd.Timestamp] | None:
        """Times of the first and the last push in the range; None if it has no changesets."""
        return self.timeline.time_range

    @time_range.setter
    def time_range(self, value: Any) -> None:
        self.timeline.time_range = value

    @property
    def selected(self) -> pd.DataFrame:
        """The changesets of the range, ascending: a copy."""
        return self.timeline.selected

    def show(self, finding: int) -> None:
        """Show a finding by its row in :attr:`findings`, if it has a range.

        Raises
        ------
        TypeError, IndexError
            If `finding` is not a whole number, or there is no such row.
        """
        ranges = self._list_ranges()
        try:
            row = operator.index(finding)
        except TypeError:
            raise TypeError(f"finding should be a row number of explorer.findings, not {finding!r}.") from None
        if not 0 <= row < len(ranges):
            raise IndexError(f"There is no finding {row}; explorer.findings has {len(ranges)} rows, counted from 0.")
        if (found := ranges[row]) is not None:
            self.index_range = found

    def close(self) -> None:
        """Close the explorer with all its parts."""
        for name in ("timeline", "sizes", "changes", "_search", "table", "_list", "_text", "_copy", "_summary"):
            if (part := getattr(self, name, None)) is not None:  # a widget whose arguments were invalid has no parts
                part.close()
        super().close()

    @traitlets.validate("index_range")
    def _validate_index_range(self, proposal: Any) -> IndexRange:
        return self.timeline.clamp(proposal["value"])

    def _build_changes(self, changes: pd.DataFrame) -> ElementChanges:
        """Build the chart of changes to elements, and the search below it."""
        named = self.timeline.named_versions
        chart = ElementChanges(
            changes,
            self.timeline.changesets,
            named,
            time_zone=self.timeline.time_zone,
            index_range=self.timeline.index_range,
            overview=False,
        )
        chart.share_slider(self.timeline)
        self._search = ElementSearch(changes, self.timeline.changesets)
        return chart

    def _build_selection(self) -> ipywidgets.HBox:
        line = ipywidgets.HBox([self._text, self._copy])
        line.add_class("imodels-explorer-selection")
        return line

    def _build_body(self) -> ipywidgets.HBox:
        changes = [self.changes, self._search] if self.changes else []
        side = ipywidgets.VBox([self._list])
        charts = ipywidgets.VBox([self.timeline, self.sizes, *changes, self.table])
        side.add_class("imodels-explorer-side")
        charts.add_class("imodels-explorer-charts")
        body = ipywidgets.HBox([side, charts])
        body.add_class("imodels-explorer-body")
        return body

    def _list_ranges(self) -> list[IndexRange | None]:
        ends = self._findings[["first_index", "last_index"]].itertuples(index=False)
        return [None if pd.isna(first) else (int(first), int(last)) for first, last in ends]

    def _handle_click(self, _list: FindingList, message: dict[str, Any], _buffers: Any) -> None:
        self.show(int(message["show"]))

    def _show_range(self, _change: Any) -> None:
        first, last = self.index_range
        code = self._build_code(first, last)
        line = f"<code>{escape(code)}</code><br>" if code else ""
        self._text.value = f"{line}{escape(self.timeline.describe(self.index_range))}"
        self._copy.text = code
        self._copy.layout.display = None if code else "none"
        ranges = self._list_ranges()
        self._list.shown = ranges.index(self.index_range) if self.index_range in ranges else -1

    def _build_code(self, first: int, last: int) -> str:
        """Build code that selects the range; "" if no variable has the changesets."""
        names = {"": self.changesets, ".changesets": self}
        found = ((find_name(value), attribute) for attribute, value in names.items())
        frame = next((f"{name}{attribute}" for name, attribute in found if name), None)
        if frame is None:
            return ""
        return f"{frame}.loc[{first}:{last}]  # after_index={max(first - 1, 0)}, last_index={last}"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """Add findings and charts, for a page without a kernel or without widgets."""
        self._show_range(None)  # by now the explorer may have a name
        bundle = super()._repr_mimebundle_(**kwargs)
        lines = [f"{item['mark']} {item['severity']}: {item['sentence']}" for item in self._list.items]
        items = "".join(f"<li>{escape(line)}</li>" for line in lines)
        pages = [chart._repr_mimebundle_(**kwargs)["text/html"] for chart in (self.timeline, self.sizes)]
        body = f"{self._summary.value}<ul>{items}</ul>{''.join(pages)}"
        html = f"<div class='imodels-nb-picture-{self.timeline.picture_id}'>{body}</div>"
        return bundle | {"text/plain": "\n".join(lines), "text/html": html}

    def _ipython_display_(self, **kwargs: Any) -> None:
        """Show findings and pictures, and the widget, which hides them."""
        display_with_picture(self._repr_mimebundle_(**kwargs))
