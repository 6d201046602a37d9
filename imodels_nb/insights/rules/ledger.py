"""The ledger's integrity: files that never came, breaks in the chain, and dates that run backwards."""

from collections.abc import Iterable

import numpy as np

from imodels_nb._format import format_count
from imodels_nb.insights.evidence import Bools, Evidence
from imodels_nb.insights.finding import Finding, told
from imodels_nb.insights.robust import rows_in_a_row

PATIENCE_S = 3600
SKEW_S = 300


def left_waiting(evidence: Evidence) -> Iterable[Finding]:
    """Find changesets whose file never came.

    A push is first ``waitingForFile`` and then ``fileUploaded``. One that others have passed, or that is more than an
    hour old, was left behind, and nobody can open the iModel from beyond it.
    """
    waiting = evidence.waiting
    if not waiting.any():
        return ()
    passed = len(evidence) - 1 - int(np.argmax(evidence.uploaded[::-1])) if evidence.uploaded.any() else -1
    old = int(evidence.now.timestamp()) - evidence.second > PATIENCE_S
    left = waiting & (old | (np.arange(len(evidence)) < passed))
    found = [_waiting(evidence, first, end - 1) for first, end in rows_in_a_row(left).tolist()]
    return told(
        found, lambda _: f"{format_count(int(left.sum()), 'changeset')} here and there still wait for their file."
    )


def _waiting(evidence: Evidence, first: int, last: int) -> Finding:
    count, index = last - first + 1, (int(evidence.index[first]), int(evidence.index[last]))
    which = f"Changeset {index[0]:,}" if count == 1 else f"{count:,} changesets from {index[0]:,} to {index[1]:,}"
    who = evidence.who(evidence.creator[first])
    return Finding(
        severity="warning",
        sentence=f"{which} still {'waits' if count == 1 else 'wait'} for {'its' if count == 1 else 'their'} file, "
        f"{'' if count == 1 else 'the first '}pushed by {who} on {evidence.date(first)}.",
        first_index=index[0],
        last_index=index[1],
        changesets=count,
        threshold=f"waitingForFile, and passed by an uploaded changeset or more than {PATIENCE_S // 60} minutes old",
        advice="Ask who pushed it to push again; until the file is there, pulls stop before it.",
    )


def unknown_states(evidence: Evidence) -> Iterable[Finding]:
    """Find changesets of a state that is neither ``waitingForFile`` nor ``fileUploaded``, or of none."""
    rows = np.flatnonzero(~evidence.uploaded & ~evidence.waiting)
    if not len(rows):
        return ()
    states = evidence.changesets["state"].iloc[rows]
    names = [f"“{state}”" for state in sorted(set(states.dropna().astype("str")))]
    names += ["missing"] * bool(states.isna().any())
    have = format_count(len(rows), "changeset has", "changesets have")
    return [
        Finding(
            severity="notice",
            sentence=f"{have} a state that is unknown here: {', '.join(names)}.",
            first_index=int(evidence.index[rows[0]]),
            last_index=int(evidence.index[rows[-1]]),
            changesets=len(rows),
            threshold="a state other than waitingForFile and fileUploaded",
            advice="Look the state up in the API's documentation. Here these changesets do not count as uploaded.",
        )
    ]


def chain_breaks(evidence: Evidence) -> Iterable[Finding]:
    """Find changesets whose parent is not the changeset before them.

    The id of a changeset is a checksum of its contents and its parent (itwinjs-core pull request 1866), so a break
    means that changesets are missing here, or were replaced. A parent that the API left out is unknown, not wrong; and
    the index may leave numbers out as long as the chain holds.
    """
    if len(evidence) < 2:  # noqa: PLR2004 - a chain has two links
        return ()
    broken = 1 + np.flatnonzero(_broken(evidence))
    if not len(broken):
        return ()
    return told(
        [_break(evidence, int(position)) for position in broken],
        lambda all_: f"The chain of parents is broken at {format_count(len(all_), 'place')}.",
    )


def _broken(evidence: Evidence) -> Bools:
    parents, ids = evidence.changesets["parent_id"].array[1:], evidence.changesets["id"].array[:-1]
    same = np.asarray(parents == ids, dtype=np.bool_)
    if same.all():
        return ~same
    return ~same & ~np.asarray(parents.isna(), dtype=np.bool_)


def _break(evidence: Evidence, position: int) -> Finding:
    index, before = int(evidence.index[position]), int(evidence.index[position - 1])
    missing = index - before - 1
    gap = (
        f"; {format_count(missing, 'number')} of the index {'is' if missing == 1 else 'are'} left out"
        if missing
        else ""
    )
    return Finding(
        severity="critical",
        sentence=f"Changeset {index:,} does not follow from changeset {before:,}: its parent is another{gap}.",
        first_index=before,
        last_index=index,
        changesets=1,
        threshold="a known parent that is not the id of the changeset before",
        advice="Fetch the timeline anew without a cache, and if the break stays, tell the iModel's administrator.",
    )


def repeated_ids(evidence: Evidence) -> Iterable[Finding]:
    """Find ids that stand there twice.

    A repeated id cannot follow from the changeset before it, so it is looked for where the chain is broken.
    """
    if len(evidence) < 2 or not _broken(evidence).any():  # noqa: PLR2004 - as above
        return ()
    ids = evidence.changesets["id"]
    again = np.flatnonzero(ids.duplicated().to_numpy() & ids.notna().to_numpy())
    found = [_repeated(evidence, int(position)) for position in again]
    return told(found, lambda all_: f"{format_count(len(all_), 'changeset')} have the id of an earlier one.")


def _repeated(evidence: Evidence, position: int) -> Finding:
    index = int(evidence.index[position])
    return Finding(
        severity="critical",
        sentence=f"Changeset {index:,} has the id of an earlier changeset.",
        first_index=index,
        last_index=index,
        changesets=1,
        threshold="an id that stands there twice",
        advice="Fetch the timeline anew without a cache; ids are checksums, and no two changesets share one.",
    )


def dates_backwards(evidence: Evidence) -> Iterable[Finding]:
    """Find pushes that are dated before the push that they follow.

    The service sets the date as it takes the push, so dates ascend with the index; a few minutes may be clocks.
    """
    back = 1 + np.flatnonzero(np.diff(evidence.second) < 0)
    found = [_backwards(evidence, int(position)) for position in back]
    return told(
        found,
        lambda all_: (
            f"The dates run backwards at {format_count(len(all_), 'place')}, by up to "
            f"{_duration(int(-np.diff(evidence.second).min()))}."
        ),
    )


def _backwards(evidence: Evidence, position: int) -> Finding:
    index, before = int(evidence.index[position]), int(evidence.index[position - 1])
    by = int(evidence.second[position - 1] - evidence.second[position])
    return Finding(
        severity="warning" if by > SKEW_S else "notice",
        sentence=f"Changeset {index:,} is dated {_duration(by)} before changeset {before:,}, which it follows.",
        first_index=before,
        last_index=index,
        changesets=1,
        threshold=f"a date before that of the changeset before; a warning from more than {SKEW_S // 60} minutes",
        advice="Do not order by date here; if it is more than a few minutes, ask the service's support.",
    )


def _duration(seconds: int) -> str:
    for length, name in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= length:
            return format_count(seconds // length, name)
    return format_count(seconds, "second")
