"""The drawing surface of a range chart in the browser, and the engine that all surfaces of a page share."""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets
import pandas as pd
import traitlets

from imodels_nb import engine


class Engine(ipywidgets.Widget):
    """Carries Vega's JavaScript to a page, once for all charts of a kernel."""

    source = traitlets.Unicode().tag(sync=True)
    digest = traitlets.Unicode().tag(sync=True)


def shared_engine() -> Engine:
    """Return the one engine of this kernel, or a new one after somebody closed it."""
    held = _engine()
    if held.comm is None:
        _engine.cache_clear()
        held = _engine()
    return held


@lru_cache(maxsize=1)
def _engine() -> Engine:
    source = engine.source()
    return Engine(source=source, digest=hashlib.sha256(source.encode()).hexdigest())


class Canvas(anywidget.AnyWidget):
    """Draws the picture it holds. A new one replaces only rows and range; a late view draws the current one.

    Parameters
    ----------
    spec
        Vega-Lite specification without configuration, as :func:`imodels_nb.charts.live` gives it.
    themes
        Vega-Lite configuration by theme.
    picture
        ``first`` and ``last`` (the range), ``uploaded`` (how many changesets count), ``label`` (the figures in words)
        and ``rows`` (of the dataset ``cells``, see :func:`rows_of`).
    """

    _esm = Path(__file__).parent / "front.js"
    engine = traitlets.Instance(Engine).tag(sync=True, **ipywidgets.widget_serialization)
    spec = traitlets.Dict().tag(sync=True)
    themes = traitlets.Dict().tag(sync=True)
    picture = traitlets.Dict().tag(sync=True)


def rows_of(cells: pd.DataFrame) -> dict[str, Any]:
    """Return rows as columns, for the way to the browser; a column that holds one value throughout is that value.

    Of no rows at all, one is made that lies in no range: a chart of no rows would not even say that it is empty.
    """
    if cells.empty:
        return {"count": 1, "columns": {"first": -1, "last": -1}}
    plain = cells.astype(object).where(cells.notna(), None)  # JSON has no NaN
    columns = {str(name): values.tolist() for name, values in plain.items()}
    return {"count": len(cells), "columns": {name: _folded(values) for name, values in columns.items()}}


def _folded(values: list[Any]) -> Any:
    return values[0] if all(value == values[0] for value in values) else values
