import json
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from imodels_hub import Project, generate_project
from imodels_hub.generator.scenario import DAYS, is_working_day
from imodels_hub.records import Changeset


@pytest.fixture(scope="module")
def changesets(project: Project) -> list[Changeset]:
    return list(project.changesets)


@pytest.fixture(scope="module")
def service(project: Project) -> str:
    return project.users[-1].id


def moment(changeset: Changeset) -> datetime:
    return datetime.fromisoformat(changeset.push_date_time)


def test_same_seed_gives_the_same_project() -> None:
    first, again, other = generate_project(300, seed=3), generate_project(300, seed=3), generate_project(300, seed=4)
    assert list(first.changesets) == list(again.changesets)
    assert first.named_versions == again.named_versions
    assert first.imodel == again.imodel
    assert first.imodel.id != other.imodel.id
    longer = generate_project(301, seed=3)
    assert len({next(iter(project.changesets)).id for project in (first, again, other, longer)}) == 3


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 7, 10, 19, 20, 21, 100, 1000])
@pytest.mark.parametrize("seed", [0, 7])
def test_it_works_at_any_length(count: int, seed: int) -> None:
    project = generate_project(count, seed)
    changesets = list(project.changesets)
    assert len(changesets) == len(project.changesets) == count
    assert [changeset.changeset_index for changeset in changesets] == list(range(1, count + 1))
    ids = {changeset.changeset_index: changeset.id for changeset in changesets}
    assert all(ids[version.changeset_index] == version.changeset_id for version in project.named_versions)
    assert bool(project.named_versions) == bool(count)


@pytest.mark.slow
def test_million_changesets_are_generated_in_arrays() -> None:
    assert len(generate_project(1_000_000).changesets) == 1_000_000


def test_negative_length_or_seed_is_refused() -> None:
    with pytest.raises(ValueError, match="whole number of at least 0"):
        generate_project(-1)
    with pytest.raises(ValueError, match="whole number of at least 0"):
        generate_project(1, seed=-1)


def test_chain_of_ids_is_unbroken_and_hexadecimal(changesets: list[Changeset]) -> None:
    assert changesets[0].parent_id == ""
    assert [changeset.parent_id for changeset in changesets[1:]] == [changeset.id for changeset in changesets[:-1]]
    assert len({changeset.id for changeset in changesets}) == len(changesets)
    assert all(len(changeset.id) == 40 and set(changeset.id) <= set("0123456789abcdef") for changeset in changesets)


def test_it_takes_about_two_years_and_ends_on_a_fixed_date(changesets: list[Changeset]) -> None:
    moments = [moment(changeset) for changeset in changesets]
    assert moments[0].date() == datetime(2024, 1, 8, tzinfo=UTC).date()
    assert moments[-1].date() <= datetime(2025, 12, 19, tzinfo=UTC).date()
    assert moments[-1] - moments[0] > timedelta(days=690)
    assert all(later > earlier for earlier, later in pairwise(moments))


def test_trailing_zeros_of_a_second_are_dropped(changesets: list[Changeset]) -> None:
    fractions = {changeset.push_date_time.partition(".")[2].removesuffix("Z") for changeset in changesets}
    assert {len(fraction) for fraction in fractions} == {0, 1, 2, 3}
    assert not any(fraction.endswith("0") for fraction in fractions)
    assert all(changeset.push_date_time.endswith("Z") for changeset in changesets)


def test_weekends_and_holidays_are_quiet(changesets: list[Changeset]) -> None:
    days = np.array([changeset.push_date_time[:10] for changeset in changesets], dtype="datetime64[D]")
    assert np.mean(is_working_day(days)) > 0.96
    assert 0.6 < np.mean(is_working_day(DAYS)) < 0.7


def test_connector_pushes_four_fifths_by_night_in_runs(changesets: list[Changeset], service: str) -> None:
    nightly = [changeset for changeset in changesets if changeset.creator_id == service]
    assert 0.78 < len(nightly) / len(changesets) < 0.82
    assert all(moment(changeset).hour < 7 for changeset in nightly)
    runs = defaultdict(list)
    for changeset in nightly:
        runs[changeset.group_id].append(changeset)
    for run in runs.values():
        assert 2 <= len(run) <= 6
        assert moment(run[-1]) - moment(run[0]) < timedelta(minutes=10)
        assert [row.changeset_index for row in run] == list(
            range(run[0].changeset_index, run[0].changeset_index + len(run))
        )


