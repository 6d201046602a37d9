"""Texts of the buttons that turn the pages of a list."""

from typing import TypedDict


class PagerTexts(TypedDict):
    """Texts of the buttons; ``PagerTexts`` in ``pager.js``."""

    name: str
    first: str
    before: str
    next: str
    last: str
    page: str


PAGER_TEXTS: PagerTexts = {
    "name": "Pages",
    "first": "First page",
    "before": "Page before",
    "next": "Next page",
    "last": "Last page",
    "page": "Page {page} of {pages}",
}
