"""Rendering of a report as one HTML page that may load nothing."""

import hashlib
import re
from base64 import b64encode
from importlib.resources import files
from typing import Any, NamedTuple

import pandas as pd
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from imodels_nb import engine
from imodels_nb.aggregate import ChangesetColumns
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
from imodels_nb.report.content import ReportContent

_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, characters that change the direction of text, and single surrogates."""

_UNBREAKABLE = re.compile(r"(\b(?:\d{4}-\d\d-\d\d|person-[0-9a-f]{8})\b)")


class Page(NamedTuple):
    """A page, and the same page without the engine, which contains no user text."""

    text: str
    without_engine: str


def build_charts(
    ledger: ChangesetColumns, named_versions: pd.DataFrame | None, time_zone: str
) -> dict[str, dict[str, Any]]:
    """Build the charts over all changesets, for light and for dark pages.

    Parameters
    ----------
    ledger
        All changesets.
    named_versions
        The named versions frame.
    time_zone
        Time zone of the axes.
    """
    subjects = {"pushes": pushes_subject(time_zone), "sizes": file_sizes_subject(time_zone=time_zone)}
    return {name: _build_chart(subject, ledger, named_versions) for name, subject in subjects.items()}


def _build_chart(subject: Subject, ledger: ChangesetColumns, named_versions: pd.DataFrame | None) -> dict[str, Any]:
    spec = standalone(subject, ledger, milestones(ledger, named_versions)).to_dict(validate=False)
    themes: dict[str, Any] = {name: config(name) for name in THEMES}
    return face(subject, ledger, spec, index_range=ledger.bounds, themes=themes)


def render_html(content: ReportContent, charts: dict[str, dict[str, Any]]) -> Page:
    """Render a report.

    Every text is escaped, and an unsafe character is shown by its number. The content security policy of the page
    allows two scripts by their digests. It forbids everything else and every connection.
    """
    script = _read_file("report.js")
    environment = Environment(autoescape=True, undefined=StrictUndefined, finalize=_show_unsafe)
    environment.filters["unbreakable"] = _mark_unbreakable
    environment.trim_blocks = environment.lstrip_blocks = True
    packed_engine = b64encode(engine.compress_engine()).decode()
    page: str = environment.from_string(_read_file("report.html")).render(
        report=content,
        charts={name: _render_chart(chart) for name, chart in charts.items()},
        labels={name: chart["label"] for name, chart in charts.items()},
        style=Markup(_read_file("report.css")),  # noqa: S704  # our own file
        script=Markup(script),  # noqa: S704  # our own file
        engine=packed_engine,
        digests=[_compute_digest(script), _compute_digest(engine.bundle_engine())],
    )
    return Page(page, page.replace(packed_engine, ""))


def _render_chart(chart: dict[str, Any]) -> Markup:
    """Return the HTML element of a chart: its picture, and the data that make it live."""
    payload = {name: part for name, part in chart.items() if name not in {"label", "picture"}}
    element = engine.render_chart_element(chart["picture"], payload, chart["label"])
    return Markup(element)  # noqa: S704  # the engine escapes its input


def _read_file(name: str) -> str:
    return (files("imodels_nb.report") / name).read_text(encoding="utf-8")


def _compute_digest(script: str) -> str:
    return b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _mark_unbreakable(text: str) -> Markup:
    """Return a text in which dates and pseudonyms are not broken at the end of a line."""
    parts = _UNBREAKABLE.split(_show_unsafe(text))
    marked = [
        Markup('<span class="unbreakable">{}</span>').format(part) if odd % 2 else escape(part)
        for odd, part in enumerate(parts)
    ]
    return Markup("").join(marked)


def _show_unsafe(value: Any) -> Any:
    """Return a text with each unsafe character as its number; markup stays as it is."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return _UNSAFE.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", value)
