"""Schema changes: runs in a row that change the schema, and who else was at work."""

from collections.abc import Iterable
from itertools import chain

import numpy as np

from imodels_nb._format import format_count
from imodels_nb.insights.evidence import Bools, Evidence, Ints
from imodels_nb.insights.finding import Finding, told

FEWEST = 5
APART = 3
CHANCE = 0.01
_THRESHOLD = (
    f"at least {FEWEST} schema changes, each among the {APART} runs or pushes after the one before, and more than the "
    f"rate elsewhere gives with a {CHANCE:.0%} chance"
)
_ADVICE = (
    "A schema change takes the exclusive lock, and everybody has to pull it before they push. Let the connector bring "
    "schemas in one run, out of office hours, and publish a named version behind it."
)


def schema_storms(evidence: Evidence) -> Iterable[Finding]:
    """Find schema changes that come one after another.

    A schema change has to be a changeset of its own, under a lock that shuts everybody else out (itwinjs-core,
    *ConcurrencyControl* and *SchemaSync*: "this lock is disruptive"). One run is nothing; a row of them is. Runs of
    the synchronisation are judged among runs, pushes by hand among those.
    """
    runs = evidence.runs
    found = list(_storms(evidence, "push", evidence.by_hand, evidence.by_hand, evidence.schema[evidence.by_hand]))
    if runs is not None:
        changed = np.logical_or.reduceat(evidence.schema[runs.positions], runs.starts)
        found = [*chain(found, _storms(evidence, "run", runs.first, runs.last, changed))]
    return told(found, lambda all_: f"{format_count(len(all_), 'time')} the schema changed again and again.")


def _storms(evidence: Evidence, unit: str, first: Ints, last: Ints, changed: Bools) -> Iterable[Finding]:
    marks = np.flatnonzero(changed)
    if len(marks) < FEWEST:
        return
    for cluster in np.split(marks, 1 + np.flatnonzero(np.diff(marks) > APART)):
        if len(cluster) >= max(FEWEST, _by_chance(len(changed), marks, cluster)):
            yield _storm(evidence, unit, len(cluster), (int(first[cluster[0]]), int(last[cluster[-1]])))


def _by_chance(units: int, marks: Ints, cluster: Ints) -> float:
    """Give the length of cluster that the rate outside of this one brings about with the set chance."""
    outside = max(units - int(cluster[-1] - cluster[0] + 1), 1)
    rate = min((len(marks) - len(cluster) + 1) / outside, 1.0)
    goes_on = 1 - (1 - rate) ** APART
    return float(1 + np.log(CHANCE / (units * rate)) / np.log(goes_on)) if goes_on < 1 else np.inf


def _storm(evidence: Evidence, unit: str, count: int, ends: tuple[int, int]) -> Finding:
    first, last = ends
    within = slice(first, last + 1)
    schema = np.flatnonzero(evidence.schema[within]) + first
    first, last = int(schema[0]), int(schema[-1])
    others = ~np.isin(evidence.briefcase[first : last + 1], np.unique(evidence.briefcase[schema]))
    briefcases = len(np.unique(evidence.briefcase[first : last + 1][others]))
    what = "synchronisation run" if unit == "run" else "push by hand"
    many = "synchronisation runs" if unit == "run" else "pushes by hand"
    disruption = (
        f"; {format_count(int(others.sum()), 'push', 'pushes')} from {format_count(briefcases, 'other briefcase')} "
        "came in between"
        if briefcases
        else ""
    )
    return Finding(
        severity="warning",
        sentence=(
            f"{format_count(count, what, many)} in close succession changed the schema, from {evidence.date(first)} to "
            f"{evidence.date(last)}{disruption}."
        ),
        first_index=int(evidence.index[first]),
        last_index=int(evidence.index[last]),
        changesets=last - first + 1,
        threshold=_THRESHOLD,
        advice=_ADVICE,
    )
