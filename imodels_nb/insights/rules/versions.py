"""Rules about named versions and their checkpoints."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from imodels_nb._format import format_bytes, format_count, format_ratio
from imodels_nb.insights.checkpoint_debt import build_debt
from imodels_nb.insights.named_versions import drop_hidden, summarize_versions
from imodels_nb.insights.rule import Finding, Rule, merge_findings, summarize
from imodels_nb.insights.statistics import compute_median_and_mad, find_true_runs
from imodels_nb.insights.timeline import TimelineData

USUAL_DISTANCE = 60  # changesets between checkpoints
MAX_DELAY = 2.0  # ratio to the usual distance
MAX_GAP_SCORE = 3.5  # modified z-score of the logarithm
MIN_GAP_RATIO = 3.0  # ratio to the median number of changesets
MIN_VERSIONS = 5  # visible ones, for a median
MIN_TOGETHER = 2  # findings that are joined to one
_MIN_FAILURES = 2  # failures in a row that are a warning
_CHECKPOINT_ADVICE = "Have the checkpoints scheduled again (PUT on the checkpoint of the named version)."


def _find_checkpoint_debt(timeline: TimelineData) -> Iterable[Finding]:
    debt = build_debt(timeline, timeline.checkpoints, timeline.named_versions)
    last = int(debt["changesets"].iloc[-1])
    checkpoints = np.unique(debt["checkpoint_index"])
    distances = np.append(np.diff(np.searchsorted(timeline.index, checkpoints, side="right")), 0)
    farthest = int(distances.max())
    usual = MAX_DELAY * float(np.median(distances[:-1])) if len(checkpoints) > 1 else 0
    limit = max(USUAL_DISTANCE, farthest, usual)
    if last <= limit:
        return
    suggested = debt.index[debt["suggested"]]
    first = int(timeline.index[np.searchsorted(timeline.index, checkpoints[-1], side="right")])
    checkpoint = int(checkpoints[-1])
    since = f"the checkpoint at {checkpoint:,}" if checkpoint else "the baseline"
    size = format_bytes(int(debt["bytes"].iloc[-1]))
    yield Finding(
        severity="warning" if last > MAX_DELAY * max(USUAL_DISTANCE, farthest) else "notice",
        sentence=f"To open the tip, {format_count(last, 'changeset')} with {size} since {since} must be applied.",
        first_index=first,
        last_index=int(timeline.index[-1]),
        changesets=timeline.count_in_range(first, int(timeline.index[-1])),
        threshold=(
            f"more than {limit:,.0f} changesets: the largest of {USUAL_DISTANCE}, {MAX_DELAY:g} times the median "
            f"distance of checkpoints, and the largest distance so far; a warning from {MAX_DELAY:g} times that"
        ),
        advice=f"Publish a named version at changeset {int(suggested[-1]):,}."
        if len(suggested)
        else "Publish a named version once the files have arrived.",
    )


def _find_failed_checkpoints(timeline: TimelineData) -> Iterable[Finding]:
    frame = timeline.checkpoints
    if frame is None:
        return ()
    frame = frame.sort_index()
    frame = frame[(frame.index >= timeline.index[0]) & (frame.index <= timeline.index[-1])]
    is_failed = (frame["state"].astype("str") == "failed").to_numpy()
    index = frame.index.to_numpy(np.int64)
    return summarize(
        [
            _build_failed_checkpoint(timeline, end - first, int(index[first]), int(index[end - 1]))
            for first, end in find_true_runs(is_failed).tolist()
        ],
        lambda _: f"{format_count(int(is_failed.sum()), 'checkpoint')} failed.",
    )


def _build_failed_checkpoint(timeline: TimelineData, count: int, first: int, last: int) -> Finding:
    is_lasting = count >= _MIN_FAILURES
    versions = format_count(count, "named version")
    return Finding(
        severity="warning" if is_lasting else "notice",
        sentence=f"The checkpoints of {versions} in a row failed, from changeset {first:,} to {last:,}."
        if is_lasting
        else f"The checkpoint of the named version at changeset {first:,} failed.",
        first_index=first,
        last_index=last,
        changesets=timeline.count_in_range(first, last),
        stake=min(1.0, 0.1 + count / 10) if is_lasting else 0.1,
    )


def _find_overdue_version(timeline: TimelineData) -> Iterable[Finding]:
    table = _summarize_visible(timeline)
    if table is None:
        return
    is_since = timeline.index > table.index[-1]
    count = int(is_since.sum())
    days = (timeline.now - table["created_date_time"].iloc[-1]).total_seconds() / 86_400
    usual_count = float(table["changesets"].median())
    usual_days = float(table["days"].median())
    count_limit = max(MAX_DELAY * usual_count, float(table["changesets"].max()))
    if count <= count_limit or not days > max(MAX_DELAY * usual_days, float(table["days"].max())):
        return
    were = format_count(count, "changeset was", "changesets were")
    yield Finding(
        severity="notice",
        sentence=(
            f"{were} pushed in the {format_count(round(days), 'day')} since the last named version. Usually there are "
            f"{usual_count:,.0f} in {usual_days:,.0f}."
        ),
        first_index=int(timeline.index[is_since][0]),
        last_index=int(timeline.index[-1]),
        changesets=count,
        threshold=(
            f"{MAX_DELAY:g} times the median of changesets and of days between named versions, and more than ever "
            f"before; of at least {MIN_VERSIONS} versions"
        ),
    )


def _find_large_versions(timeline: TimelineData) -> Iterable[Finding]:
    table = _summarize_visible(timeline)
    if table is None or not (table["changesets"] > 0).any():
        return ()
    first_version = table.index[0]
    counts = table["changesets"].clip(lower=1).to_numpy(np.float64)
    center, spread = compute_median_and_mad(np.log(counts))
    is_large = (np.log(counts) > center + max(MAX_GAP_SCORE * spread, np.log(MIN_GAP_RATIO))) & (
        counts > USUAL_DISTANCE
    )
    is_large &= table.index != first_version  # the first one contains all that came before
    found = [_build_large_version(timeline, row, float(np.exp(center))) for row in table[is_large].itertuples()]
    found.sort(key=lambda finding: -finding.changesets)
    if len(found) < MIN_TOGETHER:
        return found
    more = format_count(len(found) - 1, "more version is unusual", "more versions are unusual")
    return [merge_findings(found, f"{found[0].sentence} {more}.")]


def _build_large_version(timeline: TimelineData, row: Any, usual: float) -> Finding:
    first = int(row.first_index)
    last = int(row.last_index)
    count = int(row.changesets)
    return Finding(
        severity="notice",
        sentence=(
            f"The named version “{row.name}” has {format_count(count, 'changeset')} with "
            f"{format_bytes(int(row.bytes))}, {format_ratio(count / usual)} the usual {usual:,.0f}."
        ),
        first_index=first,
        last_index=last,
        changesets=timeline.count_in_range(first, last),
        threshold=(
            f"a modified z-score of log count above {MAX_GAP_SCORE}, {MIN_GAP_RATIO:g} times the median, and more than "
            f"{USUAL_DISTANCE} changesets"
        ),
        advice="Publish named versions in between. Then there is less to review at once, and less to apply to open.",
    )


def _summarize_visible(timeline: TimelineData) -> pd.DataFrame | None:
    """Return the contents of the visible versions, or ``None`` if there are too few."""
    if timeline.named_versions is None:
        return None
    table = summarize_versions(timeline, drop_hidden(timeline.named_versions))
    table = table.loc[timeline.index[0] : timeline.index[-1]]
    return table if len(table) >= MIN_VERSIONS else None


RULES = (
    Rule(
        "checkpoint debt",
        _find_checkpoint_debt,
        looks_for="A tip that is far from the last checkpoint.",
        method=(
            "To open the iModel, an application downloads the last checkpoint and applies each changeset "
            "since (itwinjs-core issues 3053, 4745, 7357 and 9541 ask for a view of it). A named version "
            "every 20 to 60 changesets is common. Where versions are further apart on purpose, the limit is "
            "twice their usual distance, and at least the largest distance so far."
        ),
        requires=("checkpoints_or_versions",),
        threshold=(
            f"more changesets since the last checkpoint than {USUAL_DISTANCE}, than {MAX_DELAY:g} times the usual "
            "distance of checkpoints, and than ever before"
        ),
        why="Every application that opens the tip downloads and applies all of them first.",
        advice="Publish a named version, which starts a checkpoint.",
    ),
    Rule(
        "failed checkpoints",
        _find_failed_checkpoints,
        looks_for="Named versions whose checkpoint failed.",
        method="Several failures in a row are a lasting fault.",
        requires=("checkpoints",),
        threshold=f"a failed checkpoint; a warning from {_MIN_FAILURES} in a row",
        why="Opening these versions takes long, since it starts at an older checkpoint.",
        advice=_CHECKPOINT_ADVICE,
    ),
    Rule(
        "milestone overdue",
        _find_overdue_version,
        looks_for="A project that no longer publishes named versions.",
        method=(
            "Changesets and days since the last named version are compared with those between versions. The usual "
            f"number is the median, of at least {MIN_VERSIONS} versions."
        ),
        requires=("named_versions",),
        threshold=(
            f"more than {MAX_DELAY:g} times the usual number of changesets and of days between named versions, and "
            "more than ever before"
        ),
        why="Without a named version there is no state that a review, a client or a contract can refer to.",
        advice="Check whether a milestone was forgotten, and publish a named version.",
    ),
    Rule(
        "milestone contents",
        _find_large_versions,
        looks_for="Named versions with far more changesets than others.",
        method=(
            "The usual number is the median. The logarithms of the numbers are compared, since they differ by orders "
            f"of magnitude. The modified z-score, the distance from the median, is above {MAX_GAP_SCORE}."
        ),
        requires=("named_versions",),
        threshold=(
            f"more than {MIN_GAP_RATIO:g} times as many changesets as a usual named version, and more than "
            f"{USUAL_DISTANCE}. The first version does not count"
        ),
        why="So much at once is hard to review, and takes long to apply.",
        advice="Publish named versions in between.",
    ),
)
