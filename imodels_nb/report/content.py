"""The content of a report, as plain texts and numbers before they are rendered."""

import inspect
import re
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np
import pandas as pd

from imodels_nb._format import format_bytes, format_count
from imodels_nb.aggregate import LABELS, WAITING, ChangesetColumns
from imodels_nb.insights import audit_ledger, checkpoint_debt, findings, milestones
from imodels_nb.insights.evidence import Evidence
from imodels_nb.insights.finding import SEVERITIES
from imodels_nb.insights.milestones import visible
from imodels_nb.insights.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable

_LARGEST_FILES = 10
_CONTEXT = 20
_MAX_PERIODS = 40
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
    show_people: bool
    named_versions: list[dict[str, str]] | None
    largest_files: list[dict[str, str]]
    figures: list[tuple[str, str, str]]
    severities: dict[str, int]
    findings: list[dict[str, Any]]
    tables: PeriodTables
    audit: dict[str, Any]
    method: list[tuple[str, str, str]]
    not_checked: dict[str, str]


def build_content(evidence: Evidence, ledger: ChangesetColumns, title: str, *, show_people: bool) -> ReportContent:
    """Build the content of a report.

    Parameters
    ----------
    evidence
        The checked frames. Its users are those whose names may be shown.
    ledger
        The same changesets as arrays, as charts read them.
    title
        Title of the report.
    show_people
        Whether names are shown.
    """
    found = findings(
        evidence.changesets,
        evidence.named_versions,
        evidence.users,
        evidence.checkpoints,
        groups=evidence.groups,
        now=evidence.now.to_pydatetime(),
        time_zone=evidence.zone.key,
    )
    audit = audit_ledger(evidence.changesets, now=evidence.now.to_pydatetime())
    return {
        "title": title,
        "time_zone": evidence.zone.key,
        "as_of": _format_time(evidence.now, evidence) if len(evidence) else "",
        "show_people": show_people,
        # people's own texts come before the findings that quote them, so that a message names where they stand
        "named_versions": _build_versions(evidence, show_people=show_people),
        "largest_files": _build_largest_files(evidence, show_people=show_people),
        "figures": _build_figures(evidence, ledger),
        "severities": {name: int((found["severity"] == name).sum()) for name in reversed(SEVERITIES)},
        "findings": [_build_finding(row, evidence) for row in found.itertuples()],
        "tables": _build_period_tables(evidence, ledger),
        "audit": {name: audit.attrs[name] for name in ("as_of", "changesets", "digest", "sound", "summary")},
        "method": [(rule.name, *_describe_rule(rule.find)) for rule in RULES],
        "not_checked": found.attrs["not_checked"],
    }


def _build_versions(evidence: Evidence, *, show_people: bool) -> list[dict[str, str]] | None:
    """Return the named versions, the latest first, or None if they were not given."""
    if evidence.named_versions is None:
        return None
    table = milestones(evidence.changesets, evidence.named_versions, evidence.checkpoints)
    descriptions = _format_descriptions(visible(evidence.named_versions), show_people=show_people)
    rows: Iterable[Any] = table.itertuples()
    return [
        {
            "changeset": f"{row.Index:,}",
            "name": _format_text(row.name),
            "description": description,
            "created": _format_time(row.created_date_time, evidence)[:10],
            "changesets": f"{row.changesets:,}",
            "size": format_bytes(int(row.bytes)),
            "accounts": f"{row.people:,}",
            "checkpoint": _format_text(getattr(row, "checkpoint", None)),
        }
        for row, description in zip(rows, descriptions, strict=True)
    ][::-1]


def _build_largest_files(evidence: Evidence, *, show_people: bool) -> list[dict[str, str]]:
    uploaded = np.flatnonzero(evidence.uploaded)
    order = np.argsort(-evidence.size[uploaded], kind="stable")[:_LARGEST_FILES]
    descriptions = _format_descriptions(evidence.changesets, show_people=show_people)
    return [
        {
            "changeset": f"{evidence.index[position]:,}",
            "size": format_bytes(int(evidence.size[position])),
            "pushed": evidence.date(position),
            "by": evidence.who(evidence.creator[position]),
            "description": descriptions[position],
        }
        for position in uploaded[order].tolist()
    ]


