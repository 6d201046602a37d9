"""All rules, one module for each family.

To add a rule, write a function from :class:`TimelineData` to findings in the module of its family, and add a
:class:`Rule` to the module's ``RULES``.
"""

from imodels_nb.insights.rules import (
    concurrency,
    deletions,
    departures,
    edits,
    ended_jobs,
    growth,
    integrity,
    people_and_hours,
    rhythm,
    sizes,
    synchronization,
    versions,
)

RULES = (
    *integrity.RULES,
    *rhythm.RULES,
    *sizes.RULES,
    *growth.RULES,
    *synchronization.RULES,
    *ended_jobs.RULES,
    *concurrency.RULES,
    *versions.RULES,
    *departures.RULES,
    *people_and_hours.RULES,
    *deletions.RULES,
    *edits.RULES,
)
"""All rules, in the order in which reports list them."""
