"""Tests of the audit, alone, against an earlier one, and with changeset files."""

import io
from pathlib import Path
from typing import Any

import apsw
import numpy as np
import pandas as pd
import pytest
from helpers.changeset_files import record_changes, write_changeset
from helpers.projects import draw_frames

from imodels_nb import audit_ledger, sample


@pytest.fixture(scope="module")
def frames() -> dict[str, pd.DataFrame]:
    return draw_frames(600, 3, gaps=True)


def test_sound_timeline_is_complete(frames: dict[str, pd.DataFrame]) -> None:
    audit = audit_ledger(frames["changesets"], now="2026-01-31")
    assert audit.attrs["sound"]
    assert audit.attrs["as_of"] == "2026-01-31T00:00:00+00:00"
    assert audit.attrs["summary"] == ["The timeline is complete: in order, without repetition, in one unbroken chain."]
    assert audit["skipped"].sum() == frames["changesets"].index[-1] - 600
    assert audit["chain"].value_counts().to_dict() == {"linked": 599, "unknown": 1, "broken": 0}


def test_a_part_of_a_timeline_is_complete_from_its_first_changeset_on(frames: dict[str, pd.DataFrame]) -> None:
    part = frames["changesets"].iloc[50:]
    audit = audit_ledger(part)
    assert audit.attrs["sound"]
    assert audit.attrs["summary"][0].startswith(f"The timeline is complete from changeset {part.index[0]} on: in order")


@pytest.mark.parametrize(
    ("column", "value", "mark"),
    [
        ("parent_id", "f" * 40, lambda audit: audit["chain"] == "broken"),
        ("push_date_time", pd.Timestamp("2020-01-01T00:00Z"), lambda audit: audit["backwards"]),
        ("state", "waitingForFile", lambda audit: audit["waiting"]),
    ],
)
def test_audit_flags_the_wrong_row(frames: dict[str, pd.DataFrame], column: str, value: object, mark: Any) -> None:
    changesets = frames["changesets"].copy()
    index = changesets.index[100]
    changesets.loc[index, column] = value
    audit = audit_ledger(changesets)
    assert audit.index[mark(audit)].tolist() == [index]
    assert not audit.attrs["sound"]
    assert audit.attrs["summary"] == [
        sentence for sentence in audit.attrs["summary"] if f"the first at {index:,}." in sentence
    ]


def test_audit_flags_disorder_and_repeats(frames: dict[str, pd.DataFrame]) -> None:
    changesets = frames["changesets"]
    swapped = changesets.iloc[[0, 2, 1, *range(3, 600)]]
    assert audit_ledger(swapped)["out_of_order"].to_numpy().nonzero()[0].tolist() == [2]
    doubled = pd.concat([changesets.iloc[:5], changesets.iloc[4:]])
    assert audit_ledger(doubled)["repeated"].to_numpy().nonzero()[0].tolist() == [5]


def test_missing_parent_is_no_break(frames: dict[str, pd.DataFrame]) -> None:
    changesets = frames["changesets"].copy()
    changesets.loc[changesets.index[100], "parent_id"] = None
    audit = audit_ledger(changesets)
    assert audit["chain"].iloc[100] == "unknown"
    assert audit.attrs["sound"]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("id", "f" * 40),
        ("parent_id", "f" * 40),
        ("creator_id", "another user"),
        ("push_date_time", pd.Timestamp("2024-06-01T00:00Z")),
        ("file_size", 1),
        ("briefcase_id", 99),
        ("containing_changes", 77),
    ],
)
def test_first_changed_row_is_named(frames: dict[str, pd.DataFrame], column: str, value: object) -> None:
    before = audit_ledger(frames["changesets"].iloc[:500])
    changesets = frames["changesets"].astype({"creator_id": "str"})
    index = int(changesets.index[123])
    changesets.loc[index, column] = value
    audit = audit_ledger(changesets, previous=before)
    assert audit.attrs["first_changed"] == index
    assert audit["history"].tolist() == ["unchanged"] * 123 + ["changed"] + ["unknown"] * 376 + ["new"] * 100
    assert not audit.attrs["sound"]
    assert audit.attrs["summary"][-1] == f"Changeset {index:,} has changed. The 123 before it are unchanged."


def test_old_part_is_unchanged_after_a_round_trip(frames: dict[str, pd.DataFrame]) -> None:
    before = audit_ledger(frames["changesets"].iloc[:500])
    saved = pd.read_csv(io.StringIO(before.to_csv()), index_col="changeset_index")
    arrived = frames["changesets"].copy()
    arrived["state"] = pd.Categorical(["fileUploaded"] * 600)
    for previous in (before, saved):
        audit = audit_ledger(arrived, previous=previous)
        assert audit.attrs["sound"]
        assert audit["history"].value_counts().to_dict() == {"unchanged": 500, "new": 100, "changed": 0, "unknown": 0}


def test_later_upload_changes_no_digest(frames: dict[str, pd.DataFrame]) -> None:
    waiting = frames["changesets"].copy()
    waiting.loc[waiting.index[-1], "state"] = "waitingForFile"
    assert audit_ledger(frames["changesets"], previous=audit_ledger(waiting)).attrs["first_changed"] is None


