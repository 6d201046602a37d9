"""The charts of a report: pictures that a page without a kernel can wake, light and dark."""

from typing import Any

import pandas as pd
from markupsafe import Markup

from imodels_nb.aggregate import Ledger
from imodels_nb.charts import (
    THEMES,
    Subject,
    config,
    face,
    file_sizes_subject,
    milestones,
    pushes_subject,
    standalone,
)
from imodels_nb.engine import page_element


def charts_of(ledger: Ledger, named_versions: pd.DataFrame | None, time_zone: str) -> dict[str, dict[str, Any]]:
    """Give what a page mounts of each chart over all changesets.

    Parameters
    ----------
    ledger
        All changesets.
    named_versions
        The named versions frame.
    time_zone
        That of the ledger.

    Returns
    -------
    dict
        ``pushes`` and ``sizes``, as :func:`imodels_nb.charts.face` gives them, with a theme for light and one for dark
        pages.
    """
    subjects = {"pushes": pushes_subject(time_zone), "sizes": file_sizes_subject(time_zone=time_zone)}
    return {name: _chart_face(subject, ledger, named_versions) for name, subject in subjects.items()}


def _chart_face(subject: Subject, ledger: Ledger, named_versions: pd.DataFrame | None) -> dict[str, Any]:
    spec = standalone(subject, ledger, milestones(ledger, named_versions)).to_dict(validate=False)
    themes: dict[str, Any] = {name: config(name) for name in THEMES}
    return face(subject, ledger, spec, index_range=ledger.bounds, themes=themes)


def chart_element(mounted: dict[str, Any]) -> Markup:
    """Give the HTML element of a chart: its picture, and all that wakes it."""
    chart = {name: part for name, part in mounted.items() if name not in {"label", "picture"}}
    element = page_element(mounted["picture"], chart, mounted["label"])
    return Markup(element)  # noqa: S704  # the engine escapes what it puts in
