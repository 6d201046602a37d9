"""All rules, one module for each family.

To add a rule, write a function from :class:`TimelineData` to findings in the module of its family, and add a
:class:`Rule` to the module's ``RULES``.
"""

from imodels_nb.insights.rules import (
    concurrency,
    integrity,
    people_and_hours,
    sizes_and_storage,
    synchronization,
    versions,
)

RULES = (
    *integrity.RULES,
    *sizes_and_storage.RULES,
    *synchronization.RULES,
    *concurrency.RULES,
    *versions.RULES,
    *people_and_hours.RULES,
)
"""All rules, in the order in which reports list them."""