def _build_figures(evidence: Evidence, ledger: ChangesetColumns) -> list[tuple[str, str, str]]:
    """Return the headline figures, each with its name, the figure and a remark."""
    size = ledger.size[ledger.uploaded]
    people = len(np.unique(evidence.creator[evidence.creator >= 0]))
    days = f"{evidence.date(0)} to\n{evidence.date(-1)}" if len(evidence) else "none yet"
    median = f"median {format_bytes(int(np.median(size)))}" if len(size) else "none"
    figures = [
        ("Changesets", f"{len(ledger):,}", _describe_states(evidence)),
        ("Files", format_bytes(int(size.sum())), median),
        ("Days with pushes", f"{len(np.unique(evidence.day)):,}", days),
        ("Accounts", f"{people:,}", format_count(len(np.unique(evidence.briefcase)), "briefcase")),
    ]
    if evidence.named_versions is not None:
        versions = visible(evidence.named_versions)
        latest = f"the latest at changeset {versions.index[-1]:,}" if len(versions) else "none is visible"
        figures.append(("Named versions", f"{len(versions):,}", latest))
    if len(evidence) and evidence.checkpoints_or_versions is not None:
        tip = checkpoint_debt(evidence.changesets, evidence.checkpoints, evidence.named_versions).iloc[-1]
        counted = format_count(int(tip["changesets"]), "changeset")
        figures.append(("To open the tip", format_bytes(int(tip["bytes"])), f"{counted} since the last checkpoint"))
    return figures


def _describe_states(evidence: Evidence) -> str:
    """Return how many changesets are not uploaded, and why."""
    if not len(evidence):
        return "none yet"
    waiting = int(evidence.waiting.sum())
    unknown = len(evidence) - waiting - int(evidence.uploaded.sum())
    parts = [f"{waiting:,} waiting for their file"] * bool(waiting) + [f"{unknown:,} of unknown state"] * bool(unknown)
    return ", ".join(parts) or "all uploaded"


def _build_finding(row: Any, evidence: Evidence) -> dict[str, Any]:
    finding = {name: getattr(row, name) for name in ("rule", "severity", "sentence", "threshold", "advice")}
    if pd.isna(row.first_index):
        return finding | {"range": None}
    first = int(row.first_index)
    last = int(row.last_index)
    where = f"changeset {first:,}" if first == last else f"changesets {first:,} to {last:,}"
    context = max(_CONTEXT, len(evidence) // 500)  # a chart of a single changeset shows little
    return finding | {"range": where, "first": first - context, "last": last + context}


def _build_period_tables(evidence: Evidence, ledger: ChangesetColumns) -> PeriodTables:
    """Return tables by the shortest of month, quarter and year that keeps them short.

    Periods without a changeset are left out.
    """
    unit, codes, names = _split_into_periods(evidence)
    kinds = [code for code in sorted(set(ledger.code.tolist())) if LABELS[code] != WAITING]
    counts = {
        "changesets": np.bincount(codes, minlength=len(names)),
        "waiting": np.bincount(codes[~ledger.uploaded], minlength=len(names)),
        **{LABELS[kind]: np.bincount(codes[ledger.code == kind], minlength=len(names)) for kind in kinds},
    }
    return {
        "word": _PERIODS[unit],
        "pushes": {
            "head": [_PERIODS[unit], *counts],
            "rows": [[name, *(f"{count[row]:,}" for count in counts.values())] for row, name in enumerate(names)],
        },
        "sizes": {
            "head": [_PERIODS[unit], "files", "together", "median", "largest", "at changeset"],
            "rows": _build_size_rows(ledger, codes, names),
        },
    }


def _split_into_periods(evidence: Evidence) -> tuple[str, Any, list[str]]:
    moments = pd.DatetimeIndex(evidence.local_second.view("datetime64[s]"))
    for unit in _PERIODS:
        codes, found = pd.factorize(moments.to_period(unit), sort=True)
        if len(found) <= _MAX_PERIODS:
            break
    return unit, codes, [str(period) for period in found]


def _build_size_rows(ledger: ChangesetColumns, codes: Any, names: list[str]) -> list[list[str]]:
    rows = []
    for code, name in enumerate(names):
        positions = np.flatnonzero(ledger.uploaded & (codes == code))
        if not len(positions):
            continue
        size = ledger.size[positions]
        sizes = [format_bytes(round(float(figure))) for figure in (size.sum(), np.median(size), size.max())]
        rows.append([name, f"{len(positions):,}", *sizes, f"{ledger.index[positions[size.argmax()]]:,}"])
    return rows


def _describe_rule(rule: Any) -> tuple[str, str]:
    """Return what a rule looks for and its method, from its documentation."""
    words = re.sub(r"[`*]+", "", inspect.getdoc(rule) or "")
    looks_for, _, method = words.partition("\n\n")
    return " ".join(looks_for.split()), " ".join(method.split())


def _format_descriptions(frame: pd.DataFrame, *, show_people: bool) -> list[str]:
    """Return the descriptions, empty unless people are shown: they may name people."""
    if not show_people or "description" not in frame:
        return [""] * len(frame)
    return [_format_text(description) for description in frame["description"]]


def _format_time(moment: Any, evidence: Evidence) -> str:
    return "" if pd.isna(moment) else str(moment.tz_convert(evidence.zone).strftime("%Y-%m-%d %H:%M"))


def _format_text(value: Any) -> str:
    return "" if value is None or pd.isna(value) else str(value)
