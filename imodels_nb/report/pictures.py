"""The charts of a report: pictures that a page without a kernel can wake, light and dark."""

from typing import Any

import pandas as pd
from markupsafe import Markup

from imodels_nb.aggregate import Ledger, packed
from imodels_nb.charts import THEMES, Subject, config, face, milestones, standalone
from imodels_nb.engine import page_element

_COLUMNS = 16_384


def chart_face(subject: Subject, ledger: Ledger, named_versions: pd.DataFrame | None) -> dict[str, Any]:
    """Give what a page mounts of a chart over all changesets.

    Parameters
    ----------
    subject
        What the chart is about.
    ledger
        All changesets.
    named_versions
        The named versions frame.

    Returns
    -------
    dict
        As :func:`imodels_nb.charts.face` gives it, with a theme for light and one for dark pages.
    """
    spec = standalone(subject, ledger, milestones(ledger, named_versions)).to_dict(validate=False)
    themes: dict[str, Any] = {name: config(name) for name in THEMES}
    grid = packed(subject.grid(ledger, _COLUMNS))
    return face(subject, ledger, spec, index_range=ledger.bounds, themes=themes, grid=grid)


def chart_element(mounted: dict[str, Any]) -> Markup:
    """Give the HTML element of a chart: its picture, and all that wakes it."""
    chart = {name: part for name, part in mounted.items() if name not in {"label", "picture"}}
    element = page_element(mounted["picture"], chart, mounted["label"])
    return Markup(element)  # noqa: S704  # the engine escapes what it puts in
