"""The summary of a timeline: its five statements, and where they are shown."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.projects import draw_frames
from test_findings import PEOPLE, checkpoints, timeline, versions

from imodels_nb import ChangesetExplorer, sample, summary, write_report


def test_five_statements_about_the_sample() -> None:
    frames = draw_frames(12_000, 7)
    shown = summary(**frames)
    assert shown.size.startswith("12,000 changesets with 7.87 GB were pushed from 8 January 2024 to 19 December 2025; ")
    assert "mostly from Monday to Friday" in shown.rhythm
    assert "the longest pause took 10 days, from 23 December 2024." in shown.rhythm
    assert shown.people.startswith(
        "5 accounts pushed 2,400 changesets by hand, 4 of them in the last 90 days; 1 automation"
    )
    assert "There are 37 named versions, the latest of 10 November 2025 at changeset 11,630" in shown.versions
    assert "checkpoints failed" in shown.versions
    assert shown.first.startswith("Look first at this: On 27 September 2024 person-")
    assert str(shown).count("\n") == 4


def test_pace_is_compared_with_the_half_year_before() -> None:
    def describe_pace(before: float, after: float) -> str:
        days = np.concatenate([np.arange(0, 280, 1 / before), np.arange(280, 371, 1 / after)])
        frame = timeline(len(days))
        times = pd.Timestamp("2025-01-06T08:00Z") + pd.to_timedelta(days, unit="D")
        return summary(frame.assign(push_date_time=pd.Series(times).astype("datetime64[us, UTC]").array)).size

    assert "; 70 a week in the last quarter, about as many as in the half year before." in describe_pace(10, 10)
    assert "; 21 a week in the last quarter, fewer than in the half year before (7" in describe_pace(10, 3)
    assert "more than in the half year before (7)." in describe_pace(1, 3)
    assert "quarter" not in summary(timeline(100)).size


def test_state_of_checkpoints() -> None:
    states = checkpoints({100: "successful", 200: "failed"})
    assert (
        "1 of 2 checkpoints failed; to open the tip, 300 changesets" in summary(timeline(), None, None, states).versions
    )
    assert "No checkpoint failed" in summary(timeline(), None, None, checkpoints({400: "successful"})).versions
    assert summary(timeline(), versions(400)).versions.endswith("the tip has a checkpoint.")
    assert "were not passed" in summary(timeline()).versions


def test_people_and_jobs() -> None:
    one = timeline(creator_id=pd.Categorical([PEOPLE[0]] * 400))
    assert "1 account pushed 400 changesets by hand, 1 of them in the last 90 days (person-" in summary(one).people
    assert summary(one).people.endswith(" 100%); no changeset belongs to a synchronization run.")
    job = timeline(group_id=pd.Categorical([f"run {number // 4}" for number in range(400)]))
    assert summary(job).people == "3 automation accounts pushed 100% of all changesets."


def test_nothing_stands_out_in_calm_data() -> None:
    assert summary(timeline()).first == "Nothing stands out: no rule passed its threshold."
    late = summary(timeline(), now=timeline()["push_date_time"].max() + timedelta(days=3))
    assert late.rhythm.endswith("The last push was 3 days ago.")


@pytest.mark.parametrize("count", [0, 1, 2, 19])
def test_short_timelines(count: int) -> None:
    shown = summary(timeline(count))
    assert shown.size == "There are no changesets yet." if not count else "pushed" in shown.size
    assert "between" not in shown.rhythm


def test_texts_are_escaped() -> None:
    frame = timeline()
    users = pd.DataFrame({"label": ["<b>&"] * 3}, index=pd.Index(PEOPLE, name="id"))
    frame.loc[9, "file_size"] = 400_000_000
    shown = summary(frame, None, users)
    assert "<b>&" in shown.first
    assert "&lt;b&gt;&amp;" in shown._repr_html_()
    assert "<b>" not in shown._repr_html_()


@pytest.mark.slow
def test_report_and_explorer_show_it(tmp_path: Path) -> None:
    frame = sample.load_changesets(changesets=300)
    shown = summary(frame)
    page = write_report(tmp_path / "report.html", frame).read_text("utf-8")
    explorer = ChangesetExplorer(frame)
    for statement in shown:
        assert statement[:20] in page
        assert statement[:20] in explorer._summary.value
    explorer.close()
