"""Anomalies that a synthetic timeline contains, with their index ranges."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from imodels_hub.generator import vocabulary
from imodels_hub.generator.pushes import BY_HAND, find_contention
from imodels_hub.generator.scenario import compute_midnight
from imodels_hub.generator.timeline import Timeline
from imodels_hub.records import Checkpoint, PlantedAnomaly

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

_MIN_IN_A_ROW = 2


def list_anomalies(timeline: Timeline, checkpoints: Sequence[Checkpoint]) -> tuple[PlantedAnomaly, ...]:
    """Return the anomalies, sorted by their first index."""
    anomalies = [
        *_find_outlier(timeline),
        *_find_stall(timeline),
        *_find_schema_runs(timeline),
        *_find_failure(timeline),
        *_find_contention(timeline),
        *_find_hand_over(timeline),
        *_find_failed_checkpoints(checkpoints),
    ]
    return tuple(sorted(anomalies, key=lambda anomaly: anomaly.first_index))


def _build_anomaly(timeline: Timeline, name: str, positions: "Ints", sentence: str) -> PlantedAnomaly:
    first, last = int(timeline.index[positions.min()]), int(timeline.index[positions.max()])
    return PlantedAnomaly(name, first, last, sentence)


def _find_outlier(timeline: Timeline) -> Iterator[PlantedAnomaly]:
    if timeline.scenario.outlier is not None:
        position = np.array([np.argmax(timeline.file_size)])
        megabytes = int(timeline.file_size[position[0]]) // 1_000_000
        sentence = f"One file of {megabytes} MB among files of some 20 kB."
        yield _build_anomaly(timeline, "size outlier", position, sentence)


def _find_stall(timeline: Timeline) -> Iterator[PlantedAnomaly]:
    scenario = timeline.scenario
    if scenario.stall is not None:
        connector = np.flatnonzero(timeline.pushes.run != BY_HAND)
        after = int(np.searchsorted(timeline.pushes.moment[connector], compute_midnight(scenario.stall)))
        if 0 < after < len(connector):
            around = connector[[after - 1, after]]
            sentence = f"No synchronization ran for {scenario.stall_days} days."
            yield _build_anomaly(timeline, "stalled synchronization", around, sentence)


def _find_schema_runs(timeline: Timeline) -> Iterator[PlantedAnomaly]:
    if len(timeline.schema_runs):
        sentence = f"{len(timeline.schema_runs)} runs in a row changed the schema."
        yield _build_anomaly(timeline, "schema storm", timeline.schema_runs, sentence)


def _find_failure(timeline: Timeline) -> Iterator[PlantedAnomaly]:
    if timeline.failed_run is not None:
        positions = np.flatnonzero(timeline.pushes.run == timeline.failed_run)
        sentence = "One synchronization run stopped half-way and timed out."
        yield _build_anomaly(timeline, "failed run", positions, sentence)


def _find_contention(timeline: Timeline) -> Iterator[PlantedAnomaly]:
    scenario = timeline.scenario
    if scenario.contention is not None:
        positions = find_contention(timeline.pushes, scenario.contention, scenario.turns * scenario.turn_ms)
        sentence = "Three people pushed against each other, in turns."
        yield _build_anomaly(timeline, "contention", positions, sentence)


def _find_hand_over(timeline: Timeline) -> Iterator[PlantedAnomaly]:
    if timeline.scenario.hand_over is not None:
        leaver, joiner = (np.flatnonzero(timeline.pushes.user == person) for person in vocabulary.HAND_OVER)
        if len(leaver) and len(joiner):
            names = [vocabulary.PEOPLE[person][0] for person in vocabulary.HAND_OVER]
            around = np.array([leaver[-1], joiner[0]])
            yield _build_anomaly(timeline, "hand-over", around, f"{names[0]} handed over to {names[1]}.")


def _find_failed_checkpoints(checkpoints: Sequence[Checkpoint]) -> Iterator[PlantedAnomaly]:
    """Find the longest row of failed checkpoints."""
    rows: list[list[int]] = [[]]
    for checkpoint in checkpoints:
        if checkpoint.state == "failed":
            rows[-1].append(checkpoint.changeset_index)
        elif rows[-1]:
            rows.append([])
    longest = max(rows, key=len)
    if len(longest) >= _MIN_IN_A_ROW:
        sentence = f"{len(longest)} milestones in a row have no checkpoint."
        yield PlantedAnomaly("milestones without checkpoints", longest[0], longest[-1], sentence)
