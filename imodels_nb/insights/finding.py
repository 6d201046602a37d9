"""One finding, and the frame of many."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import pandas as pd

SEVERITIES = ["info", "notice", "warning", "critical"]
"""From good to know to act now."""

MOST_APART = 5
"""So many findings of one rule are told one by one; more are told in one sentence."""

COLUMNS: dict[str, Any] = {
    "rule": "str",
    "severity": pd.CategoricalDtype(SEVERITIES, ordered=True),
    "sentence": "str",
    "first_index": "Int64",
    "last_index": "Int64",
    "changesets": "int64",
    "threshold": "str",
    "advice": "str",
}


class Finding(NamedTuple):
    """One conclusion.

    Parameters
    ----------
    severity
        One of :data:`SEVERITIES`.
    sentence
        What was found, with its numbers.
    first_index, last_index
        Where, both inclusive; ``None`` where it concerns no changeset.
    changesets
        How many changesets it concerns.
    threshold
        What had to be passed for it to be said.
    advice
        What to do.
    """

    severity: str
    sentence: str
    first_index: int | None
    last_index: int | None
    changesets: int
    threshold: str
    advice: str


def told(found: Sequence[Finding], together: Callable[[Sequence[Finding]], str]) -> Iterable[Finding]:
    """Tell findings of one rule one by one if they are few, and else in one sentence.

    Parameters
    ----------
    found
        What was found, in any order.
    together
        How to say all of it.
    """
    if len(found) <= MOST_APART:
        return found
    firsts = [one.first_index for one in found if one.first_index is not None]
    lasts = [one.last_index for one in found if one.last_index is not None]
    worst = max(found, key=lambda one: SEVERITIES.index(one.severity))
    return [
        worst._replace(
            sentence=together(found),
            first_index=min(firsts, default=None),
            last_index=max(lasts, default=None),
            changesets=sum(one.changesets for one in found),
        )
    ]


def findings_frame(named: Iterable[tuple[str, Finding]]) -> pd.DataFrame:
    """Put findings into a frame, the severest first, then by where they begin.

    Parameters
    ----------
    named
        Each finding with the name of its rule.
    """
    frame = pd.DataFrame([(rule, *one) for rule, one in named], columns=list(COLUMNS)).astype(COLUMNS)
    order = frame.assign(rank=-frame["severity"].cat.codes.astype("int64"))
    order = order.sort_values(["rank", "first_index", "last_index"], kind="stable")
    return frame.loc[order.index].reset_index(drop=True)
