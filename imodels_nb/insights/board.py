"""Board of many iModels: a table in HTML that sorts itself without a script."""

from collections.abc import Sequence
from html import escape
from importlib.resources import files
from typing import Any, TypedDict
from urllib.parse import quote

import numpy as np
import pandas as pd

from imodels_nb._format import format_bytes, format_count
from imodels_nb._timezones import parse_time_zone
from imodels_nb.errors import clean_text
from imodels_nb.frames import UPLOADED
from imodels_nb.insights.portfolio_data import PortfolioData
from imodels_nb.insights.rule import SEVERITY_MARKS

BINS = 48
"""Bars of the picture of an iModel's pushes."""

_HEIGHT = 20  # height of the picture in its own units; a bar is two wide
_COLOR = "#2f7fbf"  # has a contrast of 3:1 to white and to near-black
_HINT = "<span style='display:none'>Click a heading to sort.</span>"
_HEADINGS = {
    "name": ("iModel", "A to Z", "Z to A"),
    "last_push": ("Last push", "latest first", "oldest first"),
    "changesets": ("Changesets", "most first", "fewest first"),
    "bytes": ("Size", "largest first", "smallest first"),
    "people": ("People", "most first", "fewest first"),
    "versions": ("Versions", "most first", "fewest first"),
    "findings": ("Findings", "most severe first", "least severe first"),
}
"""Heading of each column that sorts, with the words of both directions."""


class BoardRow(TypedDict):
    """Texts of one iModel, and its rank in each column."""

    imodel_id: str
    name: str
    last_push: str
    changesets: str
    bytes: str
    people: str
    versions: str
    findings: str
    severity: str
    finding: str
    activity: list[int]
    ranks: dict[str, int]


class BoardFailure(TypedDict):
    """Texts of an iModel whose fetch failed."""

    imodel_id: str
    name: str
    error: str
    message: str


class BoardContent(TypedDict):
    """Content of a board as plain texts and numbers, before it is rendered."""

    heading: str
    period: str
    columns: list[str]
    rows: list[BoardRow]
    failures: list[BoardFailure]
    note: str


def build_board(data: PortfolioData, summary: pd.DataFrame) -> BoardContent:
    """Build the content of a board.

    Parameters
    ----------
    data
        The checked frames.
    summary
        Its rows, as :func:`summarize_portfolio` returns them.
    """
    is_judged = bool(summary["findings"].notna().all())
    has_versions = bool(summary["named_versions"].notna().any())
    hidden = {"findings": is_judged, "versions": has_versions}
    activity, period = _compute_activity(data)
    table = summary.assign(activity=pd.Series(activity, summary.index, dtype=object))
    table = table.sort_values("last_push_date_time", ascending=False, kind="stable")
    ranks = _rank_rows(table)
    return {
        "heading": format_size(data),
        "period": period,
        "columns": [name for name in _HEADINGS if hidden.get(name, True)],
        "rows": [
            _build_row(row, {name: int(rank[number]) for name, rank in ranks.items()}, data)
            for number, row in enumerate(table.itertuples())
        ],
        "failures": list_failures(data),
        "note": ""
        if is_judged
        else "Findings of so many changesets take a while: portfolio_summary(portfolio) computes them.",
    }


def _build_row(row: Any, ranks: dict[str, int], data: PortfolioData) -> BoardRow:
    is_empty = pd.isna(row.last_push_date_time)
    local = None if is_empty else row.last_push_date_time.tz_convert(parse_time_zone(data.time_zone))
    return {
        "imodel_id": str(row.Index),
        "name": "" if pd.isna(row.name) else row.name,
        "last_push": "never" if local is None else f"{local:%Y-%m-%d}",
        "changesets": f"{row.changesets:,}",
        "bytes": format_bytes(int(row.bytes)),
        "people": f"{row.people:,}",
        "versions": "-" if pd.isna(row.named_versions) else f"{row.named_versions:,}",
        "findings": "" if pd.isna(row.findings) else f"{row.findings:,}",
        "severity": "" if pd.isna(row.severity) else row.severity,
        "finding": "" if pd.isna(row.finding) else row.finding,
        "activity": row.activity,
        "ranks": ranks,
    }


