"""Named versions: checkpoints that are missing, and milestones out of their rhythm."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from imodels_nb._format import format_bytes, format_count, format_ratio
from imodels_nb.insights.evidence import Evidence
from imodels_nb.insights.finding import Finding, told
from imodels_nb.insights.milestones import outline, visible
from imodels_nb.insights.replay import checkpoint_debt
from imodels_nb.insights.robust import centre_and_spread, rows_in_a_row

if TYPE_CHECKING:
    import pandas as pd

USUAL_DISTANCE = 60
LATE = 2.0
SCORE = 3.5
LARGER = 3.0
FEWEST = 5
_SEVERAL = 2


def debt(evidence: Evidence) -> Iterable[Finding]:
    """Find a tip that is far from the last checkpoint.

    To open the iModel anew is to download the last checkpoint and to apply each changeset since (itwinjs-core issues
    3053, 4745, 7357 and 9541 ask for a view of it). A version every 20 to 60 changesets is common; where versions are
    further apart on purpose, twice their usual distance counts, if it was never so far before.
    """
    if not len(evidence):
        return
    owed = checkpoint_debt(evidence.changesets, evidence.checkpoints, evidence.named_versions)
    last, at = int(owed["changesets"].iloc[-1]), np.unique(owed["checkpoint_index"])
    distances = np.append(np.diff(np.searchsorted(evidence.index, at, side="right")), 0)
    farthest = int(distances.max())
    most = max(USUAL_DISTANCE, farthest, LATE * float(np.median(distances[:-1])) if len(at) > 1 else 0)
    if last <= most:
        return
    suggested = owed.index[owed["suggested"]]
    first = int(evidence.index[np.searchsorted(evidence.index, at[-1], side="right")])
    yield Finding(
        severity="warning" if last > LATE * max(USUAL_DISTANCE, farthest) else "notice",
        sentence=(
            f"Whoever opens the tip has to apply {format_count(last, 'changeset')} with "
            f"{format_bytes(int(owed['bytes'].iloc[-1]))} since {_checkpoint(int(at[-1]))}."
        ),
        first_index=first,
        last_index=int(evidence.index[-1]),
        changesets=evidence.between(first, int(evidence.index[-1])),
        threshold=(
            f"more than {most:,.0f} changesets: {USUAL_DISTANCE}, {LATE:g} times the median distance of checkpoints, "
            f"and the farthest so far; a warning from {LATE:g} times the farthest"
        ),
        advice=f"Publish a named version at changeset {int(suggested[-1]):,}."
        if len(suggested)
        else "Publish a named version once the files have arrived.",
    )


def _checkpoint(index: int) -> str:
    return f"the checkpoint at {index:,}" if index else "the baseline"


def failed_checkpoints(evidence: Evidence) -> Iterable[Finding]:
    """Find named versions whose checkpoint failed; several in a row are a fault that lasts."""
    frame = evidence.checkpoints
    if frame is None or not len(evidence):
        return ()
    frame = frame.sort_index()
    frame = frame[(frame.index >= evidence.index[0]) & (frame.index <= evidence.index[-1])]
    state, at = frame["state"].astype("str").to_numpy(), frame.index.to_numpy(np.int64)
    rows = rows_in_a_row(state == "failed").tolist()
    found = [_failed(evidence, end - first, int(at[first]), int(at[end - 1])) for first, end in rows]
    return told(found, lambda _: f"{format_count(int((state == 'failed').sum()), 'checkpoint')} failed.")


def _failed(evidence: Evidence, count: int, first: int, last: int) -> Finding:
    many = count >= _SEVERAL
    return Finding(
        severity="warning" if many else "notice",
        sentence=f"The checkpoints of {format_count(count, 'named version')} in a row failed, from changeset {first:,} "
        f"to {last:,}."
        if many
        else f"The checkpoint of the named version at changeset {first:,} failed.",
        first_index=first,
        last_index=last,
        changesets=evidence.between(first, last),
        threshold=f"a failed checkpoint; a warning from {_SEVERAL} in a row",
        advice="Have the checkpoints scheduled again (PUT on the checkpoint of the named version).",
    )


def milestone_overdue(evidence: Evidence) -> Iterable[Finding]:
    """Find a project that stopped to name versions: twice the usual work and time since the last, as never before."""
    table = _visible(evidence)
    if table is None or len(table) < FEWEST:
        return
    since = evidence.index > table.index[-1]
    usual_count, usual_days = float(table["changesets"].median()), float(table["days"].median())
    most_count, most_days = float(table["changesets"].max()), float(table["days"].max())
    days = (evidence.now - table["created_date_time"].iloc[-1]).total_seconds() / 86_400
    if since.sum() <= max(LATE * usual_count, most_count) or not days > max(LATE * usual_days, most_days):
        return
    yield Finding(
        severity="notice",
        sentence=(
            f"{format_count(int(since.sum()), 'changeset')} came in the {format_count(round(days), 'day')} "
            f"since the last named version; usual are {usual_count:,.0f} in {usual_days:,.0f}."
        ),
        first_index=int(evidence.index[since][0]),
        last_index=int(evidence.index[-1]),
        changesets=int(since.sum()),
        threshold=f"{LATE:g} times the median of changesets and of days between named versions, and more "
        f"than ever before; of at least {FEWEST} versions",
        advice="See whether a milestone was forgotten, and name it.",
    )


def milestone_contents(evidence: Evidence) -> Iterable[Finding]:
    """Find named versions that hold far more changesets than others do, by the modified z-score of their logarithm."""
    table = _visible(evidence)
    if table is None or len(table) < FEWEST or not (table["changesets"] > 0).any():
        return ()
    counts = table["changesets"].clip(lower=1).to_numpy(np.float64)
    centre, spread = centre_and_spread(np.log(counts))
    large = (np.log(counts) > centre + max(SCORE * spread, np.log(LARGER))) & (counts > USUAL_DISTANCE)
    found = [_large(evidence, row, float(np.exp(centre))) for row in table[large].itertuples()]
    return told(found, lambda all_: f"{format_count(len(all_), 'named version')} hold far more than is usual.")


def _large(evidence: Evidence, row: Any, usual: float) -> Finding:
    first, last = int(row.first_index), int(row.last_index)
    count = int(row.changesets)
    return Finding(
        severity="notice",
        sentence=(
            f"The named version “{row.name}” holds {format_count(count, 'changeset')} with "
            f"{format_bytes(int(row.bytes))}, {format_ratio(count / usual)} the usual {usual:,.0f}."
        ),
        first_index=first,
        last_index=last,
        changesets=evidence.between(first, last),
        threshold=(
            f"a modified z-score of log count above {SCORE}, {LARGER:g} times the median, and more than "
            f"{USUAL_DISTANCE} changesets"
        ),
        advice="Name versions between: there is less to compare and approve at once, and less to apply to open.",
    )


def _visible(evidence: Evidence) -> "pd.DataFrame | None":
    if evidence.named_versions is None or not len(evidence):
        return None
    table = outline(evidence, visible(evidence.named_versions))
    return table.loc[evidence.index[0] : evidence.index[-1]]
