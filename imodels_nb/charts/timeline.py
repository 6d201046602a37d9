"""Pushes over time: bars or lanes in calendar-aligned bins, and above them how they add up."""

from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import altair as alt
import pandas as pd

from imodels_nb.aggregate import (
    LABELS,
    WAITING,
    ChangesetColumns,
    IndexRange,
    Lanes,
    PushGrid,
    build_push_grid,
    count_push_cells,
    pushes_in_range,
    with_lanes,
)
from imodels_nb.charts.bars import bars, growth
from imodels_nb.charts.bins import BINS, IS_WAITING, bin_caption, placed, stepped, time_axis
from imodels_nb.charts.faces import Subject, standalone
from imodels_nb.charts.lanes import PITCH, lane_marks, lane_totals
from imodels_nb.charts.milestones import milestone_layer, milestones
from imodels_nb.charts.parts import LIMITS, caption, heading, marked
from imodels_nb.charts.theme import Theme
from imodels_nb.charts.ticks import ROOM, changeset_ticks, waiting_marks

LaneChoice = Literal["kind", "creator", "creator_name"]

_CELLS = 1_000
_SINGLE = LIMITS["max_ticks"]
_GROWTH, _TOP, _BARS = (90, 16), 124, 186


def push_timeline(
    changesets: pd.DataFrame,
    named_versions: pd.DataFrame | None = None,
    *,
    lanes: LaneChoice | None = None,
    time_zone: str = "UTC",
    theme: Theme = "light",
) -> Any:
    """Draw when changesets were pushed: a chart that stands alone, with sliders that need no kernel.

    Time runs along x, as the clocks of a time zone show it; the overview below, or the two sliders of the
    specification, choose a range of changeset indices. The chart holds counts on a grid of at most 1,000 index cells,
    so that its size does not grow with the number of changesets. It draws the whole cells inside the range exactly, and
    its first line says which those are. A page also draws each changeset by itself where no more than 300 are in range
    and the grid is fine enough.

    Parameters
    ----------
    changesets
        The changesets frame; only uploaded ones count, those waiting for their file are marked apart.
    named_versions
        The named versions frame, drawn as labelled rules. Left out are hidden ones, and those of a changeset that is
        not in the changesets frame: the baseline (index 0), too.
    lanes
        By default bars, in which each changeset counts once, under the first of its kinds. ``"kind"``: a lane for each
        kind, and a changeset of several kinds stands in each of theirs, so that lanes add up to more than there are
        changesets. ``"creator"``: a lane for each of the eight accounts that pushed most, and one for all others,
        called by their pseudonyms. ``"creator_name"``: the same by name, from the column that
        :func:`imodels_nb.with_creator_names` adds; the chart then carries these names wherever it is saved.
    time_zone
        IANA name of the time zone of axis, bins and tooltips. A bin of a day is a day there, of 23 or 25 hours when
        the clocks change; an hour that comes twice is one bin.
    theme
        ``light`` or ``dark``.

    Returns
    -------
    OfflineChart
        An Altair chart, for example to ``.save("timeline.html")``: the page holds the engine and a grid of at most
        16,384 cells, and needs no internet. For no changesets at all, it says so.

    Raises
    ------
    TypeError
        If a frame is none.
    ValueError
        If a frame lacks a column that is needed or one holds what makes no sense; the message names it. If there are no
        such lanes, or no such time zone.

    Examples
    --------
    >>> changesets = sample.load_changesets()
    >>> push_timeline(changesets, lanes="kind", time_zone="Europe/Berlin").to_dict()["title"]["subtitle"]
    'A changeset of several kinds stands in the lane of each'
    """
    ledger, subject = push_timeline_subject(changesets, lanes=lanes, time_zone=time_zone)
    return standalone(subject, ledger, milestones(ledger, named_versions), theme=theme)


def push_timeline_subject(
    changesets: pd.DataFrame, *, lanes: LaneChoice | None = None, time_zone: str = "UTC"
) -> tuple[ChangesetColumns, Subject]:
    """Return the ledger as the timeline counts it, and what the chart is about; arguments are those of the chart."""
    ledger = ChangesetColumns.from_frame(changesets, time_zone)
    if lanes is None:
        return ledger, pushes_subject(time_zone)
    ledger, known = with_lanes(ledger, changesets, lanes)
    return ledger, _subject(_Design(known, time_zone))


