"""Findings of all rules about one timeline."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import pandas as pd

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
}


def findings(
    changesets: pd.DataFrame,
    named_versions: pd.DataFrame | None = None,
    users: pd.DataFrame | None = None,
    checkpoints: pd.DataFrame | None = None,
    *,
    groups: pd.DataFrame | None = None,
    now: datetime | str | None = None,
    time_zone: str = "UTC",
) -> pd.DataFrame:
    """Find what is unusual in a timeline, with numbers, thresholds and advice.

    Each rule compares with medians, median deviations or chance, and shows its threshold. Ordinary data have no
    findings. People are pseudonymized as in :func:`fetch_users`, and never ranked.

    Parameters
    ----------
    changesets
        The frame of :func:`fetch_changesets`, in any order. It is not changed.
    named_versions, users, checkpoints, groups
        The frames of :func:`fetch_named_versions`, :func:`fetch_users`, :func:`fetch_checkpoints` and
        :func:`fetch_changeset_groups`. A rule that needs a missing one is not checked.
    now
        The time that ages are counted to, in UTC if it has no time zone. The default is the latest push, so that the
        same data have the same findings.
    time_zone
        IANA name of the time zone of dates, working days and hours.

    Returns
    -------
    DataFrame
        One row per finding, the highest severity first. Columns: ``rule`` (str), ``severity`` (category, ordered:
        ``info``, ``notice``, ``warning``, ``critical``), ``sentence`` (str), ``first_index``, ``last_index`` (Int64,
        both inclusive; missing if no changeset is concerned), ``changesets`` (int64: number of changesets concerned),
        ``threshold`` and ``advice`` (str). Its ``.attrs`` have, as plain texts, ``not_checked`` (the rules without
        their data, each with the reason), ``now`` and ``time_zone``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a DataFrame or lacks a column, which the message names. If `now` or `time_zone` is
        invalid.

    See Also
    --------
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
    timeline = TimelineData.from_frames(
        changesets, named_versions, users, checkpoints, groups=groups, now=now, time_zone=time_zone
    )
    return find_all(timeline)


def find_all(timeline: TimelineData) -> pd.DataFrame:
    """Return the findings of all rules about a timeline, as :func:`findings` does."""
    not_checked = {rule.name: reason for rule in RULES if (reason := find_missing_input(rule, timeline))}
    rules = [rule for rule in RULES if rule.name not in not_checked and len(timeline)]
    frame = _build_findings_frame((rule.name, finding) for rule in rules for finding in rule.find(timeline))
    frame.attrs = {"not_checked": not_checked, "now": timeline.now.isoformat(), "time_zone": timeline.zone.key}
    return frame


def _build_findings_frame(named: Iterable[tuple[str, Finding]]) -> pd.DataFrame:
    """Build the findings frame, the highest severity first, then by index."""
    frame = pd.DataFrame([(rule, *finding) for rule, finding in named], columns=list(COLUMNS)).astype(COLUMNS)
    order = frame.assign(rank=-frame["severity"].cat.codes.astype("int64"))
    order = order.sort_values(["rank", "first_index", "last_index"], kind="stable")
    return frame.loc[order.index].reset_index(drop=True)
