"""Checkpoint debt and milestones, against counting by hand; and the audit, before and after."""

import io
from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers.projects import drawn
from helpers.timelines import patient
from hypothesis import given
from hypothesis import strategies as st

from imodels_nb import audit_ledger, checkpoint_debt, milestones, sample
from imodels_nb.frames import KINDS


@pytest.fixture(scope="module")
def frames() -> dict[str, pd.DataFrame]:
    return drawn(600, 3, gaps=True)[1]


@pytest.mark.slow
@patient
@given(
    at=st.lists(st.integers(0, 70), unique=True),
    failed=st.sets(st.integers(0, 70)),
    waiting=st.sets(st.integers(1, 60)),
)
def test_debt_is_what_has_come_since_the_last_successful_checkpoint(
    at: list[int], failed: set[int], waiting: set[int]
) -> None:
    changesets = sample.load_changesets(changesets=40, gaps=True)
    rows = changesets.index.isin(sorted(waiting))
    changesets.loc[rows, "state"] = "waitingForFile"
    states = ["failed" if index in failed else "successful" for index in at]
    checkpoints = pd.DataFrame({"state": states}, index=pd.Index(at, dtype="int64", name="changeset_index"))
    debt = checkpoint_debt(changesets, checkpoints)
    made = sorted({0, *at} - (failed - {0}))
    for index, row in debt.iterrows():
        last = max(one for one in made if one <= index)
        behind = changesets.loc[last + 1 : index]
        behind = behind[behind["state"] == "fileUploaded"]
        assert row[["checkpoint_index", "changesets", "bytes"]].tolist() == [
            last,
            len(behind),
            behind["file_size"].sum(),
        ]


def test_the_suggested_version_is_whole_ends_a_run_and_saves_something(frames: dict[str, pd.DataFrame]) -> None:
    changesets = frames["changesets"].copy()
    (suggested,) = checkpoint_debt(changesets).pipe(lambda debt: debt.index[debt["suggested"]])
    assert suggested == changesets.index[-1]
    group = changesets["group_id"].astype("object")
    inside = next(position for position in range(300, 600) if group.iloc[position] == group.iloc[position + 1])
    changesets.loc[changesets.index[inside + 1], "state"] = "waitingForFile"
    (suggested,) = checkpoint_debt(changesets).pipe(lambda debt: debt.index[debt["suggested"]])
    ends = [
        place for place in range(inside) if group.iloc[place] != group.iloc[place + 1] or pd.isna(group.iloc[place])
    ]
    assert suggested == changesets.index[max(ends)]
    tip = pd.DataFrame({"state": ["successful"]}, index=changesets.index[-1:])
    assert not checkpoint_debt(frames["changesets"], tip)["suggested"].any()


def test_without_checkpoints_named_versions_count_and_without_them_the_baseline(
    frames: dict[str, pd.DataFrame],
) -> None:
    by_version = checkpoint_debt(frames["changesets"], named_versions=frames["named_versions"])
    assert set(by_version["checkpoint_index"]) == {0, *frames["named_versions"].index}
    alone = checkpoint_debt(frames["changesets"])
    assert alone["changesets"].tolist() == list(range(1, 601))
    assert alone["bytes"].iloc[-1] == frames["changesets"]["file_size"].sum()


def test_milestones_hold_what_came_since_the_one_before(frames: dict[str, pd.DataFrame]) -> None:
    changesets, versions = frames["changesets"], frames["named_versions"]
    table = milestones(changesets, versions, frames["checkpoints"])
    assert table.index.tolist() == versions.index[versions["state"] == "visible"].tolist()
    last = 0
    for index, row in table.iterrows():
        inside = changesets.loc[last + 1 : index]
        flags = inside["containing_changes"]
        assert (row["first_index"], row["last_index"]) == (inside.index[0], inside.index[-1])
        assert (row["changesets"], row["bytes"]) == (len(inside), inside["file_size"].sum())
        assert (row["people"], row["briefcases"]) == (inside["creator_id"].nunique(), inside["briefcase_id"].nunique())
        for name, kind in KINDS.items():
            assert row[name] == ((flags & int(kind.flag) != 0) if kind.flag else flags == 0).sum(), name
        assert row["checkpoint"] == frames["checkpoints"].loc[index, "state"]
        last = index


def test_hidden_versions_and_versions_outside_the_frame(
    frames: dict[str, pd.DataFrame],
) -> None:
    versions = frames["named_versions"]
    assert len(milestones(frames["changesets"], versions, hidden=True)) == len(versions)
    window = milestones(frames["changesets"].loc[300:], versions)
    assert window.loc[:299, "changesets"].eq(0).all()
    assert window.loc[:299, "first_index"].isna().all()


def test_empty_frames_have_the_same_columns_and_dtypes(frames: dict[str, pd.DataFrame]) -> None:
    calls: list[Any] = [
        lambda changesets, versions: milestones(changesets, versions, frames["checkpoints"]),
        lambda changesets, versions: checkpoint_debt(changesets, named_versions=versions),
        lambda changesets, _: audit_ledger(changesets),
    ]
    for call in calls:
        some = call(frames["changesets"], frames["named_versions"])
        none = call(frames["changesets"].iloc[:0], frames["named_versions"].iloc[:0])
        assert len(none) == 0
        assert {n: str(t) for n, t in some.dtypes.items()} == {n: str(t) for n, t in none.dtypes.items()}


