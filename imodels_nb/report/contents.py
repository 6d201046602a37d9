"""What a report says, as plain texts, before it has a form."""

import inspect
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from imodels_nb._format import format_bytes, format_count
from imodels_nb.aggregate import Ledger
from imodels_nb.insights import audit_ledger, checkpoint_debt, findings, milestones
from imodels_nb.insights.evidence import Evidence
from imodels_nb.insights.finding import SEVERITIES
from imodels_nb.insights.milestones import visible
from imodels_nb.insights.rules import RULES
from imodels_nb.report.periods import periods

if TYPE_CHECKING:
    from collections.abc import Iterable

_LARGEST = 10
_AROUND = 20


def contents(evidence: Evidence, ledger: Ledger, title: str, *, show_people: bool) -> dict[str, Any]:
    """Gather what a report says.

    Parameters
    ----------
    evidence
        What was given; its users are those whose names may be shown.
    ledger
        The same changesets, as charts read them.
    title
        What the report is about.
    show_people
        Whether names are shown.

    Returns
    -------
    dict
        Texts in lists and mappings.
    """
    found = _findings(evidence)
    return {
        "title": title,
        "time zone": evidence.zone.key,
        "as of": _time(evidence.now, evidence) if len(evidence) else "",
        "show people": show_people,
        "figures": _figures(evidence, ledger),
        "severities": {name: int((found["severity"] == name).sum()) for name in reversed(SEVERITIES)},
        "findings": [_finding(row, evidence) for row in found.itertuples()],
        "tables": periods(evidence, ledger),
        "largest files": _largest(evidence, show_people=show_people),
        "named versions": _milestones(evidence, show_people=show_people),
        "audit": _audit(evidence),
        "method": [(rule.name, *_method(rule.find)) for rule in RULES],
        "not checked": found.attrs["not_checked"],
    }


def _findings(evidence: Evidence) -> pd.DataFrame:
    return findings(
        evidence.changesets,
        evidence.named_versions,
        evidence.users,
        evidence.checkpoints,
        groups=evidence.groups,
        now=evidence.now.to_pydatetime(),
        time_zone=evidence.zone.key,
    )


def _finding(row: Any, evidence: Evidence) -> dict[str, Any]:
    told = {name: getattr(row, name) for name in ("rule", "severity", "sentence", "threshold", "advice")}
    if pd.isna(row.first_index):
        return told | {"range": None}
    first, last = int(row.first_index), int(row.last_index)
    where = f"changeset {first:,}" if first == last else f"changesets {first:,} to {last:,}"
    around = max(_AROUND, len(evidence) // 500)  # a chart of one changeset alone tells little
    return told | {"range": where, "first": first - around, "last": last + around}


def _figures(evidence: Evidence, ledger: Ledger) -> list[tuple[str, str, str]]:
    """Give the headline figures: each what it is, the figure, and a word about it."""
    waiting = len(ledger) - int(ledger.uploaded.sum())
    size = ledger.size[ledger.uploaded]
    people = len(np.unique(evidence.creator[evidence.creator >= 0]))
    uploaded = "all uploaded" if len(ledger) else "none yet"
    days = f"{evidence.date(0)} to\n{evidence.date(-1)}" if len(evidence) else "none yet"
    figures = [
        ("Changesets", f"{len(ledger):,}", f"{waiting:,} waiting for their file" if waiting else uploaded),
        (
            "Files",
            format_bytes(int(size.sum())),
            f"median {format_bytes(int(np.median(size)))}" if len(size) else "none",
        ),
        ("Days with pushes", f"{len(np.unique(evidence.day)):,}", days),
        ("Accounts", f"{people:,}", format_count(len(np.unique(evidence.briefcase)), "briefcase")),
    ]
    if evidence.named_versions is not None:
        versions = visible(evidence.named_versions)
        latest = f"the latest at changeset {versions.index[-1]:,}" if len(versions) else "none is visible"
        figures.append(("Named versions", f"{len(versions):,}", latest))
    return [*figures, *_debt(evidence)]


def _debt(evidence: Evidence) -> list[tuple[str, str, str]]:
    if not len(evidence) or evidence.checkpoints_or_versions is None:
        return []
    tip = checkpoint_debt(evidence.changesets, evidence.checkpoints, evidence.named_versions).iloc[-1]
    counted = format_count(int(tip["changesets"]), "changeset")
    return [("To open the tip", format_bytes(int(tip["bytes"])), f"{counted} since the last checkpoint")]


def _largest(evidence: Evidence, *, show_people: bool) -> list[dict[str, str]]:
    """Describe the largest files, the largest first."""
    uploaded = np.flatnonzero(evidence.uploaded)
    order = np.argsort(-evidence.size[uploaded], kind="stable")[:_LARGEST]
    descriptions = _descriptions(evidence.changesets, show_people=show_people)
    return [
        {
            "changeset": f"{evidence.index[place]:,}",
            "size": format_bytes(int(evidence.size[place])),
            "pushed": evidence.date(place),
            "by": evidence.who(evidence.creator[place]),
            "description": descriptions[place],
        }
        for place in uploaded[order].tolist()
    ]


def _milestones(evidence: Evidence, *, show_people: bool) -> list[dict[str, str]] | None:
    """Describe the named versions, the latest first; ``None`` if they were not given."""
    if evidence.named_versions is None:
        return None
    table = milestones(evidence.changesets, evidence.named_versions, evidence.checkpoints)
    descriptions = _descriptions(visible(evidence.named_versions), show_people=show_people)
    rows: Iterable[Any] = table.itertuples()
    return [
        {
            "name": _text(row.name),
            "description": description,
            "changeset": f"{row.Index:,}",
            "created": _time(row.created_date_time, evidence)[:10],
            "changesets": f"{row.changesets:,}",
            "size": format_bytes(int(row.bytes)),
            "accounts": f"{row.people:,}",
            "checkpoint": _text(getattr(row, "checkpoint", None)),
        }
        for row, description in zip(rows, descriptions, strict=True)
    ][::-1]


def _descriptions(frame: pd.DataFrame, *, show_people: bool) -> list[str]:
    """Give the descriptions; people write them and may name others there, so they go with the names."""
    if not show_people or "description" not in frame:
        return [""] * len(frame)
    return [_text(description) for description in frame["description"]]


def _audit(evidence: Evidence) -> dict[str, Any]:
    audit = audit_ledger(evidence.changesets, now=evidence.now.to_pydatetime())
    return {name: audit.attrs[name] for name in ("as_of", "changesets", "digest", "sound", "summary")}


def _method(rule: Any) -> tuple[str, str]:
    """Give what a rule looks for, and how: its documentation, as plain text."""
    words = re.sub(r"[`*]+", "", inspect.getdoc(rule) or "")
    looks_for, _, how = words.partition("\n\n")
    return " ".join(looks_for.split()), " ".join(how.split())


def _time(moment: Any, evidence: Evidence) -> str:
    return "" if pd.isna(moment) else str(moment.tz_convert(evidence.zone).strftime("%Y-%m-%d %H:%M"))


def _text(value: Any) -> str:
    return "" if value is None or pd.isna(value) else str(value)