def pushes_subject(time_zone: str = "UTC") -> Subject:
    """Return what the chart without lanes is about; its ledger has this time zone."""
    return _subject(_Design(None, time_zone))


@dataclass(frozen=True)
class _Design:
    """What a timeline shows, and where: bars, or lanes."""

    lanes: Lanes | None
    time_zone: str

    @property
    def bottom(self) -> int:
        return _TOP + (PITCH * len(self.lanes.labels) if self.lanes else _BARS)

    @property
    def subtitle(self) -> str:
        if self.lanes is None:
            return "Each changeset counts once, under the first of its kinds in legend order"
        by_kind = "A changeset of several kinds stands in the lane of each"
        return by_kind if self.lanes.by == "kind" else "A lane for each who pushed, those who pushed most on top"

    @property
    def fewer(self) -> int:
        """By what to divide the cells of a grid, so that many sets of lanes make it no larger."""
        return 1 + len(self.lanes.members) // len(LABELS) if self.lanes else 1

    def layers(self, ledger: ChangesetColumns, shown: pd.DataFrame) -> list[alt.Chart | alt.LayerChart]:
        waits = not ledger.uploaded.all()
        return [
            time_axis(self.bottom, drop=ROOM * (1 + waits), time_zone=self.time_zone),
            # with nothing uploaded there is no kind, and a colour scale of no kinds would break the whole chart
            *(self._counts(ledger) if ledger.uploaded.any() else []),
            changeset_ticks(self.bottom, self.time_zone),
            *([waiting_marks(self.bottom + ROOM, self.time_zone)] if waits else []),
            *([milestone_layer(shown, placed("time:T"), self.time_zone)] if len(shown) else []),
            heading(
                marked(),
                f"{IS_WAITING} ? 0 : datum.count",
                f"{IS_WAITING} ? datum.count : 0",
                above=38 if len(shown) else 16,
                middle=(_TOP + self.bottom) // 2,
            ),
            caption("Uploaded so far in this range", _GROWTH[1] - 8),
            bin_caption(_TOP - 10, " · the taller a mark, the more (log scale)" if self.lanes else ""),
        ]

    def _counts(self, ledger: ChangesetColumns) -> list[alt.Chart | alt.LayerChart]:
        if self.lanes:
            counts, totals = lane_marks(self.lanes, _TOP, self.time_zone), [lane_totals(self.lanes, _TOP)]
        else:
            labels = [LABELS[code] for code in sorted(set(ledger.code.tolist())) if LABELS[code] != WAITING]
            counts, totals = bars(labels, (self.bottom, _TOP), self.time_zone), []
        return [alt.layer(counts, growth(_GROWTH), *totals).resolve_scale(y="independent")]

    def overview(self, ledger: ChangesetColumns) -> pd.DataFrame:
        return count_push_cells(ledger, max_cells=_CELLS // self.fewer, max_bins=_CELLS // self.fewer)

    def grid(self, ledger: ChangesetColumns, columns: int) -> PushGrid:
        return build_push_grid(ledger, max_cells=columns // self.fewer, max_bins=2_048 // self.fewer)


def _detail(ledger: ChangesetColumns, grid: PushGrid, index_range: IndexRange) -> PushGrid:
    window = ledger.select_range(index_range)
    if len(window) <= _SINGLE:
        return build_push_grid(window, max_cells=_SINGLE, max_bins=BINS)
    return pushes_in_range(ledger, grid, index_range, max_bins=BINS)


def _subject(design: _Design) -> Subject:
    return Subject(
        title="Pushes over time",
        subtitle=design.subtitle,
        height=design.bottom,
        place="time",
        layers=design.layers,
        overview=design.overview,
        rows=partial(count_push_cells, max_cells=1, max_bins=BINS),
        kind="pushes",
        grid=design.grid,
        detail=_detail,
        brought=stepped,
    )