def test_a_sound_ledger_is_told_to_be_whole(frames: dict[str, pd.DataFrame]) -> None:
    audit = audit_ledger(frames["changesets"], now="2026-01-31")
    assert audit.attrs["sound"]
    assert audit.attrs["as_of"] == "2026-01-31T00:00:00+00:00"
    assert audit.attrs["summary"] == ["The timeline is complete: in order, without repetition, in one unbroken chain."]
    assert audit["skipped"].sum() == frames["changesets"].index[-1] - 600
    assert audit["chain"].value_counts().to_dict() == {"linked": 599, "unknown": 1, "broken": 0}


@pytest.mark.parametrize(
    ("column", "value", "mark"),
    [
        ("parent_id", "f" * 40, lambda audit: audit["chain"] == "broken"),
        ("push_date_time", pd.Timestamp("2020-01-01T00:00Z"), lambda audit: audit["backwards"]),
        ("state", "waitingForFile", lambda audit: audit["waiting"]),
    ],
)
def test_an_audit_marks_the_row_that_is_wrong(
    frames: dict[str, pd.DataFrame], column: str, value: object, mark: Any
) -> None:
    changesets = frames["changesets"].copy()
    index = changesets.index[100]
    changesets.loc[index, column] = value
    audit = audit_ledger(changesets)
    assert audit.index[mark(audit)].tolist() == [index]
    assert not audit.attrs["sound"]
    assert audit.attrs["summary"] == [one for one in audit.attrs["summary"] if f"the first at {index:,}." in one]


def test_an_audit_takes_rows_as_they_stand_and_marks_disorder_and_repeats(frames: dict[str, pd.DataFrame]) -> None:
    changesets = frames["changesets"]
    swapped = changesets.iloc[[0, 2, 1, *range(3, 600)]]
    assert audit_ledger(swapped)["out_of_order"].to_numpy().nonzero()[0].tolist() == [2]
    doubled = pd.concat([changesets.iloc[:5], changesets.iloc[4:]])
    assert audit_ledger(doubled)["repeated"].to_numpy().nonzero()[0].tolist() == [5]


def test_a_missing_parent_is_unknown_and_no_break(frames: dict[str, pd.DataFrame]) -> None:
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
        ("creator_id", "somebody else"),
        ("push_date_time", pd.Timestamp("2024-06-01T00:00Z")),
        ("file_size", 1),
        ("briefcase_id", 99),
        ("containing_changes", 77),
    ],
)
def test_a_later_audit_names_the_first_row_that_is_not_what_it_was(
    frames: dict[str, pd.DataFrame], column: str, value: object
) -> None:
    before = audit_ledger(frames["changesets"].iloc[:500])
    changesets = frames["changesets"].astype({"creator_id": "str"})
    index = int(changesets.index[123])
    changesets.loc[index, column] = value
    audit = audit_ledger(changesets, previous=before)
    assert audit.attrs["first_changed"] == index
    assert audit["history"].tolist() == ["unchanged"] * 123 + ["changed"] + ["unknown"] * 376 + ["new"] * 100
    assert not audit.attrs["sound"]
    assert audit.attrs["summary"][-1] == f"Changeset {index:,} has changed. The 123 before it are unchanged."


def test_a_later_audit_proves_that_the_old_part_is_unchanged_also_from_a_file(frames: dict[str, pd.DataFrame]) -> None:
    before = audit_ledger(frames["changesets"].iloc[:500])
    kept = pd.read_csv(io.StringIO(before.to_csv()), index_col="changeset_index")
    arrived = frames["changesets"].copy()
    arrived["state"] = pd.Categorical(["fileUploaded"] * 600)
    for previous in (before, kept):
        audit = audit_ledger(arrived, previous=previous)
        assert audit.attrs["sound"]
        assert audit["history"].value_counts().to_dict() == {"unchanged": 500, "new": 100, "changed": 0, "unknown": 0}


def test_an_upload_that_completes_changes_nothing_that_was_audited(frames: dict[str, pd.DataFrame]) -> None:
    waiting = frames["changesets"].copy()
    waiting.loc[waiting.index[-1], "state"] = "waitingForFile"
    assert audit_ledger(frames["changesets"], previous=audit_ledger(waiting)).attrs["first_changed"] is None


def test_rows_that_are_gone_are_named_and_another_beginning_cannot_be_compared(frames: dict[str, pd.DataFrame]) -> None:
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


def test_what_cannot_be_audited_is_refused_by_name(frames: dict[str, pd.DataFrame]) -> None:
    with pytest.raises(ValueError, match="changesets frame lacks briefcase_id"):
        audit_ledger(frames["changesets"].drop(columns="briefcase_id"))
    with pytest.raises(ValueError, match="given as previous is a changesets frame; pass one from audit_ledger"):
        audit_ledger(frames["changesets"], previous=frames["changesets"])
    with pytest.raises(ValueError, match="changesets frame lacks id"):
        checkpoint_debt(frames["changesets"].drop(columns="id"))
    with pytest.raises(ValueError, match="named versions frame lacks state"):
        milestones(frames["changesets"], frames["named_versions"].drop(columns="state"))
    with pytest.raises(TypeError, match="checkpoints must be a DataFrame"):
        checkpoint_debt(frames["changesets"], "all")  # type: ignore[arg-type]  # that is the point


def test_digests_follow_the_rows_and_nothing_else(frames: dict[str, pd.DataFrame]) -> None:
    changesets = frames["changesets"]
    other = changesets.assign(description="rewritten", creator_id=changesets["creator_id"].astype("object"))
    other["push_date_time"] = other["push_date_time"].astype("datetime64[ms, UTC]").astype("datetime64[ns, UTC]")
    np.testing.assert_array_equal(audit_ledger(other)["digest"], audit_ledger(changesets)["digest"])
