"""People, as roles: one takes over from another, or much rests on one. Never a ranking."""

from collections.abc import Iterable

import numpy as np

from imodels_nb._format import format_count
from imodels_nb.insights.evidence import DAY_S, Bools, Evidence, Ints
from imodels_nb.insights.finding import Finding, told
from imodels_nb.insights.robust import Floats

CHANCE = 0.001
FEWEST = 5
SOON = 8
ALIKE = 4.0
SHARE = 0.8
DAYS = 90
ENOUGH = 20


def hand_overs(evidence: Evidence) -> Iterable[Finding]:
    """Find who took over from whom: one stops for good about when another begins.

    Counted in pushes by hand, so holidays do not matter. Whoever makes a share `a` of them while active stays silent
    for the next `n` with a chance of (1 - a) to the power of n, and the same holds before somebody's first.
    """
    rows = evidence.by_hand
    who = evidence.creator[rows]
    rows, who = rows[who >= 0], who[who >= 0].astype(np.int64)
    if len(rows) < 2 * FEWEST:
        return ()
    count = np.bincount(who)
    first, last = np.zeros(len(count), dtype=np.int64), np.zeros(len(count), dtype=np.int64)
    first[who[::-1]], last[who] = np.arange(len(rows))[::-1], np.arange(len(rows))
    share = count / (last - first + 1)
    left = np.flatnonzero((count >= FEWEST) & _silent(share, len(rows) - 1 - last))
    came = np.flatnonzero((count >= FEWEST) & _silent(share, first))
    found = [_pair(evidence, rows, (int(one), int(last[one])), (first, share), came) for one in left]
    return told(
        [one for one in found if one], lambda all_: f"{format_count(len(all_), 'person', 'people')} handed over."
    )


def _silent(share: Floats, pushes: Ints) -> Bools:
    return np.asarray((1 - np.minimum(share, 0.99)) ** pushes < CHANCE)


def _pair(
    evidence: Evidence,
    rows: Ints,
    leaver: tuple[int, int],
    others: tuple[Ints, Floats],
    came: Ints,
) -> Finding | None:
    (who, last), (first, share) = leaver, others
    near = SOON / np.minimum(share[who], share[came])
    alike = np.maximum(share[who] / share[came], share[came] / share[who]) <= ALIKE
    heirs = came[(np.abs(first[came] - last) <= near) & alike & (came != who)]
    if not len(heirs):
        return None
    heir = int(heirs[np.argmin(np.abs(first[heirs] - last))])
    gone, there = int(rows[last]), int(rows[first[heir]])
    ends = sorted((int(evidence.index[gone]), int(evidence.index[there])))
    return Finding(
        severity="notice",
        sentence=(
            f"{evidence.who(who)} pushed for the last time on {evidence.date(gone)}, {evidence.who(heir)} for the "
            f"first on {evidence.date(there)}: that looks like a hand-over."
        ),
        first_index=ends[0],
        last_index=ends[1],
        changesets=evidence.between(*ends),
        threshold=(
            f"one stops and another begins within {SOON} of their usual pushes; both silent otherwise so long that "
            f"chance explains it with less than {CHANCE:.1%}"
        ),
        advice="See that the briefcases and locks of who left are released, and that somebody knows their part.",
    )


def concentration(evidence: Evidence) -> Iterable[Finding]:
    """Find an iModel whose work by hand rests on one account.

    What the last 90 days have; at least 20 pushes by hand, and four fifths of them by one.
    """
    rows = evidence.by_hand
    if not len(rows):
        return
    rows = rows[evidence.second[rows] >= evidence.second[rows].max() - DAYS * DAY_S]
    who = evidence.creator[rows]
    known = who[who >= 0]
    if len(known) < ENOUGH:
        return
    count = np.bincount(known)
    most = int(np.argmax(count))
    if count[most] < SHARE * len(rows):
        return
    yield Finding(
        severity="info",
        sentence=(
            f"One account, {evidence.who(most)}, made {count[most]:,} of the "
            f"{format_count(len(rows), 'push', 'pushes')} by hand in the last {DAYS} days."
        ),
        first_index=int(evidence.index[rows.min()]),
        last_index=int(evidence.index[rows.max()]),
        changesets=int(count[most]),
        threshold=f"{SHARE:.0%} of at least {ENOUGH} pushes that belong to no group, in {DAYS} days",
        advice="See that a second person knows this part, and holds the permission to go on with it.",
    )
