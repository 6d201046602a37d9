"""The content of a report, as plain texts and numbers before they are rendered."""

from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np
import pandas as pd

from imodels_nb._format import format_bytes, format_count
from imodels_nb.aggregate import LABELS, NOT_UPLOADED, ChangesetColumns
from imodels_nb.frames import OPERATIONS
from imodels_nb.insights import (
    NO_FINDING,
    RULES,
    SEVERITIES,
    SEVERITY_MARKS,
    Severity,
    TimelineData,
    audit_ledger,
    build_debt,
    build_milestones,
    build_summary,
    drop_hidden,
    find_all,
)
from imodels_nb.report.since import SinceContent, compute_changeset_digest, describe_since

if TYPE_CHECKING:
    from collections.abc import Iterable

_LARGEST_FILES = 10
_LEAST_CHANCE = 0.0001
_MAX_PERIODS = 40
_MAX_CLASSES = 10
_FIRST_VERSIONS = 12  # named versions; the report folds away the others
_PERIODS = {"M": "month", "Q": "quarter", "Y": "year"}


class Table(TypedDict):
    """Texts of a table."""

    head: list[str]
    rows: list[list[str]]


class PeriodTables(TypedDict):
    """Figures of each month, quarter or year, of pushes and of file sizes."""

    word: str
    pushes: Table
    sizes: Table


class ReportContent(TypedDict):
    """Content of a report; the template report.html reads it under these names."""

    title: str
    time_zone: str
    as_of: str
    names: bool
    named_versions: list[dict[str, str]] | None
    largest_files: list[dict[str, str]]
    summary: list[str]
    since: SinceContent | None
    figures: list[tuple[str, str, str]]
    marks: dict[Severity, str]
    severities: dict[str, int]
    findings: list[dict[str, Any]]
    no_finding: str
    tables: PeriodTables
    classes: Table | None
    first_versions: int
    last_index: int
    last_changeset: str
    audit: dict[str, Any]
    method: list[tuple[str, str, str]]
    not_checked: dict[str, str]
    left_out: int


def build_content(
    timeline: TimelineData, columns: ChangesetColumns, title: str, *, names: bool, since: object = None
) -> ReportContent:
    """Build the content of a report.

    Parameters
    ----------
    timeline
        The checked frames. Its users are those whose names may be shown.
    columns
        The same changesets as arrays, as charts read them.
    title
        Title of the report.
    names
        Whether names are shown.
    since
        As for `write_report`.
    """
    earlier = None if since is None else describe_since(since, timeline)
    found = find_all(timeline)
    audit = audit_ledger(timeline.changesets, now=timeline.now.to_pydatetime())
    return {
        "title": title,
        "time_zone": timeline.zone.key,
        "as_of": _format_moment(timeline) if len(timeline) else "",
        "names": names,
        # texts of people come before the findings that quote them: an error then names the text, not the quote
        "named_versions": _build_versions(timeline, names=names),
        "largest_files": _build_largest_files(timeline, names=names),
        "summary": [statement for statement in build_summary(timeline, found) if statement],
        "since": earlier,
        "figures": _build_figures(timeline, columns),
        "marks": SEVERITY_MARKS,
        "severities": {name: int((found["severity"] == name).sum()) for name in reversed(SEVERITIES)},
        "findings": [_build_finding(row, earlier) for row in found.itertuples()],
        "no_finding": NO_FINDING,
        "tables": _build_period_tables(timeline, columns),
        "classes": _build_class_table(timeline),
        "first_versions": _FIRST_VERSIONS,
        "last_index": int(timeline.index[-1]) if len(timeline) else 0,
        "last_changeset": compute_changeset_digest(timeline, timeline.index[-1]) if len(timeline) else "",
        "audit": {name: audit.attrs[name] for name in ("as_of", "changesets", "digest", "sound", "summary")},
        "method": [(rule.name, rule.looks_for, rule.method) for rule in RULES],
        "not_checked": found.attrs["not_checked"] | found.attrs["on_request"],
        "left_out": sum(found.attrs["left_out"].values()),
    }


