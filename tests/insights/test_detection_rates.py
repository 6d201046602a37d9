"""Rates of found anomalies and false alarms, on seeds that chose no threshold."""

import numpy as np
import pytest
from helpers.projects import build_frames, compute_overlap, draw_frames

from imodels_hub import PlantedAnomaly, generate_project
from imodels_nb import findings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

RULES = {
    "size outlier": "size outlier",
    "stalled synchronization": "stalled synchronization",
    "schema storm": "schema storm",
    "contention": "contention",
    "failed run": "failed run",
    "hand-over": "hand-over",
    "milestones without checkpoints": "failed checkpoints",
}
"""PlantedAnomaly by name, and the rule that should find it. Thresholds were chosen on seeds 1 to 400."""

HALF = 0.5  # share of their changesets that a planted anomaly and a finding must have in common


def _sizes(fewest: int, count: int, seed: int) -> list[int]:
    """Draw lengths up to 20,000 changesets in two years, evenly by their logarithm."""
    return np.exp(np.random.default_rng(seed).uniform(np.log(fewest), np.log(20_000), count)).astype(int).tolist()


def test_nine_of_ten_anomalies_are_found(capsys: pytest.CaptureFixture[str]) -> None:
    found: dict[str, list[bool]] = {name: [] for name in RULES}
    for seed, count in enumerate(_sizes(2_500, 20, 9000), start=9000):
        project = generate_project(count, seed, gaps=bool(seed % 2))
        frames = build_frames(project)
        table = findings(**frames)
        for anomaly in project.anomalies:
            rows = table[table["rule"] == RULES[anomaly.name]]
            ranges = zip(rows["first_index"], rows["last_index"], strict=True)
            found[anomaly.name].append(any(_is_at(anomaly, (first, last)) for first, last in ranges))
    total = [is_found for several in found.values() for is_found in several]
    shown = ", ".join(f"{name} {sum(several)} of {len(several)}" for name, several in found.items())
    with capsys.disabled():
        print(f"\nanomalies found at their range: {sum(total)} of {len(total)} ({shown})")  # noqa: T201 - the figures
    assert all(len(several) >= 15 for several in found.values())
    assert sum(total) >= 0.9 * len(total)


def _is_at(anomaly: PlantedAnomaly, index_range: tuple[int, int]) -> bool:
    return compute_overlap((anomaly.first_index, anomaly.last_index), index_range) >= HALF


def test_clean_projects_rarely_have_warnings(capsys: pytest.CaptureFixture[str]) -> None:
    alarms, anything = [], 0
    for seed, count in enumerate(_sizes(300, 200, 9100), start=9100):
        frames = draw_frames(count, seed, gaps=bool(seed % 2), anomalies=False)
        table = findings(**frames)
        alarms += [f"{seed}: {row.sentence}" for row in table[table["severity"] >= "warning"].itertuples()][:1]
        anything += not table.empty
    with capsys.disabled():
        print(f"\nclean projects with a false alarm: {len(alarms)} of 200; with any finding: {anything}")  # noqa: T201
    assert len(alarms) <= 0.02 * 200, alarms