def test_people_push_in_office_hours_and_outside_any_group(changesets: list[Changeset], service: str) -> None:
    by_hand = [changeset for changeset in changesets if changeset.creator_id != service]
    assert len({changeset.creator_id for changeset in by_hand}) == 5
    assert all(7 <= moment(changeset).hour <= 19 for changeset in by_hand)
    assert {changeset.group_id for changeset in by_hand} == {None}
    assert {changeset.synchronization_info for changeset in by_hand} == {None}
    assert Counter(changeset.containing_changes for changeset in by_hand).keys() == {0, 65}


def test_sizes_are_log_normal_with_one_outlier(changesets: list[Changeset]) -> None:
    sizes = np.array([changeset.file_size for changeset in changesets])
    assert 15_000 < np.median(sizes) < 26_000
    assert 0.005 < np.mean(sizes > 10_000_000) < 0.015
    assert np.sort(sizes)[-1] > 400_000_000
    assert np.sort(sizes)[-2] < 150_000_000
    assert 2 <= np.sum(sizes == 0) <= 10
    assert np.min(sizes[sizes > 0]) >= 109
    assert all(changeset.description == "" for changeset in changesets if changeset.file_size == 0)


def test_first_push_has_the_schema(changesets: list[Changeset]) -> None:
    kinds = Counter(changeset.containing_changes for changeset in changesets)
    assert changesets[0].containing_changes == 1
    assert kinds.keys() == {0, 1, 2, 4, 6, 8, 12, 14, 16, 18, 65}
    assert kinds[65] == 1
    assert kinds.most_common(1)[0][0] == 4


def test_briefcases_are_numbered_by_first_push(changesets: list[Changeset]) -> None:
    first_uses = list(dict.fromkeys(changeset.briefcase_id for changeset in changesets))
    assert first_uses == list(range(2, 2 + len(first_uses)))
    owners = defaultdict(set)
    for changeset in changesets:
        owners[changeset.briefcase_id].add(changeset.creator_id)
    assert all(len(users) == 1 for users in owners.values())


def test_connector_pushes_name_the_task_and_the_design_files(changesets: list[Changeset], service: str) -> None:
    for changeset in changesets:
        if changeset.creator_id == service:
            output = json.loads(changeset.synchronization_info or "")
            assert output.keys() == {"taskId", "changedFiles"}
            files = output["changedFiles"]
            assert files is None if changeset.containing_changes & 1 else all(name.endswith(".dgn") for name in files)


def test_descriptions_name_the_phase_of_a_run(changesets: list[Changeset]) -> None:
    assert changesets[0].description == "Nightly sync: structures - Dynamic Schema Update"
    assert {"", None, "Upgraded domain schemas"} < {changeset.description for changeset in changesets}
    assert all(len(changeset.description or "") <= 255 for changeset in changesets)


def test_about_forty_named_versions(project: Project, changesets: list[Changeset]) -> None:
    versions = project.named_versions
    steps = np.diff([0, *(version.changeset_index for version in versions), len(changesets)])
    assert steps.min() >= 200
    assert steps.max() <= 400
    assert len({version.name for version in versions}) == len(versions)
    assert {"30% design", "IFC - Issued for construction", "Coordination review 01"} <= {row.name for row in versions}
    assert Counter(version.state for version in versions)["hidden"] == 2
    for version in versions:
        changeset = changesets[version.changeset_index - 1]
        assert changeset.id == version.changeset_id
        published = datetime.fromisoformat(version.created_date_time) - moment(changeset)
        assert timedelta(0) < published < timedelta(days=1)


def test_with_gaps_the_index_grows_but_is_not_sequential() -> None:
    indexes = [changeset.changeset_index for changeset in generate_project(12_000, gaps=True).changesets]
    steps = np.diff(indexes)
    assert indexes[0] == 1
    assert steps.min() == 1
    assert 100 < np.sum(steps > 1) < 600
    assert steps.max() >= 100


def test_even_with_gaps_the_first_index_is_one() -> None:
    firsts = {next(iter(generate_project(1, seed, gaps=True).changesets)).changeset_index for seed in range(200)}
    assert firsts == {1}


def test_people_have_guids_and_example_addresses(project: Project) -> None:
    assert len({user.id for user in project.users}) == 6
    assert all(len(user.id) == 36 for user in project.users)
    assert all(user.email.endswith("@example.org") for user in project.users)


def test_timeline_contains_its_own_changesets(project: Project) -> None:
    first = next(iter(project.changesets))
    assert first in project.changesets
    assert first._replace(file_size=1) not in generate_project(3).changesets