def _build_versions(timeline: TimelineData, *, names: bool) -> list[dict[str, str]] | None:
    """Return the named versions, the latest first, or ``None`` if they were not given."""
    if timeline.named_versions is None:
        return None
    table = build_milestones(timeline, timeline.named_versions, timeline.checkpoints)
    descriptions = _format_descriptions(drop_hidden(timeline.named_versions), names=names)
    rows: Iterable[Any] = table.itertuples()
    return [
        {
            "changeset": f"{row.Index:,}",
            "name": _format_text(row.name),
            "description": description,
            "created": _format_time(row.created_date_time, timeline)[:10],
            "changesets": f"{row.changesets:,}",
            "size": format_bytes(int(row.bytes)),
            "accounts": f"{row.people:,}",
            "checkpoint": _format_text(getattr(row, "checkpoint", None)),
        }
        for row, description in zip(rows, descriptions, strict=True)
    ][::-1]


def _build_largest_files(timeline: TimelineData, *, names: bool) -> list[dict[str, str]]:
    uploaded = np.flatnonzero(timeline.is_uploaded)
    order = np.argsort(-timeline.size[uploaded], kind="stable")[:_LARGEST_FILES]
    descriptions = _format_descriptions(timeline.changesets, names=names)
    return [
        {
            "changeset": f"{timeline.index[position]:,}",
            "size": format_bytes(int(timeline.size[position])),
            "pushed": timeline.format_date(position),
            "by": timeline.format_account(timeline.creator[position]),
            "description": descriptions[position],
        }
        for position in uploaded[order].tolist()
    ]


def _build_figures(timeline: TimelineData, columns: ChangesetColumns) -> list[tuple[str, str, str]]:
    """Return the headline figures, each with its name, the figure and a remark."""
    size = columns.size[columns.uploaded]
    people = len(np.unique(timeline.creator[timeline.creator >= 0]))
    days = f"{timeline.format_date(0)} to\n{timeline.format_date(-1)}" if len(timeline) else "none yet"
    median = f"median {format_bytes(int(np.median(size)))}" if len(size) else "none"
    figures = [
        ("Changesets", f"{len(columns):,}", _describe_states(timeline)),
        ("Files", format_bytes(int(size.sum())), median),
        ("Days with pushes", f"{len(np.unique(timeline.day)):,}", days),
        ("Accounts", f"{people:,}", format_count(len(np.unique(timeline.briefcase)), "briefcase")),
    ]
    if timeline.named_versions is not None:
        versions = drop_hidden(timeline.named_versions)
        latest = f"the latest at changeset {versions.index[-1]:,}" if len(versions) else "none is visible"
        figures.append(("Named versions", f"{len(versions):,}", latest))
    if len(timeline) and timeline.checkpoints_or_versions is not None:
        tip = build_debt(timeline, timeline.checkpoints, timeline.named_versions).iloc[-1]
        counted = format_count(int(tip["changesets"]), "changeset")
        figures.append(("To open the tip", format_bytes(int(tip["bytes"])), f"{counted} since the last checkpoint"))
    return figures


def _describe_states(timeline: TimelineData) -> str:
    """Return how many changesets are not uploaded, and why."""
    if not len(timeline):
        return "none yet"
    waiting = int(timeline.is_waiting.sum())
    unknown = len(timeline) - waiting - int(timeline.is_uploaded.sum())
    parts = [f"{waiting:,} waiting for their file"] * bool(waiting) + [f"{unknown:,} of unknown state"] * bool(unknown)
    return ", ".join(parts) or "all uploaded"


def _build_finding(row: Any, since: SinceContent | None) -> dict[str, Any]:
    names = ("rule", "severity", "sentence", "why", "advice", "threshold", "statistic", "also")
    finding = {name: getattr(row, name) for name in names}
    finding["chance"] = "" if pd.isna(row.chance) else _format_chance(row.chance)
    if pd.isna(row.first_index):
        return finding | {"range": None, "has_later_changesets": False}
    first = int(row.first_index)
    last = int(row.last_index)
    where = f"changeset {first:,}" if first == last else f"changesets {first:,} to {last:,}"
    has_later_changesets = since is not None and last > since["last_index"]
    return finding | {"range": where, "first": first, "last": last, "has_later_changesets": has_later_changesets}


