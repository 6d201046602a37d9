"""Styles of a table with pages, and texts of the buttons that turn them."""

from pathlib import Path
from typing import TypedDict

from imodels_nb.charts import format_css_variables

_FOLDER = Path(__file__).parent


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


def read_table_styles(file_name: str) -> str:
    """Read the styles of a table: those of all tables, then its own."""
    colors = f".imodels-paged-table {{ {format_css_variables('light', 'accent', prefix='--chart-')} }}\n"
    return colors + "".join((_FOLDER / name).read_text(encoding="utf-8") for name in ("table.css", file_name))
