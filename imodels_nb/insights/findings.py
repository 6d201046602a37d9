"""Findings of all rules about one timeline."""

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from imodels_nb.insights.ranking import RankedFinding, rank_findings, select_first
from imodels_nb.insights.rule import SEVERITIES, Finding, find_missing_input
from imodels_nb.insights.rules import RULES
from imodels_nb.insights.timeline import TimelineData

COLUMNS: dict[str, Any] = {
    "rule": "str",
    "severity": pd.CategoricalDtype(list(SEVERITIES), ordered=True),
    "sentence": "str",
    "first_index": "Int64",
    "last_index": "Int64",
    "changesets": "int64",
    "threshold": "str",
    "advice": "str",
    "why": "str",
    "statistic": "str",
    "chance": "float64",
    "evidence": "str",
    "also": "str",
}


def findings(
    changesets: pd.DataFrame,
    named_versions: pd.DataFrame | None = None,
    users: pd.DataFrame | None = None,
    checkpoints: pd.DataFrame | None = None,
    *,
    groups: pd.DataFrame | None = None,
    changes: pd.DataFrame | None = None,
    storage_limit: int | None = None,
    now: datetime | str | None = None,
    time_zone: str = "UTC",
    all: bool = False,  # noqa: A002  # the word that a reader would use
) -> pd.DataFrame:
    """Find what is unusual in a timeline, with numbers, thresholds and advice.

    Each rule compares with medians, median deviations or chance, and shows its threshold. Ordinary data have no
    findings. One event is one finding: if several rules report it, only the rule that explains it has a finding, which
    names the other rules. People are never ranked. They are pseudonymized as in :func:`fetch_users`, unless the
    changesets have their names: ``creator_name``, from ``fetch_changesets(..., names=True)``.

    Parameters
    ----------
    changesets
        The frame of :func:`fetch_changesets`, in any order. It is not changed.
    named_versions, users, checkpoints, groups
        The frames of :func:`fetch_named_versions`, :func:`fetch_users`, :func:`fetch_checkpoints` and
        :func:`fetch_changeset_groups`. A rule that needs a missing one is not checked.
    changes
        The frame of :func:`fetch_changes`, for the rules on contents.
    storage_limit
        Bytes that all files together should not reach, for the rule that computes when they will.
    now
        The time that ages are counted to, in UTC if it has no time zone. The default is the latest push, so that the
        same data have the same findings.
    time_zone
        IANA name of the time zone of dates, working days and hours.
    all
        Whether to return all findings. By default these are the first seven and all critical ones, without those of
        severity ``info`` about something older than a year.

    Returns
    -------
    DataFrame
        One row per finding, the highest severity first, then by what is at stake. Columns: ``rule`` (str), ``severity``
        (category, ordered: ``info``, ``notice``, ``warning``, ``critical``), ``sentence`` (str: what happened),
        ``first_index``, ``last_index`` (Int64, both inclusive; missing if no changeset is concerned), ``changesets``
        (int64: number of changesets concerned), ``threshold``, ``advice`` (str: what to do), ``why`` (str: why it
        matters), ``statistic`` (str: the figures behind the sentence), ``chance`` (float64: how likely ordinary data
        have such a finding, NaN if it was not computed), ``evidence`` (str: index ranges of the events) and ``also``
        (str: other rules that found the same event). Its ``.attrs`` have, as plain texts, ``not_checked`` (the rules
        without their data, each with the reason), ``on_request`` (the same for rules whose argument was not passed),
        ``left_out`` (number of findings that ``all=True`` adds, by rule), ``now`` and ``time_zone``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a DataFrame or lacks a column, which the message names. If `storage_limit`, `now`,
        `time_zone` or `all` is invalid.

    See Also
    --------
    summary : Five statements about the whole timeline.
    checkpoint_debt, milestones, audit_ledger : The complete tables behind some of the rules.

    Examples
    --------
    >>> found = findings(sample.load_changesets(), sample.load_named_versions())
    >>> found.loc[found["rule"] == "contention", "severity"].tolist()
    ['warning']
    >>> sorted(found.attrs["not_checked"])
    ['failed checkpoints', 'failed run']
    >>> len(findings(sample.load_changesets(anomalies=False), sample.load_named_versions(anomalies=False)))
    0
    """
    if not isinstance(all, bool | np.bool_):
        raise TypeError(f"all should be True or False, not {type(all).__name__}.")
    timeline = TimelineData.from_frames(
        changesets,
        named_versions,
        users,
        checkpoints,
        groups=groups,
        changes=changes,
        storage_limit=storage_limit,
        now=now,
        time_zone=time_zone,
    )
    return find_all(timeline, is_complete=bool(all))


def find_all(timeline: TimelineData, *, is_complete: bool = False) -> pd.DataFrame:
    """Return the findings of all rules about a timeline, as :func:`findings` does."""
    missing = {rule: reason for rule in RULES if (reason := find_missing_input(rule, timeline))}
    rules = [rule for rule in RULES if rule not in missing and len(timeline)]
    ranked = rank_findings(timeline, [(rule, finding) for rule in rules for finding in rule.check(timeline)])
    selected = ranked if is_complete else select_first(timeline, ranked)
    frame = _build_findings_frame(selected)
    names = [candidate.rule.name for candidate in ranked if candidate not in selected]
    frame.attrs = {
        "not_checked": {rule.name: reason for rule, reason in missing.items() if not rule.is_optional},
        "on_request": {rule.name: reason for rule, reason in missing.items() if rule.is_optional},
        "left_out": {name: names.count(name) for name in names},
        "now": timeline.now.isoformat(),
        "time_zone": timeline.zone.key,
    }
    return frame


def _build_findings_frame(ranked: list[RankedFinding]) -> pd.DataFrame:
    rows = [
        {
            "rule": rule.name,
            **{name: getattr(finding, name) for name in COLUMNS if name in finding._fields},
            "why": rule.why,
            "evidence": format_ranges(finding),
            "also": ", ".join(also),
        }
        for rule, finding, also in ranked
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def format_ranges(finding: Finding) -> str:
    """Return the index ranges of the events of a finding as text."""
    return ", ".join(f"{first}-{last}" if first != last else f"{first}" for first, last in finding.ranges)
