"""The anomalies that are planted in a synthetic timeline, found again in its rows."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from imodels_hub import Hub, PlantedAnomaly, Project, generate_project
from imodels_hub.records import Changeset

NAMES = {
    "size outlier",
    "stalled synchronization",
    "schema storm",
    "milestones without checkpoints",
    "hand-over",
    "contention",
    "failed run",
}


@pytest.fixture(scope="module", params=[7, 8])
def long_project(request: pytest.FixtureRequest) -> Project:
    return generate_project(6_000, seed=request.param)


def find_anomaly(project: Project, name: str) -> PlantedAnomaly:
    return next(anomaly for anomaly in project.anomalies if anomaly.name == name)


def rows(project: Project, name: str) -> list[Changeset]:
    anomaly = find_anomaly(project, name)
    return [row for row in project.changesets if anomaly.first_index <= row.changeset_index <= anomaly.last_index]


def by_the_connector(project: Project, among: list[Changeset]) -> Iterator[Changeset]:
    return (row for row in among if row.creator_id == project.users[-1].id)


def moment(row: Changeset) -> datetime:
    return datetime.fromisoformat(row.push_date_time)


def test_anomalies_are_sorted_by_index(long_project: Project) -> None:
    assert {anomaly.name for anomaly in long_project.anomalies} == NAMES
    firsts = [anomaly.first_index for anomaly in long_project.anomalies]
    assert firsts == sorted(firsts)
    assert all(
        1 <= anomaly.first_index <= anomaly.last_index <= 6_000 and anomaly.sentence
        for anomaly in long_project.anomalies
    )


def test_outlier_is_the_largest_file_by_far(long_project: Project) -> None:
    (giant,) = rows(long_project, "size outlier")
    sizes = sorted(row.file_size for row in long_project.changesets)
    assert sizes[-1] == giant.file_size > 400_000_000 > 2 * sizes[-2]


def test_stall_has_pushes_by_hand_only(long_project: Project) -> None:
    around = rows(long_project, "stalled synchronization")
    last, first = by_the_connector(long_project, around)
    assert (around[0], around[-1]) == (last, first)
    assert moment(first) - moment(last) >= timedelta(days=9)
    assert len(around) > 10


def test_each_of_the_schema_runs_changes_the_schema(long_project: Project) -> None:
    pushes = list(by_the_connector(long_project, rows(long_project, "schema storm")))
    runs = {row.group_id for row in pushes}
    assert len(runs) >= 12
    assert {row.group_id for row in pushes if row.containing_changes == 1} == runs
    others = [row.containing_changes == 1 for row in by_the_connector(long_project, list(long_project.changesets))]
    assert np.mean(others) < 0.02


def test_failed_run_is_short_and_timed_out(long_project: Project) -> None:
    failed = rows(long_project, "failed run")
    (group,) = {row.group_id for row in failed}
    assert {run.id for run in long_project.groups if run.state != "completed"} == {group}
    assert len(failed) == sum(row.group_id == group for row in long_project.changesets) == 2


def test_contention_lasts_half_an_hour(long_project: Project) -> None:
    burst = rows(long_project, "contention")
    assert len(burst) == long_project.changesets.scenario.turns >= 20
    assert moment(burst[-1]) - moment(burst[0]) < timedelta(minutes=30)
    assert len({row.creator_id for row in burst}) == 3
    assert all(push.creator_id != other.creator_id for push, other in pairwise(burst))


def test_hand_over_between_two_people(long_project: Project) -> None:
    leaver, joiner = (long_project.users[position].id for position in (3, 4))
    around = rows(long_project, "hand-over")
    assert (around[0].creator_id, around[-1].creator_id) == (leaver, joiner)
    before = [row.creator_id for row in long_project.changesets if row.changeset_index < around[-1].changeset_index]
    after = [row.creator_id for row in long_project.changesets if row.changeset_index > around[0].changeset_index]
    assert joiner not in before
    assert leaver not in after


def test_failed_checkpoints_in_a_row(long_project: Project) -> None:
    anomaly = find_anomaly(long_project, "milestones without checkpoints")
    indexes = range(anomaly.first_index, anomaly.last_index + 1)
    within = [row for row in long_project.checkpoints if row.changeset_index in indexes]
    assert len(within) >= 2
    assert {row.state for row in within} == {"failed"}
    assert {row.state for row in long_project.checkpoints} == {"successful", "failed", "notGenerated"}


@pytest.mark.parametrize("count", [0, 10, 30, 100, 300, 1000])
def test_short_timeline_has_few_anomalies(count: int) -> None:
    for seed in range(5):
        project = generate_project(count, seed)
        indexes = {row.changeset_index for row in project.changesets}
        assert {anomaly.first_index for anomaly in project.anomalies} | {
            anomaly.last_index for anomaly in project.anomalies
        } <= indexes
        assert {anomaly.name for anomaly in project.anomalies} <= NAMES


def test_anomalies_in_a_timeline_with_gaps() -> None:
    project = generate_project(3_000, gaps=True)
    (giant,) = rows(project, "size outlier")
    assert giant.file_size > 400_000_000


def test_hub_lists_its_anomalies() -> None:
    assert Hub(generate_project(400)).anomalies == generate_project(400).anomalies


def test_project_without_anomalies_is_otherwise_the_same() -> None:
    output, calm = generate_project(3_000, seed=5), generate_project(3_000, seed=5, anomalies=False)
    assert calm.anomalies == ()
    assert {run.state for run in calm.groups} == {"completed"}
    assert {checkpoint.state for checkpoint in calm.checkpoints} == {"successful", "notGenerated"}
    assert max(row.file_size for row in calm.changesets) < 200_000_000 < max(row.file_size for row in output.changesets)
    assert [row.changeset_index for row in calm.named_versions] == [
        row.changeset_index for row in output.named_versions
    ]


def test_extent_of_anomalies_depends_on_the_seed() -> None:
    scenarios = [generate_project(20, seed).changesets.scenario for seed in range(40)]
    for name in ("stall_days", "turns", "turn_ms", "outlier_bytes", "failed_checkpoints"):
        assert len({getattr(scenario, name) for scenario in scenarios}) >= 5, name