def _rank_rows(table: pd.DataFrame) -> dict[str, Any]:
    """Return the rank of each row in each column; equal values share a rank."""
    severity = table["severity"].cat.codes.to_numpy(np.int64) * 1_000 + table["findings"].fillna(0).to_numpy(np.int64)
    names = [name.casefold() if isinstance(name, str) else f"\uffff{key}" for key, name in table["name"].items()]
    descending = {
        "last_push": table["last_push_date_time"].fillna(pd.Timestamp(0, tz="UTC")),
        "changesets": table["changesets"],
        "bytes": table["bytes"],
        "people": table["people"],
        "versions": table["named_versions"].fillna(-1),
        "findings": pd.Series(severity, table.index),
    }
    ranks = {
        name: values.rank(method="dense", ascending=False).to_numpy(np.int64) for name, values in descending.items()
    }
    return ranks | {"name": pd.Series(names, dtype="str").rank(method="dense").to_numpy(np.int64)}


def _compute_activity(data: PortfolioData) -> tuple[list[list[int]], str]:
    """Compute the pushes of each iModel in equal periods of the whole time."""
    seconds = data.changesets["push_date_time"].to_numpy("datetime64[s]").astype(np.int64)
    count = len(data.imodel_ids)
    if not len(seconds):
        return [[0] * BINS] * count, ""
    start, stop = int(seconds.min()), int(seconds.max()) + 1
    cells = data.rows * BINS + (seconds - start) * BINS // (stop - start)
    ends = [f"{pd.Timestamp(second, unit='s'):%b %Y}" for second in (start, stop - 1)]
    counts = np.bincount(cells, minlength=count * BINS).reshape(count, BINS)
    return counts.tolist(), " to ".join(dict.fromkeys(ends))


def format_size(data: PortfolioData) -> str:
    """Return the size of a portfolio as a sentence."""
    is_uploaded = (data.changesets["state"] == UPLOADED).to_numpy()
    size = int(data.changesets["file_size"].to_numpy()[is_uploaded].sum())
    failed = f" The fetch of {format_count(len(data.failures), 'iModel')} failed." if len(data.failures) else ""
    figures = f"{format_count(len(data.changesets), 'changeset')} with {format_bytes(size)}"
    return f"{format_count(len(data.imodel_ids), 'iModel')}: {figures}.{failed}"


def list_failures(data: PortfolioData) -> list[BoardFailure]:
    """Return the texts of each iModel whose fetch failed."""
    return [
        {
            "imodel_id": str(row["imodel_id"]),
            "name": data.names.get(str(row["imodel_id"]).lower(), ""),
            "error": str(row["error"]) if pd.isna(row["status_code"]) else f"{row['error']} ({row['status_code']})",
            "message": str(row["message"]),
        }
        for row in data.failures.reset_index().to_dict("records")
    ]


def render_board(content: BoardContent) -> str:
    """Render a board as HTML.

    Radio buttons in the headings select the order, and the style sheet orders the rows. So no script is needed. The
    form keeps the buttons of two boards in one document apart; its method does not leave the page. A notebook that is
    not trusted removes the style sheet, so everything that needs it is hidden until it is read.
    """
    if not content["rows"] and not content["failures"]:
        return f"<p>{_escape_html(content['heading'])}</p>"
    style = f"<style>{files(__package__).joinpath('board.css').read_text('utf-8')}{_build_order_rules()}</style>"
    note = f'<p class="board-note">{_escape_html(content["note"])}</p>' if content["note"] else ""
    return (
        f'<form class="imodels-nb-board" method="dialog">{style}'
        f'<p class="board-heading"><strong>{_escape_html(content["heading"])}</strong> {_HINT}</p>'
        f"{_render_table(content) if content['rows'] else ''}{note}{_render_failures(content['failures'])}</form>"
    )


def _build_order_rules() -> str:
    """Build the rules that order the rows by the checked radio button."""
    rule = '.imodels-nb-board:has([value="{name}"]:checked) tbody tr {{ order: {order} }}'
    names = [(name, f"var(--{name.replace('_', '-')})") for name in _HEADINGS]
    return "\n".join(
        f"{rule.format(name=name, order=rank)}\n{rule.format(name=f'{name}-reverse', order=f'calc(-1 * {rank})')}"
        for name, rank in names
    )


