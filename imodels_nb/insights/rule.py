"""Rules and the findings that they return."""

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple, get_args

from imodels_nb.insights.timeline import TimelineData

Severity = Literal["info", "notice", "warning", "critical"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""Severities, the lowest first."""

SEVERITY_MARKS: dict[Severity, str] = dict(zip(SEVERITIES, "○●▲■", strict=True))
"""A mark for each severity, so that it does not depend on color."""

MAX_SEPARATE = 5
"""Largest number of findings of one rule that are listed one by one. More are summarized in one finding."""

_MISSING_INPUTS = {
    "runs": "no changeset belongs to a group",
    "groups": "groups is missing; pass the frame of fetch_changeset_groups",
    "checkpoints": "checkpoints is missing; pass the frame of fetch_checkpoints",
    "named_versions": "named_versions is missing; pass the frame of fetch_named_versions",
    "checkpoints_or_versions": "checkpoints and named_versions are missing; pass one of them",
    "changes": "changes is missing; pass the frame of fetch_changes",
    "storage_limit": "storage_limit is missing; pass a number of bytes",
}


class Finding(NamedTuple):
    """One result of a rule.

    Parameters
    ----------
    severity
        One of :data:`SEVERITIES`.
    sentence
        What happened, with its numbers.
    first_index, last_index
        Index range, both inclusive. ``None`` if the finding concerns no changeset.
    changesets
        Number of changesets that it concerns.
    threshold
        The limit that was exceeded; that of the rule by default.
    advice
        What to do next; that of the rule by default.
    statistic
        The figures behind the sentence, with the chance of it.
    chance
        Probability that ordinary data give such a finding, NaN if it was not computed.
    evidence
        Index ranges of the single events, if the finding has several.
    stake
        What is at stake, from 0 to 1: a share of pushes, bytes or time. Findings of one severity are ranked by it.
    """

    severity: Severity
    sentence: str
    first_index: int | None
    last_index: int | None
    changesets: int
    threshold: str = ""
    advice: str = ""
    statistic: str = ""
    chance: float = float("nan")
    evidence: tuple[tuple[int, int], ...] = ()
    stake: float = 0.3

    @property
    def ranges(self) -> tuple[tuple[int, int], ...]:
        """Index ranges of the events, or of the finding if it has no evidence."""
        if self.first_index is None or self.last_index is None:
            return ()
        return self.evidence or ((self.first_index, self.last_index),)


class Rule(NamedTuple):
    """A rule: a pure function from timeline data to findings, and its description.

    Parameters
    ----------
    name
        Identifier of the rule in the findings frame.
    find
        The function. It returns no finding where the data give no reason for one.
    looks_for
        What the rule looks for, as a sentence without a subject: "Files that ...".
    method
        How it decides, with its sources. Reports print it.
    requires
        Attributes of :class:`TimelineData` that must not be ``None``.
    threshold
        The limit that is exceeded.
    why
        Why it matters.
    advice
        What to do next.
    explains
        Names of the rules whose findings about the same changesets are the same event.
    is_optional
        Whether the rule is checked only on request, with an argument of its own.
    is_event
        Whether it reports events that are over. A warning about one of more than a year ago is a notice.
    """

    name: str
    find: Callable[[TimelineData], Iterable[Finding]]
    looks_for: str
    method: str = ""
    requires: tuple[str, ...] = ()
    threshold: str = ""
    why: str = ""
    advice: str = ""
    explains: tuple[str, ...] = ()
    is_optional: bool = False
    is_event: bool = False

    def check(self, timeline: TimelineData) -> list[Finding]:
        """Return the findings, each with its own threshold and advice or the rule's."""
        return [
            finding._replace(threshold=finding.threshold or self.threshold, advice=finding.advice or self.advice)
            for finding in self.find(timeline)
        ]


def find_missing_input(rule: Rule, timeline: TimelineData) -> str | None:
    """Return why a rule cannot be checked, or ``None`` if it has all that it requires."""
    return next((_MISSING_INPUTS[name] for name in rule.requires if getattr(timeline, name) is None), None)


def summarize(
    findings: Sequence[Finding], describe: Callable[[Sequence[Finding]], str], most: int = MAX_SEPARATE
) -> Sequence[Finding]:
    """Return a few findings of one rule as they are, and many as one.

    Parameters
    ----------
    findings
        Findings of one rule, in any order.
    describe
        Function that returns the sentence for all of them.
    most
        Largest number of findings that are returned as they are.
    """
    return findings if len(findings) <= most else [merge_findings(findings, describe(findings))]


def merge_findings(findings: Sequence[Finding], sentence: str) -> Finding:
    """Return one finding for several of a rule, with the range of all of them."""
    firsts = [finding.first_index for finding in findings if finding.first_index is not None]
    lasts = [finding.last_index for finding in findings if finding.last_index is not None]
    worst = max(findings, key=lambda finding: (SEVERITIES.index(finding.severity), finding.stake))
    return worst._replace(
        sentence=sentence,
        first_index=min(firsts, default=None),
        last_index=max(lasts, default=None),
        changesets=sum(finding.changesets for finding in findings),
        evidence=tuple(index_range for finding in findings for index_range in finding.ranges),
    )


def join_words(words: Sequence[str]) -> str:
    """Return a list as English text.

    Examples
    --------
    >>> join_words(["a"]), join_words(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
