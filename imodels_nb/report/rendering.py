"""Rendering of a report as one HTML page that may load nothing."""

import hashlib
import re
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup, escape

from imodels_nb import engine
from imodels_nb.aggregate import ChangesetColumns
from imodels_nb.charts import (
    THEMES,
    ChartDefinition,
    FileSizesDefinition,
    PagePayload,
    PushTimelineDefinition,
    build_page_payload,
    build_standalone_chart,
    build_theme_config,
    build_version_marks,
    format_css_variables,
    render_page_payload,
)
from imodels_nb.insights import BoardContent, render_board
from imodels_nb.report.content import ReportContent

_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, characters that change the direction of text, and single surrogates."""

_FOLDER = Path(__file__).parent
_UNBREAKABLE = re.compile(r"(\b(?:\d{4}-\d\d-\d\d|\d{1,2} [A-Z][a-z]{2,8} \d{4}|person-[0-9a-f]{8})\b)")


class RenderedReport(NamedTuple):
    """The page of a report, and the same without the engine, which has no user text."""

    text: str
    without_engine: str


def build_charts(
    data: ChangesetColumns, named_versions: pd.DataFrame | None, time_zone: str, changesets: pd.DataFrame
) -> dict[str, PagePayload]:
    """Build the charts over all changesets, for light and for dark pages.

    Parameters
    ----------
    data
        All changesets.
    named_versions
        The named versions frame.
    time_zone
        Time zone of the axes.
    changesets
        The changesets frame, for the names of people if it has them.
    """
    definitions: dict[str, ChartDefinition] = {
        "pushes": PushTimelineDefinition(time_zone),
        "sizes": FileSizesDefinition(time_zone=time_zone),
    }
    versions = build_version_marks(data, named_versions, changesets)
    return {name: _build_chart(definition, data, versions) for name, definition in definitions.items()}


def _build_chart(definition: ChartDefinition, data: ChangesetColumns, versions: pd.DataFrame) -> PagePayload:
    chart = build_standalone_chart(definition, data, versions)
    themes: dict[str, Any] = {name: build_theme_config(name) for name in THEMES}
    spec = chart.to_dict(validate=False)
    return build_page_payload(definition, data, spec, versions, index_range=data.bounds, themes=themes)


def render_html(content: ReportContent, charts: dict[str, PagePayload]) -> RenderedReport:
    """Render a report.

    Every text is escaped, and an unsafe character is shown by its number. The content security policy of the page
    allows two scripts by their digests. It forbids everything else and every connection.
    """
    script = engine.bundle_modules(_FOLDER / "report.js")
    packed_engine = b64encode(engine.compress_engine()).decode()
    page: str = _load_template("report.html").render(
        report=content,
        charts={
            name: Markup(render_page_payload(chart))  # noqa: S704  # the engine escapes its input
            for name, chart in charts.items()
        },
        labels={name: chart["label"] for name, chart in charts.items()},
        style=Markup(_build_style()),  # noqa: S704  # our own file
        script=Markup(script),  # noqa: S704  # our own file
        engine=packed_engine,
        digests=[_compute_digest(script), _compute_digest(engine.bundle_engine())],
    )
    return RenderedReport(page, page.replace(packed_engine, ""))


def render_portfolio_page(content: Mapping[str, Any], board: BoardContent) -> str:
    """Render the page of many iModels, which has no script.

    Parameters
    ----------
    content
        Texts of the page. Every text is escaped, and an unsafe character is shown by its number.
    board
        Content of the table, which :func:`render_board` escapes.
    """
    table = Markup(render_board(board))  # noqa: S704  # it escapes its input
    page: str = _load_template("portfolio.html").render(page=content, board=table, style=Markup(_build_style()))  # noqa: S704
    return page


def _load_template(name: str) -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, finalize=_escape_unsafe)
    environment.filters["unbreakable"] = _mark_unbreakable
    environment.trim_blocks = True
    environment.lstrip_blocks = True
    return environment.from_string(_read_file(name))


def _build_style() -> str:
    """Build the style sheet: the colors of the charts, and our own file."""
    light, dark = (format_css_variables(theme, "paper", "ink", "quiet", "accent") for theme in THEMES)
    palette = f":root {{ {light} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"
    return palette + _read_file("report.css")


def _read_file(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _compute_digest(script: str) -> str:
    return b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _mark_unbreakable(text: str) -> Markup:
    """Return a text in which dates and pseudonyms are not broken at the end of a line."""
    parts = _UNBREAKABLE.split(_escape_unsafe(text))
    marked = [
        Markup('<span class="unbreakable">{}</span>').format(part) if odd % 2 else escape(part)
        for odd, part in enumerate(parts)
    ]
    return Markup("").join(marked)


def _escape_unsafe(value: Any) -> Any:
    """Return a text with each unsafe character as its number. Markup stays unchanged."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return _UNSAFE.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", value)
