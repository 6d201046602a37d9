"""The rules, in the order in which they are asked: a small pure function each, a file a family."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from imodels_nb.insights.evidence import Evidence
from imodels_nb.insights.finding import Finding
from imodels_nb.insights.rules import (
    contention,
    ledger,
    people,
    rhythm,
    schema,
    sizes,
    storage,
    synchronisation,
    versions,
)

_NO_RUN = "no changeset belongs to a group"


class Rule(NamedTuple):
    """One rule.

    Parameters
    ----------
    name
        What its findings are called.
    find
        The function.
    needs
        Which parts of the evidence it cannot do without.
    """

    name: str
    find: Callable[[Evidence], Iterable[Finding]]
    needs: tuple[str, ...] = ()


RULES = (
    Rule("chain break", ledger.chain_breaks),
    Rule("repeated id", ledger.repeated_ids),
    Rule("waiting for file", ledger.left_waiting),
    Rule("unknown state", ledger.unknown_states),
    Rule("dates backwards", ledger.dates_backwards),
    Rule("size outlier", sizes.size_outliers),
    Rule("storage pace", storage.storage_pace),
    Rule("stalled synchronisation", synchronisation.stalled, ("runs",)),
    Rule("failed run", synchronisation.failed_runs, ("groups",)),
    Rule("schema storm", schema.schema_storms),
    Rule("contention", contention.contention),
    Rule("checkpoint debt", versions.debt, ("checkpoints_or_versions",)),
    Rule("failed checkpoints", versions.failed_checkpoints, ("checkpoints",)),
    Rule("milestone overdue", versions.milestone_overdue, ("named_versions",)),
    Rule("milestone contents", versions.milestone_contents, ("named_versions",)),
    Rule("hand-over", people.hand_overs),
    Rule("concentration", people.concentration),
    Rule("off hours", rhythm.off_hours),
)

_REASONS = {
    "runs": _NO_RUN,
    "groups": "groups were not given; fetch_changeset_groups gives them",
    "checkpoints": "checkpoints were not given; fetch_checkpoints gives them",
    "named_versions": "named_versions were not given; fetch_named_versions gives them",
    "checkpoints_or_versions": "neither checkpoints nor named_versions were given",
}


def lacks(rule: Rule, evidence: Evidence) -> str | None:
    """Say what a rule cannot do without and was not given, if there is such a thing."""
    return next((_REASONS[need] for need in rule.needs if getattr(evidence, need) is None), None)
