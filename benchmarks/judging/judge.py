"""Judgment of findings against the written truths, and their false alarms."""

import re
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from benchmarks.judging.histories import History, build_permuted, build_timetable
from benchmarks.judging.truths import TRUTHS, Truth
from imodels_nb import (
    IModelsClient,
    fetch_changeset_groups,
    fetch_changesets,
    fetch_checkpoints,
    fetch_named_versions,
    fetch_users,
    findings,
    sample,
)

SURROGATES = {"timetable": build_timetable, "permuted": build_permuted}
PLANT_STORIES = {"mass deletion", "rebuilt elements", "contested element", "schema upgrade"}
MIN_OVERLAP = 0.25
_RANGE = re.compile(r"(\d+)-(\d+)")

IndexRange = tuple[int, int]


class Judgment(NamedTuple):
    """Counts for one history, and what was wrong."""

    number: int
    findings: int
    true: int
    useful: int
    stories: int
    found: int
    false: list[str]
    missed: list[str]


def evaluate(history: History) -> Judgment:
    """Check the findings of a history that a reader gets by default."""
    found = findings(history.changesets, history.named_versions)
    truths = TRUTHS[history.number]
    matches = [_match(row, truths) for row in found.itertuples()]
    stories = [truth for truth in truths if truth.is_story]
    reported = [truth for truth in stories if any(truth in matched for matched in matches)]
    return Judgment(
        history.number,
        len(found),
        sum(bool(matched) for matched in matches),
        sum(any(truth.is_useful for truth in matched) for matched in matches),
        len(stories),
        len(reported),
        [
            f"{row.rule} {row.first_index}-{row.last_index}: {row.sentence}"
            for row, matched in zip(found.itertuples(), matches, strict=True)
            if not matched
        ],
        [truth.text for truth in stories if truth not in reported],
    )


def _match(row: Any, truths: tuple[Truth, ...]) -> list[Truth]:
    """Return the truths that a finding reports: the same rule at the same changesets."""
    ranges = _read_ranges(row)
    return [
        truth
        for truth in truths
        if row.rule in truth.rules and any(_is_at(truth, index_range) for index_range in ranges)
    ]


def _read_ranges(row: Any) -> list[IndexRange]:
    """Return the index ranges that a finding names, the whole one first."""
    if pd.isna(row.first_index):
        return []
    named = _RANGE.findall(getattr(row, "evidence", "").replace(",", ""))
    return [(int(row.first_index), int(row.last_index)), *((int(first), int(last)) for first, last in named)]


def _is_at(truth: Truth, index_range: IndexRange) -> bool:
    """Return whether a range lies in that of a truth, or shares a quarter with it."""
    first, last = index_range
    common = min(truth.last, last) - max(truth.first, first) + 1
    union = max(truth.last, last) - min(truth.first, first) + 1
    return common == last - first + 1 or common >= MIN_OVERLAP * union


def evaluate_sample() -> tuple[int, int, int]:
    """Return the anomalies found, those planted, and the stories found in the plant."""
    with sample.start() as hub, IModelsClient(hub.credential, base_url=hub.base_url) as client:
        changesets = fetch_changesets(client, hub.imodel_id)
        found = findings(
            changesets,
            fetch_named_versions(client, hub.imodel_id),
            fetch_users(client, hub.imodel_id),
            fetch_checkpoints(client, hub.imodel_id),
            groups=fetch_changeset_groups(client, hub.imodel_id, changesets=changesets),
        )
        planted = {(anomaly.first_index, anomaly.last_index) for anomaly in hub.planted_anomalies}
        plant = fetch_changesets(client, hub.plant_imodel_id)
    ranges = set(zip(found["first_index"], found["last_index"], strict=True))
    contents = findings(plant, changes=sample.load_changes(), all=True)["rule"]
    return len(planted & ranges), len(planted), len(PLANT_STORIES & set(contents))


def count_false_alarms(histories: list[History], surrogates: int) -> pd.DataFrame:
    """Compute the share of surrogates on which a rule reports anything.

    Parameters
    ----------
    histories
        Histories to build surrogates of, equally many of each.
    surrogates
        Least number of surrogates a kind.
    """
    counts: dict[str, dict[str, int]] = {kind: {} for kind in SURROGATES}
    per_history = -(-surrogates // len(histories))
    for history in histories:
        for kind, build in SURROGATES.items():
            for seed in range(per_history):
                surrogate = build(history.changesets, np.random.default_rng([history.number, seed]))
                found = findings(surrogate, all=True)
                for rule in set(found["rule"]):
                    counts[kind][rule] = counts[kind].get(rule, 0) + 1
    return pd.DataFrame(counts).reindex(columns=list(SURROGATES)).fillna(0) / (per_history * len(histories))