def _build_class_table(timeline: TimelineData) -> Table | None:
    """Return the classes with the most changed elements; ``None`` without changes."""
    if timeline.changes is None or timeline.push_contents.elements.empty:
        return None
    elements = timeline.push_contents.elements
    counts = pd.crosstab(elements["class_name"], elements["operation"]).reindex(columns=OPERATIONS, fill_value=0)
    total = counts.sum(axis=1)
    counts = counts.loc[total.sort_values(ascending=False, kind="stable").index]
    rows = [
        [str(name), *(f"{count:,}" for count in row)] for name, row in zip(counts.index, counts.to_numpy(), strict=True)
    ]
    if len(rows) > _MAX_CLASSES:
        rest = counts.iloc[_MAX_CLASSES:].sum()
        others = format_count(len(rows) - _MAX_CLASSES, "more class", "more classes")
        rows = [*rows[:_MAX_CLASSES], [others, *(f"{count:,}" for count in rest)]]
    return {"head": ["class", *OPERATIONS], "rows": rows}


def _format_chance(chance: float) -> str:
    """Return a chance in words, since 1e-94 says no more than "almost never"."""
    return f"less than {_LEAST_CHANCE:.2%}" if chance < _LEAST_CHANCE else f"{chance:.2%}"


def _build_period_tables(timeline: TimelineData, columns: ChangesetColumns) -> PeriodTables:
    """Return tables by the shortest of month, quarter and year that keeps them short.

    Periods without a changeset are left out.
    """
    unit, codes, names = _split_into_periods(timeline)
    kinds = [code for code in sorted(set(columns.code.tolist())) if LABELS[code] != NOT_UPLOADED]
    counts = {
        "changesets": np.bincount(codes, minlength=len(names)),
        "waiting": np.bincount(codes[~columns.uploaded], minlength=len(names)),
        **{LABELS[kind]: np.bincount(codes[columns.code == kind], minlength=len(names)) for kind in kinds},
    }
    return {
        "word": _PERIODS[unit],
        "pushes": {
            "head": [_PERIODS[unit], *counts],
            "rows": [[name, *(f"{count[row]:,}" for count in counts.values())] for row, name in enumerate(names)],
        },
        "sizes": {
            "head": [_PERIODS[unit], "files", "together", "median", "largest", "at changeset"],
            "rows": _build_size_rows(columns, codes, names),
        },
    }


def _split_into_periods(timeline: TimelineData) -> tuple[str, Any, list[str]]:
    moments = pd.DatetimeIndex(timeline.local_second.view("datetime64[s]"))
    for unit in _PERIODS:
        codes, found = pd.factorize(moments.to_period(unit), sort=True)
        if len(found) <= _MAX_PERIODS:
            break
    return unit, codes, [str(period) for period in found]


def _build_size_rows(columns: ChangesetColumns, codes: Any, names: list[str]) -> list[list[str]]:
    rows = []
    for code, name in enumerate(names):
        positions = np.flatnonzero(columns.uploaded & (codes == code))
        if not len(positions):
            continue
        size = columns.size[positions]
        sizes = [format_bytes(round(float(figure))) for figure in (size.sum(), np.median(size), size.max())]
        rows.append([name, f"{len(positions):,}", *sizes, f"{columns.index[positions[size.argmax()]]:,}"])
    return rows


def _format_descriptions(frame: pd.DataFrame, *, names: bool) -> list[str]:
    """Return the descriptions, empty unless people are shown: they may name people."""
    if not names or "description" not in frame:
        return [""] * len(frame)
    return [_format_text(description) for description in frame["description"]]


def _format_time(moment: Any, timeline: TimelineData) -> str:
    return "" if pd.isna(moment) else str(moment.tz_convert(timeline.zone).strftime("%Y-%m-%d %H:%M"))


def _format_moment(timeline: TimelineData) -> str:
    """Return the time of the report as a person writes it."""
    now = timeline.now.tz_convert(timeline.zone)
    return f"{now.day} {now.strftime('%B %Y, %H:%M')}"


def _format_text(value: Any) -> str:
    return "" if value is None or pd.isna(value) else str(value)
