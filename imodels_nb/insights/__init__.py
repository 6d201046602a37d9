"""Findings, tables and audits of a timeline, from frames alone.

A finding is one sentence with its rule, its index range, the threshold that was exceeded, and advice.
"""

from imodels_nb.insights.audit import audit_ledger
from imodels_nb.insights.checkpoint_debt import checkpoint_debt
from imodels_nb.insights.findings import findings
from imodels_nb.insights.named_versions import drop_hidden, milestones
from imodels_nb.insights.rule import SEVERITIES, Finding, Rule, Severity
from imodels_nb.insights.rules import RULES
from imodels_nb.insights.timeline import TimelineData, parse_timestamp

__all__ = [
    "RULES",
    "SEVERITIES",
    "Finding",
    "Rule",
    "Severity",
    "TimelineData",
    "audit_ledger",
    "checkpoint_debt",
    "drop_hidden",
    "findings",
    "milestones",
    "parse_timestamp",
]
