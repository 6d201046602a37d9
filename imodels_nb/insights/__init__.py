"""What a timeline means, in words and in small frames: built on frames alone, with no network and no chart.

A finding is one sentence with its rule, its rows, the threshold that it passed, and what to do. Data that give no
reason for one give none.
"""

from imodels_nb.insights.audit import audit_ledger
from imodels_nb.insights.findings import findings
from imodels_nb.insights.milestones import milestones
from imodels_nb.insights.replay import checkpoint_debt

__all__ = ["audit_ledger", "checkpoint_debt", "findings", "milestones"]
