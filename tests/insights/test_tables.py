"""Tests of the tables of checkpoint debt and milestones, against plain loops."""

from typing import Any

import pandas as pd
import pytest
from helpers.projects import draw_frames
from helpers.timelines import patient
from hypothesis import given
from hypothesis import strategies as st

from imodels_nb import audit_ledger, checkpoint_debt, milestones, sample
from imodels_nb.frames import KINDS


@pytest.fixture(scope="module")
def frames() -> dict[str, pd.DataFrame]:
    return draw_frames(600, 3, gaps=True)


@pytest.mark.slow
@patient
@given(
    at=st.lists(st.integers(0, 70), unique=True),
    failed=st.sets(st.integers(0, 70)),
    waiting=st.sets(st.integers(1, 60)),
)
def test_debt_counts_since_the_last_checkpoint(at: list[int], failed: set[int], waiting: set[int]) -> None:
    changesets = sample.load_changesets(changesets=40, gaps=True)
    rows = changesets.index.isin(sorted(waiting))
    changesets.loc[rows, "state"] = "waitingForFile"
    states = ["failed" if index in failed else "successful" for index in at]
    checkpoints = pd.DataFrame({"state": states}, index=pd.Index(at, dtype="int64", name="changeset_index"))
    debt = checkpoint_debt(changesets, checkpoints)
    made = sorted({0, *at} - (failed - {0}))
    for index, row in debt.iterrows():
        last = max(checkpoint for checkpoint in made if checkpoint <= index)
        behind = changesets.loc[last + 1 : index]
        behind = behind[behind["state"] == "fileUploaded"]
        assert row[["checkpoint_index", "changesets", "bytes"]].tolist() == [
            last,
            len(behind),
            behind["file_size"].sum(),
        ]


def test_suggested_version_ends_a_complete_run(frames: dict[str, pd.DataFrame]) -> None:
    changesets = frames["changesets"].copy()
    (suggested,) = checkpoint_debt(changesets).pipe(lambda debt: debt.index[debt["suggested"]])
    assert suggested == changesets.index[-1]
    group = changesets["group_id"].astype("object")
    inside = next(position for position in range(300, 600) if group.iloc[position] == group.iloc[position + 1])
    changesets.loc[changesets.index[inside + 1], "state"] = "waitingForFile"
    (suggested,) = checkpoint_debt(changesets).pipe(lambda debt: debt.index[debt["suggested"]])
    ends = [
        position
        for position in range(inside)
        if group.iloc[position] != group.iloc[position + 1] or pd.isna(group.iloc[position])
    ]
    assert suggested == changesets.index[max(ends)]
    tip = pd.DataFrame({"state": ["successful"]}, index=changesets.index[-1:])
    assert not checkpoint_debt(frames["changesets"], tip)["suggested"].any()


def test_named_versions_or_the_baseline_replace_checkpoints(
    frames: dict[str, pd.DataFrame],
) -> None:
    by_version = checkpoint_debt(frames["changesets"], named_versions=frames["named_versions"])
    assert set(by_version["checkpoint_index"]) == {0, *frames["named_versions"].index}
    alone = checkpoint_debt(frames["changesets"])
    assert alone["changesets"].tolist() == list(range(1, 601))
    assert alone["bytes"].iloc[-1] == frames["changesets"]["file_size"].sum()


def test_milestones_count_since_the_one_before(frames: dict[str, pd.DataFrame]) -> None:
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


def test_hidden_versions_and_versions_outside(
    frames: dict[str, pd.DataFrame],
) -> None:
    versions = frames["named_versions"]
    assert len(milestones(frames["changesets"], versions, hidden=True)) == len(versions)
    window = milestones(frames["changesets"].loc[300:], versions)
    assert window.loc[:299, "changesets"].eq(0).all()
    assert window.loc[:299, "first_index"].isna().all()


def test_empty_tables_have_the_same_dtypes(frames: dict[str, pd.DataFrame]) -> None:
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


def test_invalid_frames_are_refused(frames: dict[str, pd.DataFrame]) -> None:
    with pytest.raises(ValueError, match="changesets frame lacks id"):
        checkpoint_debt(frames["changesets"].drop(columns="id"))
    with pytest.raises(ValueError, match="named versions frame lacks state"):
        milestones(frames["changesets"], frames["named_versions"].drop(columns="state"))
    with pytest.raises(TypeError, match="checkpoints should be a DataFrame"):
        checkpoint_debt(frames["changesets"], "all")  # type: ignore[arg-type]  # that is the point
