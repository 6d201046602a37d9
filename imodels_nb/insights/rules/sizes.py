"""Size outliers: files far larger than what this iModel is used to."""

from collections.abc import Iterable, Sequence

import numpy as np

from imodels_nb._format import format_bytes, format_count, format_ratio
from imodels_nb.insights.evidence import Evidence, Ints
from imodels_nb.insights.finding import Finding, told
from imodels_nb.insights.robust import centre_and_spread

FEWEST = 20
SCORE = 3.5
HEAVY = 400_000_000
ALONE = 2.5
_ERROR = 1.17  # of the median absolute deviation of a normal sample, times the root of its size
_THRESHOLD = (
    f"a modified z-score of log size above {SCORE}, more in small samples, and {ALONE:g} times the largest other file; "
    f"a warning from {format_bytes(HEAVY)}"
)
_ADVICE = (
    "Find out what was pushed there; everybody who opens the iModel from before it has to download and apply it. "
    "Publish a named version behind it, and push large imports in parts."
)


def size_outliers(evidence: Evidence) -> Iterable[Finding]:
    """Find files that stand out by size.

    Sizes spread over orders of magnitude, so their logarithms are judged, by the modified z-score with its usual limit
    of 3.5 (Iglewicz and Hoaglin, 1993), raised by the standard error of the deviation in small samples. A heavy tail
    has large files of its own: an outlier also stands alone. From 400 MB on it is a warning: such a file has run
    clients out of memory (imodel-native issue 781; itwinjs-core issues 7553 and 7607). Needs at least 20 uploaded files
    that are not empty.
    """
    sized = np.flatnonzero(evidence.uploaded & (evidence.size > 0))
    if len(sized) < FEWEST:
        return ()
    sizes = evidence.size[sized]
    far, ordinary = _far(sizes)
    return told([_finding(evidence, int(sized[at]), ordinary) for at in far], lambda all_: _together(all_, sizes[far]))


def _far(sizes: Ints) -> tuple[Ints, float]:
    """Give where the outliers are, and the median size."""
    logs = np.log(sizes)
    centre, spread = centre_and_spread(logs)
    far = logs > centre + SCORE * spread * (1 + _ERROR / np.sqrt(len(logs)))
    if not spread or far.all() or not far.any():
        return np.zeros(0, dtype=np.int64), 0.0
    alone = far & (sizes >= ALONE * sizes[~far].max())
    return np.flatnonzero(alone), float(np.exp(centre))


def _finding(evidence: Evidence, position: int, ordinary: float) -> Finding:
    size, index = int(evidence.size[position]), int(evidence.index[position])
    return Finding(
        severity="warning" if size >= HEAVY else "notice",
        sentence=(
            f"Changeset {index:,} holds {format_bytes(size)}, {format_ratio(size / ordinary)} the median of "
            f"{format_bytes(round(ordinary))}; {evidence.who(evidence.creator[position])} pushed it on "
            f"{evidence.date(position)}."
        ),
        first_index=index,
        last_index=index,
        changesets=1,
        threshold=_THRESHOLD,
        advice=_ADVICE,
    )


def _together(found: Sequence[Finding], sizes: Ints) -> str:
    largest = found[int(np.argmax(sizes))].first_index
    return (
        f"{format_count(len(found), 'changeset')} stand out by size, {format_bytes(int(sizes.sum()))} together; the "
        f"largest is changeset {largest:,} with {format_bytes(int(sizes.max()))}."
    )
