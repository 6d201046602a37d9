"""A chart over a range of changesets, and the slider that chooses the range."""

import operator
from typing import Any, ClassVar

import ipywidgets
import pandas as pd
import traitlets

from imodels_nb.aggregate import IndexRange, Ledger
from imodels_nb.charts import (
    FILE_SIZES,
    PUSH_TIMELINE,
    THEMES,
    Subject,
    config,
    live,
    milestones,
    standalone,
    with_values,
)
from imodels_nb.charts.words import TO
from imodels_nb.quantities import bytes_text
from imodels_nb.widgets.canvas import Canvas, rows_of, shared_engine
from imodels_nb.widgets.fallback import page_element


class RangeChart(ipywidgets.VBox):
    """A chart of a range of changesets, with a slider over the changeset index.

    Parameters
    ----------
    changesets
        A frame as :func:`imodels_nb.fetch_changesets` gives it; it is not changed.
    named_versions
        A frame as :func:`imodels_nb.fetch_named_versions` gives it, drawn as labelled rules; hidden ones are left out.

    Attributes
    ----------
    index_range : tuple of int
        First and last changeset index shown, both inclusive. Settable and observable: an end beyond the frame moves to
        its edge; anything but two whole numbers in order is refused with a ``TraitError``.
    slider : ipywidgets.IntRangeSlider
        The slider, in step with `index_range`.

    Raises
    ------
    ValueError
        If a frame lacks a column that is needed; the message names it.
    """

    index_range = traitlets.Tuple()
    _subject: ClassVar[Subject]

    def __init__(self, changesets: pd.DataFrame, named_versions: pd.DataFrame | None = None) -> None:
        self._changesets, self._named_versions = changesets, named_versions
        self._ledger = Ledger.of(changesets)
        self._milestones = milestones(self._ledger, named_versions)
        self._standalone = standalone(self._subject, self._ledger, self._milestones).to_dict(validate=False)
        self.slider = _slider(self._ledger)
        self._words = ipywidgets.Label()
        self._canvas = Canvas(
            engine=shared_engine(), spec=live(self._standalone), themes={name: config(name) for name in THEMES}
        )
        row = ipywidgets.HBox([self.slider, self._words], layout={"flex_flow": "row wrap", "align_items": "center"})
        super().__init__([row, self._canvas], layout={"width": "100%"})
        self.add_class("imodels-nb-range")
        self.slider.observe(self._follow_slider, "value")
        self.observe(self._draw, "index_range")
        self.index_range = self._ledger.bounds

    @property
    def changesets(self) -> pd.DataFrame:
        """The changesets frame, as it was given."""
        return self._changesets

    @property
    def named_versions(self) -> pd.DataFrame | None:
        """The named versions frame, as it was given."""
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

    @traitlets.validate("index_range")
    def _clamp(self, proposal: Any) -> IndexRange:
        first, last = _whole_numbers(proposal["value"])
        if first > last:
            raise traitlets.TraitError(f"index_range must be (first, last), the smaller first, not ({first}, {last}).")
        low, high = self._ledger.bounds
        return min(max(first, low), high), min(max(last, low), high)

    def _follow_slider(self, change: Any) -> None:
        self.index_range = change["new"]

    def _draw(self, _change: Any) -> None:
        window = self._ledger.window(self.index_range)
        figures = _figures(self.index_range, window)
        self.slider.value = self.index_range
        self._words.value = figures
        self._canvas.picture = {
            "first": self.index_range[0],
            "last": self.index_range[1],
            "uploaded": int(window.uploaded.sum()),
            "label": f"{self._subject.title}: {figures}",
            "rows": rows_of(self._subject.detail(window)),
        }

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """Add words and a picture to the widget, for a page that has no kernel or no widgets."""
        bundle = super()._repr_mimebundle_(**kwargs)
        label = self._canvas.picture["label"]
        ends = dict(zip(("first", "last"), self.index_range, strict=True))
        rows = self._subject.detail(self._ledger.window(self.index_range))
        drawn = with_values(self._canvas.spec, told=True, **ends)
        still = drawn | {"datasets": {"cells": rows.to_dict("records")}, "config": config("light")}
        element = page_element(still, with_values(self._standalone, **ends), label)
        return bundle | {"text/plain": label, "text/html": element}


class PushTimeline(RangeChart):
    """When changesets were pushed, and of which kind, with a slider over the changeset index.

    See :func:`imodels_nb.charts.push_timeline` for what is drawn, and :class:`RangeChart` for the rest.
    """

    _subject = PUSH_TIMELINE


class FileSizes(RangeChart):
    """How large the files of changesets are, with a slider over the changeset index.

    See :func:`imodels_nb.charts.file_sizes` for what is drawn, and :class:`RangeChart` for the rest.
    """

    _subject = FILE_SIZES


def _slider(ledger: Ledger) -> ipywidgets.IntRangeSlider:
    low, high = ledger.bounds
    return ipywidgets.IntRangeSlider(
        value=(low, high),
        min=low,
        max=high,
        description="Changesets",
        disabled=low == high,
        readout=False,
        layout={"width": "auto", "flex": "1 1 320px", "max_width": "720px"},
    )


def _whole_numbers(value: Any) -> tuple[int, int]:
    try:
        first, last = (_whole_number(end) for end in value)
    except (TypeError, ValueError):
        raise traitlets.TraitError(f"index_range must be two whole numbers (first, last), not {value!r}.") from None
    return first, last


def _whole_number(value: Any) -> int:
    if isinstance(value, bool):
        raise TypeError  # an int by inheritance, but nobody means it
    return operator.index(value)


def _figures(index_range: IndexRange, window: Ledger) -> str:
    first, last = index_range
    if not last:
        return "no changesets"
    where = f"changesets {first:,}{TO}{last:,}" if first < last else f"changeset {first:,}"
    uploaded, size = int(window.uploaded.sum()), int(window.size[window.uploaded].sum())
    waiting = f" · {len(window) - uploaded:,} waiting for file" if len(window) > uploaded else ""
    return f"{where} · {uploaded:,} uploaded · {bytes_text(size)}{waiting}"
