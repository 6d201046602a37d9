"""The command changes: counts by class, ranges, files and errors."""

import io
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from imodels_nb import IModelsClient, fetch_changes, sample
from imodels_nb.cli import main
from imodels_nb.contents.net import format_diffstat


@pytest.fixture(scope="module")
def hub() -> Iterator[sample.SampleHub]:
    with sample.start(5) as hub:
        yield hub


@pytest.fixture
def options(hub: sample.SampleHub, tmp_path: Path) -> list[str]:
    token = tmp_path / "token"
    token.write_text(hub.credential.get_token().token)
    return ["--base-url", hub.base_url, "--token-file", str(token), "--folder", str(tmp_path / "files")]


def test_counts_by_class_look_like_those_of_git(
    hub: sample.SampleHub, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["changes", hub.plant_imodel_id, "--last", "5", *options]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == hub.plant_imodel_id
    assert lines[1] == f" PlantDemo:Support         |      30 {'+' * 30}"
    assert lines[-1] == " 7 classes: 65 inserted, 0 updated, 0 deleted"


def test_a_range_between_named_versions_is_written(
    hub: sample.SampleHub, options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "changes.parquet"
    range_ = ["--from-version", "Design review 1", "--to-version", "Design review 2"]
    assert main(["changes", hub.plant_imodel_id, *range_, "--out", str(file), *options]) == 0
    assert "PlantDemo:Pipe" in capsys.readouterr().out
    with IModelsClient(hub.credential, base_url=hub.base_url) as client:
        expected = fetch_changes(client, hub.plant_imodel_id, range(31, 91), folder=tmp_path / "own")
    read = pd.read_parquet(file)
    assert set(read.index.get_level_values("changeset_index")) == set(range(31, 91))
    assert read["operation"].tolist() == expected["operation"].tolist()


def test_csv_goes_to_stdout_and_counts_to_stderr(
    hub: sample.SampleHub, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["changes", hub.plant_imodel_id, "--first", "3", "--last", "4", "--out", "-", *options]) == 0
    output, errors = capsys.readouterr()
    assert len(pd.read_csv(io.StringIO(output))) == 32
    assert "PlantDemo:Pump" in errors


@pytest.mark.slow
def test_several_imodels_go_into_a_dataset_and_a_failure_loses_no_other(
    hub: sample.SampleHub, options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = [hub.imodel_id, hub.plant_imodel_id]
    assert main(["changes", *ids, "--out", str(tmp_path / "set"), *options]) == 1
    assert f"{hub.imodel_id} UnreadableChangeset: " in capsys.readouterr().err
    read = pd.read_parquet(tmp_path / "set")
    assert read["imodel_id"].unique().tolist() == [hub.plant_imodel_id]
    assert main(["changes", *ids, "--out", str(tmp_path / "one.csv"), *options]) == 1
    assert "Several iModels go into a dataset" in capsys.readouterr().err


def test_counts_of_nothing_are_one_sentence() -> None:
    assert format_diffstat(sample.load_changes().iloc[:0]) == "No elements changed."
