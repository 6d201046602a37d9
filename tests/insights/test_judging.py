"""The surrogates of `make judge`, and how it compares a finding with a truth."""

import numpy as np
import pandas as pd
import pytest
from helpers.projects import draw_frames

from benchmarks.judging import histories, judge
from benchmarks.judging.truths import TRUTHS, Truth

TRUTH = Truth(("silence",), 100, 120, is_story=True, is_useful=True, text="a silence")


@pytest.fixture(scope="module")
def changesets() -> pd.DataFrame:
    return draw_frames(2_000, 5)["changesets"]


@pytest.mark.parametrize("kind", judge.SURROGATES)
def test_a_surrogate_keeps_what_its_kind_says(changesets: pd.DataFrame, kind: str) -> None:
    surrogate = judge.SURROGATES[kind](changesets, np.random.default_rng(1))
    assert surrogate["push_date_time"].is_monotonic_increasing
    assert surrogate["creator_id"].value_counts().to_dict() == changesets["creator_id"].value_counts().to_dict()
    assert int(surrogate["group_id"].notna().sum()) == int(changesets["group_id"].notna().sum())
    assert not surrogate["push_date_time"].equals(changesets["push_date_time"])
    if kind == "timetable":
        times = [frame["push_date_time"].dt.strftime("%A %H:%M") for frame in (changesets, surrogate)]
        assert times[0].value_counts().to_dict() == times[1].value_counts().to_dict()


def test_giants_are_drawn_again() -> None:
    values = np.array([*range(100, 200), 1_000, 5_000])
    drawn = histories._replace_giants(values, np.random.default_rng(1))
    assert drawn.max() < 200
    assert (drawn[:100] == values[:100]).all()


@pytest.mark.parametrize(
    ("first", "last", "evidence", "is_true"),
    [
        (105, 106, "", True),  # within
        (90, 120, "", True),
        (1, 2_000, "", False),  # too wide to mean it
        (121, 130, "", False),
        (500, 501, "500-501, 110-111", True),  # one of several events
    ],
)
def test_a_finding_is_true_at_its_place(first: int, last: int, evidence: str, is_true: bool) -> None:
    columns = {"rule": "silence", "first_index": first, "last_index": last, "evidence": evidence}
    row = next(pd.DataFrame([columns]).itertuples())
    assert bool(judge._match(row, (TRUTH,))) is is_true
    assert not judge._match(row._replace(rule="departure"), (TRUTH,))


def test_entries_that_were_added_are_no_stories() -> None:
    for truths in TRUTHS.values():
        assert any(truth.is_story for truth in truths)
        assert not any(truth.is_story and truth.is_added for truth in truths)
        assert all(truth.first <= truth.last for truth in truths)
    assert not any(truth.is_added for number in histories.UNSEEN for truth in TRUTHS[number])
