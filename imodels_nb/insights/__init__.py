"""Findings, tables and audits of a timeline, from frames alone.

A finding is one sentence with its rule, its index range, the threshold that was exceeded, and advice.
"""

from imodels_nb.insights.audit import audit_ledger
from imodels_nb.insights.board import BINS, BoardContent, build_board, render_board
from imodels_nb.insights.checkpoint_debt import build_debt, checkpoint_debt
from imodels_nb.insights.comparison import compare
from imodels_nb.insights.findings import find_all, findings
from imodels_nb.insights.named_versions import build_milestones, drop_hidden, milestones
from imodels_nb.insights.portfolio import Portfolio, portfolio_summary, read_portfolio
from imodels_nb.insights.portfolio_data import PortfolioData, summarize_portfolio
from imodels_nb.insights.rule import SEVERITIES, SEVERITY_MARKS, Finding, Rule, Severity
from imodels_nb.insights.rules import RULES
from imodels_nb.insights.summary import NO_FINDING, NOTHING_STANDS_OUT, Summary, build_summary, summary
from imodels_nb.insights.timeline import TimelineData, parse_timestamp

__all__ = [
    "BINS",
    "NOTHING_STANDS_OUT",
    "NO_FINDING",
    "RULES",
    "SEVERITIES",
    "SEVERITY_MARKS",
    "BoardContent",
    "Finding",
    "Portfolio",
    "PortfolioData",
    "Rule",
    "Severity",
    "Summary",
    "TimelineData",
    "audit_ledger",
    "build_board",
    "build_debt",
    "build_milestones",
    "build_summary",
    "checkpoint_debt",
    "compare",
    "drop_hidden",
    "find_all",
    "findings",
    "milestones",
    "parse_timestamp",
    "portfolio_summary",
    "read_portfolio",
    "render_board",
    "summarize_portfolio",
    "summary",
]
