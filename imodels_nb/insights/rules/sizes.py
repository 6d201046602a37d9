"""Rules about file sizes."""

from collections.abc import Iterable

import numpy as np

from imodels_nb._format import format_bytes, format_ratio
from imodels_nb.insights.rule import Finding, Rule, join_words, merge_findings
from imodels_nb.insights.statistics import Ints
from imodels_nb.insights.timeline import TimelineData

MIN_FILES = 20
HEAVY_BYTES = 400_000_000
MIN_BYTES = 1_000_000
MIN_DISTANCE = 2.5  # ratio to the next largest file
MAX_OUTLIERS = 3
MAX_OUTLIER_SHARE = 0.002  # share of the files
MAX_CHANCE = 0.01
MAX_NAMED = 3  # files in a sentence
_TAIL = 20  # files
_OUTLIER_THRESHOLD = (
    f"{format_bytes(MIN_BYTES)} or more, and {MIN_DISTANCE:g} times the next largest file; a warning from "
    f"{format_bytes(HEAVY_BYTES)}"
)
_OUTLIER_ADVICE = "Find out what was pushed. Publish a named version after it, and push large imports in parts."


def _find_size_outliers(timeline: TimelineData) -> Iterable[Finding]:
    positions = np.flatnonzero(timeline.is_uploaded & (timeline.size > 0))
    if len(positions) < MIN_FILES:
        return ()
    sizes = timeline.size[positions]
    count, chance, limit = _count_outliers(sizes)
    if not count:
        return ()
    top = np.flatnonzero(sizes >= limit)
    largest = positions[top[np.argsort(-sizes[top], kind="stable")]][: count + 1]
    found = [
        _build_size_outlier(timeline, (int(position), int(largest[-1])), sizes, chance) for position in largest[:-1]
    ]
    if count < MAX_NAMED:
        return found
    return [merge_findings(found, _describe_outliers(timeline, largest))]


def _count_outliers(sizes: Ints) -> tuple[int, float, int]:
    """Return the number of outliers, the chance of it, and the next largest size.

    In a heavy tail the distances of the logarithms, each multiplied by its rank, are alike (Rényi 1953). So the mean of
    the distances that follow tells how likely a larger one is.
    """
    most = max(MAX_OUTLIERS, int(MAX_OUTLIER_SHARE * len(sizes)))
    top = np.sort(np.partition(sizes, -min(len(sizes), most + _TAIL + 1))[-(most + _TAIL + 1) :])[::-1]
    distance = np.log(top[:-1] / top[1:])
    weighted = np.arange(1, len(top)) * distance
    best = (0, 1.0, 0)
    for count in range(1, min(most, len(top) - 2) + 1):
        usual = float(np.mean(weighted[count : count + _TAIL]))
        chance = (
            float(count**2 * np.exp(-weighted[count - 1] / usual)) if usual > 0 else 0.0
        )  # larger with each count tried
        is_far = top[count - 1] >= MIN_DISTANCE * top[count] and top[count - 1] >= MIN_BYTES
        if is_far and chance < best[1] and (chance < MAX_CHANCE or top[count - 1] >= HEAVY_BYTES):
            best = (count, chance, int(top[count]))
    return best


def _build_size_outlier(timeline: TimelineData, positions: tuple[int, int], sizes: Ints, chance: float) -> Finding:
    position, next_position = positions
    size = int(timeline.size[position])
    next_size = int(timeline.size[next_position])
    index = int(timeline.index[position])
    share = size / max(int(sizes.sum()), 1)
    return Finding(
        severity="warning" if size >= HEAVY_BYTES else "notice",
        sentence=(
            f"On {timeline.format_day(position)} {timeline.format_account(timeline.creator[position])} pushed a file "
            f"of {format_bytes(size)} (changeset {index:,}). The next largest file has {format_bytes(next_size)}, and "
            f"a usual one {format_bytes(round(float(np.median(sizes))))}."
        ),
        first_index=index,
        last_index=index,
        changesets=1,
        statistic=f"{format_ratio(size / next_size)} the next largest file; {share:.0%} of all bytes",
        chance=chance,
        stake=1.0 if size >= HEAVY_BYTES else min(1.0, 0.6 + share),
    )


def _describe_outliers(timeline: TimelineData, largest: Ints) -> str:
    named = [
        f"changeset {timeline.index[position]:,} with {format_bytes(int(timeline.size[position]))} on "
        f"{timeline.format_day(int(position))}"
        for position in largest[:MAX_NAMED]
    ]
    which = "" if len(largest) - 1 == MAX_NAMED else "The largest are "
    return (
        f"{len(largest) - 1} files are far larger than all others, of which the largest has "
        f"{format_bytes(int(timeline.size[largest[-1]]))}. {which or 'They are '}{join_words(named)}."
    )


RULES = (
    Rule(
        "size outlier",
        _find_size_outliers,
        looks_for="Files that are far larger than all others.",
        threshold=_OUTLIER_THRESHOLD,
        why="Everyone who opens an older copy of the iModel has to download and apply this file.",
        advice=_OUTLIER_ADVICE,
        method=(
            f"At most {MAX_OUTLIERS} files, or {MAX_OUTLIER_SHARE:.1%} of all, are outliers. Their distance from the "
            f"next file is compared with the distances between the {_TAIL} files that follow. So large a distance has "
            f"a chance below {MAX_CHANCE:.0%} (Rényi 1953), or the file has {format_bytes(HEAVY_BYTES)}. A multiple of "
            "the usual size would find too many files, since sizes differ by orders of magnitude. Files of "
            f"{format_bytes(HEAVY_BYTES)} have made clients run out of memory (imodel-native issue 781; itwinjs-core "
            f"issues 7553 and 7607). At least {MIN_FILES} uploaded files that are not empty are needed."
        ),
    ),
)
