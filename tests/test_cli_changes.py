"""The command changes: counts by class, ranges, files and errors."""

import io
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from imodels_nb import IModelsClient, download_changesets, fetch_changes, sample
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


def test_a_suffix_in_capitals_names_a_file(hub: sample.SampleHub, options: list[str], tmp_path: Path) -> None:
    file = tmp_path / "x.CSV"
    assert main(["changes", hub.plant_imodel_id, "--last", "3", "--out", str(file), *options]) == 0
    assert len(pd.read_csv(file)) == 26


def test_a_folder_may_have_a_dot_and_a_tilde(
    hub: sample.SampleHub, options: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert main(["changes", hub.plant_imodel_id, "--last", "3", "--out", "~/changes.v2/", *options]) == 0
    assert len(pd.read_parquet(tmp_path / "changes.v2")) == 26


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("", "--out is empty"),
        ("a.txt", "a.txt should end with .parquet or .csv. A folder"),
        ("file", "'file' cannot be created: File exists"),
        ("file/set", "'file/set' cannot be created: Not a directory"),
        ("nowhere/a.csv", "There is no folder nowhere"),
    ],
)
def test_an_invalid_output_is_named_before_any_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], out: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    assert main(["changes", "5e19bee0-3aea-4355-a9f0-c6df9989ee7d", "--out", out, "--base-url", "nowhere"]) == 1
    assert message in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--first", "3", "--from-version", "A"], "--from-version: not allowed with argument --first"),
        (["--to-version", "A", "--last", "3"], "--last: not allowed with argument --to-version"),
        (["--first", "-5"], "--first: an index is a whole number of at least 0, not '-5'"),
    ],
)
def test_an_invalid_range_shows_the_usage(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["changes", "5e19bee0-3aea-4355-a9f0-c6df9989ee7d", *arguments])
    assert message in capsys.readouterr().err


def test_an_imodel_without_the_version_is_named_and_the_others_are_read(
    hub: sample.SampleHub, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    ids = [hub.imodel_id, hub.plant_imodel_id]
    assert main(["changes", *ids, "--from-version", "design review 1", "--last", "32", *options]) == 1
    output, errors = capsys.readouterr()
    assert output.startswith(f"{hub.plant_imodel_id}\n")
    assert f"{hub.imodel_id} ValueError: --from-version: 'design review 1' is not the name of a version" in errors
    assert main(["changes", hub.plant_imodel_id, "--to-version", "", *options]) == 1
    assert "--to-version: '' is not the name of a version. Names are '" in capsys.readouterr().err


def test_rows_are_counted_by_table(
    hub: sample.SampleHub, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["changes", hub.plant_imodel_id, "--last", "3", "--detail", "tables", *options]) == 0
    assert " bis_Element " in capsys.readouterr().out


def test_a_damaged_file_is_named_and_the_others_are_written(
    hub: sample.SampleHub, options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with IModelsClient(hub.credential, base_url=hub.base_url) as client:
        folder = tmp_path / "files" / hub.plant_imodel_id
        file = Path(download_changesets(client, hub.plant_imodel_id, [4], folder)["path"].iloc[0])
    content = file.read_bytes()
    file.write_bytes(content[:-20] + bytes(20))
    out = tmp_path / "x.csv"
    assert main(["changes", hub.plant_imodel_id, "--last", "5", "--out", str(out), *options]) == 1
    output, errors = capsys.readouterr()
    assert f"Changeset file {file} cannot be read" in errors
    assert "The output has the changes in all other files." in errors
    assert output.startswith(f"{hub.plant_imodel_id}\n PlantDemo:Support")
    assert set(pd.read_csv(out)["changeset_index"]) == {1, 2, 3, 5}


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
