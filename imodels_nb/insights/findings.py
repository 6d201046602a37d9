"""Findings: every rule, asked about one timeline."""

from datetime import datetime

import pandas as pd

from imodels_nb.insights.evidence import Evidence
from imodels_nb.insights.finding import findings_frame
from imodels_nb.insights.rules import RULES, lacks


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
    """Say in words what stands out in a timeline, with the numbers, the rule, and what to do.

    Each rule rests on medians and median deviations or on what chance explains, and says its threshold. Data that give
    no reason for a finding give none. People appear under the pseudonyms of :func:`fetch_users`, as who did something,
    never in an order of merit.

    Parameters
    ----------
    changesets
        As :func:`fetch_changesets` gives them, in any order; they are not changed.
    named_versions, users, checkpoints, groups
        As :func:`fetch_named_versions`, :func:`fetch_users`, :func:`fetch_checkpoints` and
        :func:`fetch_changeset_groups` give them. What a rule needs and does not get, it says nothing about.
    now
        The moment to judge from, UTC if it has no time zone; by default that of the latest push, so that the same data
        give the same findings.
    time_zone
        IANA name of the time zone of dates, working days and hours.

    Returns
    -------
    DataFrame
        One row a finding, the severest first. Columns: ``rule`` (str), ``severity`` (category, ordered: ``info``,
        ``notice``, ``warning``, ``critical``), ``sentence`` (str), ``first_index``, ``last_index`` (Int64, both
        inclusive; missing where no changeset is concerned), ``changesets`` (int64: how many are concerned),
        ``threshold`` and ``advice`` (str). Its ``.attrs`` hold, as plain texts, ``not_checked`` (the rules that lacked
        their data, each with the reason), ``now`` and ``time_zone``.

    Raises
    ------
    TypeError, ValueError
        If a frame is none or lacks a column, which the message names; if `now` or `time_zone` is none.

    See Also
    --------
    checkpoint_debt, milestones, audit_ledger : What some of the rules rest on, whole.

    Examples
    --------
    >>> found = findings(sample.load_changesets(), sample.load_named_versions())
    >>> found.loc[found["rule"] == "contention", "severity"].tolist()
    ['warning']
    >>> sorted(found.attrs["not_checked"])
    ['failed checkpoints', 'failed run']
    >>> len(findings(sample.load_changesets(stories=False), sample.load_named_versions(stories=False)))
    0
    """
    evidence = Evidence.of(changesets, named_versions, users, checkpoints, groups=groups, now=now, time_zone=time_zone)
    not_checked = {rule.name: reason for rule in RULES if (reason := lacks(rule, evidence))}
    asked = [rule for rule in RULES if rule.name not in not_checked and len(evidence)]
    frame = findings_frame((rule.name, one) for rule in asked for one in rule.find(evidence))
    frame.attrs = {"not_checked": not_checked, "now": evidence.now.isoformat(), "time_zone": evidence.zone.key}
    return frame
