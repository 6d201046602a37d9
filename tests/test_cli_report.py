"""The command report: files, JSON and exit status."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from imodels_nb import export_parquet, findings, sample, write_report
from imodels_nb.cli import main
from imodels_nb.cli.report import FOUND

COUNT = 400


def _parquet(folder: Path) -> str:
    return str(export_parquet(sample.load_changesets(changesets=COUNT), folder / "bridge.parquet"))


@pytest.mark.slow
def test_a_parquet_file_becomes_a_report_and_its_findings_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "report.html"
    assert main(["report", _parquet(tmp_path), "-o", str(output), "--json"]) == 0
    assert "<title>bridge</title>" in output.read_text("utf-8")
    printed = json.loads(capsys.readouterr().out)
    found = findings(sample.load_changesets(changesets=COUNT))
    assert [finding["sentence"] for finding in printed["findings"]] == found["sentence"].tolist()
    assert printed["not_checked"] == found.attrs["not_checked"]


@pytest.mark.parametrize(("severity", "status"), [("warning", FOUND), ("critical", 0)])
def test_the_status_depends_on_the_severity(tmp_path: Path, severity: str, status: int) -> None:
    assert main(["report", _parquet(tmp_path), "--json", "--fail-on", severity]) == status
    assert not list(tmp_path.glob("*.html"))


def test_a_failure_lists_the_findings_that_cause_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["report", _parquet(tmp_path), "--json", "--fail-on", "notice"])
    shown = capsys.readouterr().err
    found = findings(sample.load_changesets(changesets=COUNT), all=True)
    causes = found[found["severity"] >= "notice"]
    assert f"Exit status 3: {len(causes)} findings of severity notice or above (--fail-on notice)." in shown
    assert [sentence for sentence in causes["sentence"] if sentence not in shown] == []


@pytest.mark.slow
def test_the_first_report_of_a_schedule_needs_no_earlier_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    file = str(export_parquet(sample.load_changesets(changesets=COUNT).head(30), "bridge.parquet"))
    assert main(["report", file, "--since", "old.html"]) == 1
    assert "There is no report old.html to compare with. Leave out since" in capsys.readouterr().err
    assert main(["report", file, "-o", "./weekly.html", "--since", "weekly.html"]) == 0
    assert "weekly.html does not exist yet: this report is the first" in capsys.readouterr().err
    assert main(["report", file, "-o", "weekly.html", "--since", "weekly.html"]) == 0
    assert "No changeset has come since then" in Path("weekly.html").read_text("utf-8")


@pytest.mark.slow
def test_a_report_is_compared_with_the_last_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "report.html"
    write_report(report, sample.load_changesets(changesets=COUNT).loc[: COUNT - 40])
    assert main(["report", _parquet(tmp_path), "-o", str(report), "--since", str(report)]) == 0
    assert f"Since the last report (changeset {COUNT - 40:,}): 40 changesets" in report.read_text("utf-8")
    capsys.readouterr()
    Path(tmp_path, "page.html").write_text("<html></html>", "utf-8")
    assert main(["report", _parquet(tmp_path), "-o", str(report), "--since", str(tmp_path / "page.html")]) == 1
    assert "page.html is no report of write_report" in capsys.readouterr().err


def test_names_in_a_file_are_shown_only_on_request(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    named = sample.load_changesets(changesets=COUNT).assign(creator_name="Ada Lovelace")
    file = str(export_parquet(named, tmp_path / "named.parquet"))
    main(["report", file, "--json", "--fail-on", "info"])
    shown = capsys.readouterr()
    assert "person-" in shown.out + shown.err
    assert "Lovelace" not in shown.out + shown.err
    main(["report", file, "--json", "--fail-on", "info", "--names"])
    assert "Lovelace" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["missing.parquet"], "There is no file missing.parquet"),
        (["{file}", "-o", "nowhere/report.html"], "There is no folder nowhere"),
        (["{file}", "--json", "--time-zone", "Moon/Crater"], "Moon/Crater"),
        (["{file}", "--json", "--now", "soon"], "now should be a time"),
        (["{file}", "--names"], "personal=True"),
        (["5e19bee0-3aea-4355-a9f0-c6df9989ee7d", "-o", "report.pdf"], "should end with .html"),
        (["5e19bee0-3aea-4355-a9f0-c6df9989ee7d", "--time-zone", "Moon/Crater"], "Moon/Crater"),
        (["5e19bee0-3aea-4355-a9f0-c6df9989ee7d", "--now", "soon"], "now should be a time"),
    ],
)
def test_an_error_takes_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    file = _parquet(tmp_path)
    assert main(["report", *(argument.replace("{file}", file) for argument in arguments)]) == 1
    shown = capsys.readouterr().err
    assert words in shown
    assert shown.count("\n") == 1


@pytest.mark.parametrize("severity", ["warn", "Warning", ""])
def test_an_invalid_severity_shows_the_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str], severity: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["report", _parquet(tmp_path), "--json", "--fail-on", severity])
    assert "'info', 'notice', 'warning', 'critical'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda frame: frame.drop(columns="file_size"), "changesets frame lacks file_size"),
        (lambda frame: frame[["has_views_and_models"]], "changesets frame lacks id"),
        (lambda frame: pd.concat([frame, frame]), "a changeset_index twice"),
        (lambda frame: frame.assign(push_date_time="soon"), "push_date_time should contain times"),
    ],
)
def test_other_parquet_files_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], spoil: Any, words: str
) -> None:
    file = export_parquet(spoil(sample.load_changesets(changesets=9)), tmp_path / "other.parquet")
    assert main(["report", str(file), "--json"]) == 1
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"", b"PAR1 but no more"])
def test_a_file_that_is_not_parquet_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    file = tmp_path / "junk.PARQUET"
    file.write_bytes(content)
    assert main(["report", str(file), "--json"]) == 1
    shown = capsys.readouterr().err
    assert "junk.PARQUET" in shown
    assert shown.count("\n") == 1


def test_printed_findings_contain_no_secrets(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imodels_nb.insights.timeline.pseudonymize", lambda _: "ingrid@example.com")
    assert main(["report", _parquet(tmp_path), "--json"]) == 1
    printed = capsys.readouterr()
    assert "the findings, row 1 looks like it contains an e-mail address" in printed.err
    assert "ingrid" not in printed.out + printed.err


def _read_sentences(printed: bytes, encoding: str) -> list[str]:
    return [finding["sentence"] for finding in json.loads(printed.decode(encoding))["findings"]]


@pytest.mark.slow
def test_json_is_valid_in_another_process(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "imodels_nb", "report", _parquet(tmp_path), "--json"]
    done = subprocess.run(
        command, env=os.environ | {"PYTHONIOENCODING": "utf-16"}, capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    sentences = findings(sample.load_changesets(changesets=COUNT))["sentence"].tolist()
    assert _read_sentences(done.stdout, "utf-16") == sentences


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "cp1252", "utf-16", "utf-8"])
def test_json_is_valid_in_any_encoding_of_stdout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    printed = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(printed, encoding))
    assert main(["report", _parquet(tmp_path), "--json"]) == 0
    sys.stdout.flush()
    sentences = findings(sample.load_changesets(changesets=COUNT))["sentence"].tolist()
    assert _read_sentences(printed.getvalue(), encoding) == sentences


@pytest.mark.slow
def test_redact_masks_secrets(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imodels_nb.insights.timeline.pseudonymize", lambda _: "ingrid@example.com")
    output = tmp_path / "report.html"
    arguments = ["report", _parquet(tmp_path), "--json", "-o", str(output)]
    assert main(arguments) == 1
    assert "--redact" in capsys.readouterr().err
    assert main([*arguments, "--redact"]) == 0
    printed = capsys.readouterr().out + output.read_text("utf-8")
    assert "[redacted]" in printed
    assert "ingrid" not in printed


@pytest.mark.slow
def test_the_sample_report_is_complete(tmp_path: Path) -> None:
    output = tmp_path / "report.html"
    assert main(["report", "--sample", "-o", str(output)]) == 0
    page = output.read_text("utf-8")
    assert "<title>Sample project (synthetic data)</title>" in page
    assert "fetch_changeset_groups gives them" not in page