def _render_table(content: BoardContent) -> str:
    columns = content["columns"]
    widths = {"name": "minmax(240px, 1fr)", "findings": "minmax(16em, 2fr)"}
    tracks = [widths["name"], "auto", *(widths.get(name, "auto") for name in columns[1:])]
    headings = [_render_heading(name) for name in columns]
    period = f"<small>{_escape_html(content['period'])}</small>"
    headings.insert(1, f'<th role="columnheader" scope="col" class="board-activity">Activity {period}</th>')
    rows = "".join(_render_row(row, columns) for row in content["rows"])
    return (
        '<div class="board-scroll" role="region" aria-label="iModels" tabindex="0">'
        f'<table role="table" style="--board-columns: {" ".join(tracks)}">'
        f'<thead role="rowgroup"><tr role="row">{"".join(headings)}</tr></thead>'
        f'<tbody role="rowgroup">{rows}</tbody></table></div>'
    )


def _render_heading(name: str) -> str:
    heading, forward, backward = _HEADINGS[name]
    checked = " checked" if name == "last_push" else ""
    button = f'<input type="radio" style="display:none" name="sort" aria-label="Sort by {heading}'
    return (
        f'<th role="columnheader" scope="col" class="board-{name}"><span>{heading}</span>'
        f'{button}, {forward}" value="{name}"{checked}>{button}, {backward}" value="{name}-reverse"></th>'
    )


def _render_row(row: BoardRow, columns: Sequence[str]) -> str:
    ranks = "; ".join(f"--{name.replace('_', '-')}: {rank}" for name, rank in row["ranks"].items())
    key = f'<span class="board-id">{_escape_html(row["imodel_id"])}</span>'
    name = f"<bdi>{_escape_html(row['name'])}</bdi><br>{key}" if row["name"] else key
    cells = [f'<th role="rowheader" scope="row" class="board-name">{name}</th>', _render_activity(row["activity"])]
    texts: Any = row
    for column in columns[1:]:
        content = _render_finding(row) if column == "findings" else _escape_html(texts[column])
        cells.append(f'<td role="cell" class="board-{column}">{content}</td>')
    return f'<tr role="row" style="{ranks}">{"".join(cells)}</tr>'


def _render_finding(row: BoardRow) -> str:
    """Render the number of findings, and the first sentence in two lines."""
    if not row["severity"]:
        return '<span class="board-count">0</span>'
    mark = f'<span aria-hidden="true">{SEVERITY_MARKS[row["severity"]]}</span>'  # type: ignore[index]  # it is a severity
    count = f'<span class="board-count {row["severity"]}" title="{row["severity"]}">{mark} {row["findings"]}</span>'
    sentence = _escape_html(row["finding"])
    return f'{count} <span class="board-sentence" title="{sentence}">{sentence}</span>'


def _render_activity(counts: Sequence[int]) -> str:
    """Render the pushes over time as an image.

    A notebook that is not trusted shows no SVG element.
    """
    largest = max(counts, default=0) or 1
    heights = [(number, max(1, round(_HEIGHT * count / largest))) for number, count in enumerate(counts) if count]
    path = "".join(f"M{2 * number} {_HEIGHT}v-{height}h1.6v{height}z" for number, height in heights)
    svg = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {2 * BINS} {_HEIGHT}' preserveAspectRatio='none'>"
        f"<path d='{path}' fill='{_COLOR}'/></svg>"
    )
    label = f"{sum(counts):,} pushes over time, at most {max(counts, default=0):,} in one of {BINS} equal periods"
    url = "data:image/svg+xml," + quote(svg, safe=" =:/'")
    image = f'<img width="120" height="26" alt="{label}" title="{label}" src="{url}">'
    return f'<td role="cell" class="board-activity">{image}</td>'


def _render_failures(failures: Sequence[BoardFailure]) -> str:
    if not failures:
        return ""
    items = "".join(
        f"<li><bdi>{_escape_html(failure['name'] or failure['imodel_id'])}</bdi>"
        f" <b>{_escape_html(failure['error'])}</b>"
        f" <span>{_escape_html(failure['message'])}</span></li>"
        for failure in failures
    )
    return f'<div class="board-failures"><p>Not fetched:</p><ul>{items}</ul></div>'


def _escape_html(text: str) -> str:
    return escape(clean_text(text))
