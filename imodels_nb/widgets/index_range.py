"""Trait of an index range, and the link of several charts to one range."""

from collections.abc import Callable
from typing import Any

import ipywidgets
import traitlets

from imodels_nb.aggregate import IndexRange, parse_index_range
from imodels_nb.aggregate.range_parser import RangeParser


class IndexRangeTypeError(traitlets.TraitError, TypeError):
    """Raised if `index_range` is not a pair of whole numbers."""


class IndexRangeValueError(traitlets.TraitError, ValueError):
    """Raised if `index_range` is not one first and one last index, in order."""


class IndexRangeTrait(traitlets.TraitType[IndexRange, Any]):
    """A trait that holds a first and a last index."""

    default_value = (0, 0)

    def validate(self, obj: Any, value: Any) -> IndexRange:
        """Validate a range; its errors are ``TraitError``, too."""
        parser = getattr(obj, "range_parser", None)
        try:
            return parser.parse(value) if isinstance(parser, RangeParser) else parse_index_range(value)
        except TypeError as error:
            raise IndexRangeTypeError(str(error)) from None
        except ValueError as error:
            raise IndexRangeValueError(str(error)) from None


class _RangeLink:
    """Sets the range of one widget on all others."""

    def __init__(self, widgets: tuple[Any, ...]) -> None:
        self._widgets = widgets
        self._is_updating = False

    def on_change(self, change: Any) -> None:
        if self._is_updating:
            return
        self._is_updating = True
        try:
            for widget in self._widgets:
                if widget is not change["owner"]:
                    widget.index_range = change["new"]
        finally:
            self._is_updating = False

    def unlink(self) -> None:
        for widget in self._widgets:
            widget.unobserve(self.on_change, "index_range")


def link_ranges(*widgets: ipywidgets.Widget) -> Callable[[], None]:
    """Link the ranges of several charts, so that all show the same.

    Parameters
    ----------
    *widgets
        Charts, or other widgets with an observable `index_range`. All take that of the first one. A chart of fewer
        changesets shows the part of the range that it has, and does not change the others.

    Returns
    -------
    callable
        Call it to unlink the charts.

    Raises
    ------
    TypeError
        If one has no `index_range`, or there are fewer than two different ones.

    Examples
    --------
    >>> from imodels_nb import FileSizes, PushTimeline, sample
    >>> timeline, sizes = PushTimeline(sample.load_changesets()), FileSizes(sample.load_changesets())
    >>> unlink = link_ranges(timeline, sizes)
    >>> timeline.index_range = (100, 300)
    >>> sizes.index_range
    (100, 300)
    """
    for widget in widgets:
        if isinstance(widget, list | tuple):
            raise TypeError("link_ranges takes charts one by one; unpack a list of them, as in link_ranges(*charts).")
        if not (isinstance(widget, traitlets.HasTraits) and widget.has_trait("index_range")):
            raise TypeError(
                f"link_ranges takes charts such as PushTimeline and FileSizes, not {type(widget).__name__}."
            )
    if len({id(widget) for widget in widgets}) < 2:  # noqa: PLR2004  # a link has two ends
        raise TypeError("link_ranges needs two or more different charts, as in link_ranges(timeline, sizes).")
    link = _RangeLink(widgets)
    for widget in widgets[1:]:
        widget.index_range = widgets[0].index_range
    for widget in widgets:
        widget.observe(link.on_change, "index_range")
    return link.unlink