def test_missing_rows_and_other_starts(frames: dict[str, pd.DataFrame]) -> None:
    changesets = frames["changesets"]
    before = audit_ledger(changesets)
    cut = audit_ledger(changesets.iloc[:400], previous=before)
    assert cut.attrs["first_changed"] == changesets.index[400]
    assert "no longer exists. The 400 before it are unchanged." in cut.attrs["summary"][-1]
    later = audit_ledger(changesets.iloc[10:], previous=before)
    assert later.attrs["first_changed"] is None
    assert set(later["history"]) == {"unknown"}
    assert "cannot be compared" in later.attrs["summary"][-1]
    gone = audit_ledger(changesets.iloc[:0], previous=before)
    assert gone.attrs["first_changed"] == changesets.index[0]


def test_digests_ignore_dtypes_and_descriptions(frames: dict[str, pd.DataFrame]) -> None:
    changesets = frames["changesets"]
    other = changesets.assign(description="rewritten", creator_id=changesets["creator_id"].astype("object"))
    other["push_date_time"] = other["push_date_time"].astype("datetime64[ms, UTC]").astype("datetime64[ns, UTC]")
    np.testing.assert_array_equal(audit_ledger(other)["digest"], audit_ledger(changesets)["digest"])


def test_invalid_frames_are_refused(frames: dict[str, pd.DataFrame]) -> None:
    with pytest.raises(ValueError, match="changesets frame lacks briefcase_id"):
        audit_ledger(frames["changesets"].drop(columns="briefcase_id"))
    with pytest.raises(ValueError, match="given as previous is a changesets frame; pass one from audit_ledger"):
        audit_ledger(frames["changesets"], previous=frames["changesets"])


@pytest.fixture
def changesets(tmp_path: Path) -> pd.DataFrame:
    """Return five changesets of the sample, with the ids of the files in `tmp_path`."""
    database = apsw.Connection(":memory:")
    database.execute("CREATE TABLE t (Id INTEGER PRIMARY KEY)")
    ids: list[str] = []
    for number in range(1, 6):
        body = record_changes(database, lambda: database.execute("INSERT INTO t VALUES (?)", (number,)))  # noqa: B023
        ids.append(write_changeset(tmp_path, body, parent_id=ids[-1] if ids else "").stem)
    frame = sample.load_changesets().iloc[:5].copy()
    return frame.assign(id=ids, parent_id=["", *ids[:-1]])


def test_files_prove_the_content(changesets: pd.DataFrame, tmp_path: Path) -> None:
    audit = audit_ledger(changesets, files=tmp_path)
    assert audit["content"].tolist() == ["proved"] * 5
    assert audit.attrs["sound"]
    assert audit_ledger(changesets)["content"].tolist() == ["unchecked"] * 5


def test_a_wrong_file_makes_the_audit_unsound(changesets: pd.DataFrame, tmp_path: Path) -> None:
    second = tmp_path / f"{changesets['id'][2]}.cs"
    second.write_bytes((tmp_path / f"{changesets['id'][4]}.cs").read_bytes())
    audit = audit_ledger(changesets, files=tmp_path)
    assert audit["content"].tolist() == ["proved", "failed", "proved", "proved", "proved"]
    assert not audit.attrs["sound"]
    assert audit.attrs["summary"][0].startswith("1 changeset does not match its file, the first at 2: ")
    assert "has the content of changeset 4" in audit.attrs["summary"][0]


def test_a_waiting_changeset_needs_no_file(changesets: pd.DataFrame, tmp_path: Path) -> None:
    (tmp_path / f"{changesets['id'][5]}.cs").unlink()
    waiting = changesets.assign(state=["fileUploaded"] * 4 + ["waitingForFile"])
    assert audit_ledger(waiting, files=tmp_path)["content"].tolist() == ["proved"] * 4 + ["unchecked"]
    assert audit_ledger(changesets, files=tmp_path)["content"].tolist() == ["proved"] * 4 + ["failed"]


@pytest.mark.parametrize("columns", [["id", "parent_id"], ["id"]])
def test_an_audit_of_a_csv_file_proves_the_first_changeset(
    changesets: pd.DataFrame, tmp_path: Path, columns: list[str]
) -> None:
    changesets.to_csv(tmp_path / "changesets.csv")
    stored = pd.read_csv(tmp_path / "changesets.csv", index_col=0, parse_dates=["push_date_time"])
    upper = stored.assign(**{name: stored[name].str.upper() for name in columns})
    assert stored["parent_id"].isna().tolist() == [True, False, False, False, False]
    for frame in (stored, upper):
        assert audit_ledger(frame, files=tmp_path)["content"].tolist() == ["proved"] * 5


def test_a_file_without_a_known_parent_is_unchecked(changesets: pd.DataFrame, tmp_path: Path) -> None:
    part = changesets.loc[[2, 3, 5]].assign(parent_id=float("nan"))
    audit = audit_ledger(part, files=tmp_path)
    assert audit["content"].tolist() == ["unchecked", "proved", "unchecked"]
    assert audit.attrs["sound"]
    assert "2 files cannot be checked, the first at 2: its parent is not known" in " ".join(audit.attrs["summary"])


def test_repeated_rows_are_audited_once(changesets: pd.DataFrame, tmp_path: Path) -> None:
    twice = pd.concat([changesets, changesets.loc[[3]]]).sort_index()
    audit = audit_ledger(twice, files=tmp_path)
    assert audit["content"].tolist() == ["proved", "proved", "proved", "unchecked", "proved", "proved"]
    assert not audit.attrs["sound"]
