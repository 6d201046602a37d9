"""``python -m imodels_nb report``, as a scheduler runs it."""

import json
from pathlib import Path

import pytest

from imodels_nb import export_parquet, findings, sample
from imodels_nb.cli import main
from imodels_nb.commands.report import FOUND


def _parquet(folder: Path) -> str:
    return str(export_parquet(sample.load_changesets(changesets=3_000), folder / "bridge.parquet"))


def test_a_parquet_file_becomes_a_report_and_its_findings_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "report.html"
    assert main(["report", _parquet(tmp_path), "-o", str(output), "--json"]) == 0
    assert "<title>bridge</title>" in output.read_text("utf-8")
    told = json.loads(capsys.readouterr().out)
    found = findings(sample.load_changesets(changesets=3_000))
    assert [one["sentence"] for one in told["findings"]] == found["sentence"].tolist()
    assert told["not_checked"] == found.attrs["not_checked"]


@pytest.mark.parametrize(("severity", "status"), [("warning", FOUND), ("critical", 0)])
def test_the_status_says_whether_a_finding_is_that_severe(tmp_path: Path, severity: str, status: int) -> None:
    assert main(["report", _parquet(tmp_path), "--json", "--fail-on", severity]) == status
    assert not list(tmp_path.glob("*.html"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["missing.parquet"], "There is no file missing.parquet"),
        (["{file}", "-o", "nowhere/report.html"], "There is no folder nowhere"),
        (["{file}", "--json", "--time-zone", "Moon/Crater"], "Moon/Crater"),
        (["{file}", "--json", "--now", "soon"], "now should be a moment"),
        (["{file}", "--show-people"], "personal=True"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    file = _parquet(tmp_path)
    assert main(["report", *(argument.replace("{file}", file) for argument in arguments)]) == 1
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1


def test_the_sample_is_reported_whole_and_called_synthetic(tmp_path: Path) -> None:
    output = tmp_path / "report.html"
    assert main(["report", "--sample", "-o", str(output)]) == 0
    page = output.read_text("utf-8")
    assert "<title>Sample project (synthetic data)</title>" in page
    assert "fetch_changeset_groups gives them" not in page
