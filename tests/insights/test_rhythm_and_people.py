"""Rules on rhythm and people, each threshold on both sides."""

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers.projects import TIME
from test_findings import PEOPLE, START, select_rule, timeline

from imodels_nb import findings

OTHERS = [letter * 8 for letter in "abcdef"]


def at(days: Any, **columns: Any) -> pd.DataFrame:
    """Build a timeline with pushes at these days, counted from the start."""
    times = pd.Series(START + pd.to_timedelta(np.asarray(days, dtype=np.float64), unit="D"))
    return timeline(len(times), push_date_time=times.astype(TIME).array, **columns)


def with_pause(days: float, before: int = 100, usual: float = 1.0) -> pd.DataFrame:
    """Build a push every day, then none for some days, then a push every day."""
    first = np.arange(before) * usual
    return at(np.concatenate([first, first[-1] + days + np.arange(100) * usual]))


def a_week(*counts: int) -> pd.DataFrame:
    """Build so many pushes in each week, spread evenly over it."""
    return at(np.concatenate([7 * week + 7 * np.arange(count) / count for week, count in enumerate(counts) if count]))


def by(*shares: tuple[int, list[str]], hours: float = 3) -> pd.DataFrame:
    """Build pushes every few hours, so many of them by these accounts in turn."""
    who = [accounts[number % len(accounts)] for count, accounts in shares for number in range(count)]
    return timeline(len(who), hours=hours, creator_id=pd.Categorical(who))


def test_a_silence_is_longer_than_all_before() -> None:
    found = findings(with_pause(60))
    assert select_rule("silence", found) == [("notice", 100, 101)]
    assert "there was no push for 60 days. The longest pause until then was 1 day." in found["sentence"][0]
    assert select_rule("silence", findings(with_pause(30.1))) == [("notice", 100, 101)]
    assert select_rule("silence", findings(with_pause(29.9))) == []
    assert select_rule("silence", findings(with_pause(44, usual=30))) == []
    assert select_rule("silence", findings(with_pause(91, usual=30))) == [("notice", 100, 101)]
    assert select_rule("silence", findings(with_pause(60, before=31))) == [("notice", 31, 32)]
    assert select_rule("silence", findings(with_pause(60, before=30))) == []


def test_several_silences_are_one_finding() -> None:
    days = np.concatenate([np.arange(50), 110 + np.arange(50), 300 + np.arange(50), 450 + np.arange(50)])
    found = findings(at(days))
    assert select_rule("silence", found) == [("notice", 100, 101)]
    assert found["evidence"][0] == "100-101, 50-51"  # the third is shorter than the second
    assert "There was 1 more unusual pause: 61 days after 21 April 2025." in found["sentence"][0]


def test_silence_does_not_depend_on_the_order_of_dates() -> None:
    frame = with_pause(60)
    times = frame["push_date_time"].to_numpy().copy()
    times[[98, 99]] = times[[99, 98]]
    assert select_rule("silence", findings(frame.assign(push_date_time=pd.Series(times, dtype=TIME).array))) == [
        ("notice", 99, 101)
    ]


def test_pushes_fade() -> None:
    assert select_rule("fade-out", findings(a_week(*[8] * 30, *[2] * 30))) == [("warning", 240, 300)]
    assert select_rule("fade-out", findings(a_week(*[8] * 30, *[3] * 30))) == []
    assert select_rule("fade-out", findings(a_week(*[7] * 30, *[1] * 30))) == []
    assert select_rule("fade-out", findings(a_week(*[8] * 30, *[2] * 20, *[8] * 20))) == []
    found = findings(a_week(*[8] * 30, *[2] * 40, *[8] * 30))
    assert select_rule("fade-out", found) == [("notice", 240, 304)]
    assert "the pushes faded: 64 pushes in 32 weeks" in found["sentence"][0]
    assert "had 8. Half of them came back after 32 weeks." in found["sentence"][0]


def test_pushes_fade_over_the_years() -> None:
    slowly = [9 - 8 * week // 300 for week in range(300)]
    found = findings(a_week(*slowly, *[1] * 60))
    assert select_rule("fade-out", found)[0][0] == "notice"
    assert "The pushes faded over the years: 53 in the year before the last push, after 4" in found["sentence"][0]
    assert select_rule("fade-out", findings(a_week(*slowly))) == []


def bulk(pushes: int, usual: int = 2, *, seconds: float = 60) -> pd.DataFrame:
    """Build some pushes a day, and many on one day, so many seconds apart."""
    days = [np.linspace(0, 0.3, usual) + day for day in range(100)]
    days[50] = 50 + np.arange(pushes) * seconds / 86_400
    return at(np.concatenate(days), briefcase_id=2)


def test_a_bulk_day_has_far_more_pushes() -> None:
    found = findings(bulk(40))
    assert select_rule("bulk day", found) == [("notice", 101, 140)]
    assert "On 22 April 2025 40 pushes came in by 3 accounts. A busy day of that time has 2." in found["sentence"][0]
    assert select_rule("bulk day", findings(bulk(39))) == []
    assert select_rule("bulk day", findings(bulk(48, 12))) == [("notice", 601, 648)]
    assert select_rule("bulk day", findings(bulk(47, 12))) == []


def test_prepared_pushes_are_replayed_and_no_contention() -> None:
    replayed = bulk(60, seconds=0)
    found = findings(replayed.assign(briefcase_id=2 + np.arange(len(replayed)) % 2))
    assert select_rule("contention", found) == []
    assert "they were replayed from elsewhere" in found.loc[found["rule"] == "bulk day", "sentence"].iloc[0]
    assert "replayed" not in findings(bulk(60))["sentence"][0]


def test_one_event_is_one_finding() -> None:
    frame = bulk(60)
    found = findings(frame.assign(briefcase_id=2 + np.arange(len(frame)) % 2), all=True)
    assert found["rule"].tolist() == ["bulk day"]
    assert found["also"].tolist() == ["contention"]


def build_departure(own: int = 60, others: int = 140, *, after: int = 1_100, back: int = 0) -> pd.DataFrame:
    """Build pushes of an account among others that nearly stops."""
    who = [PEOPLE[0]] * own + [OTHERS[number % 6] for number in range(others)]
    who = np.random.default_rng(1).permutation(who).tolist()
    late = [PEOPLE[0]] * back + [OTHERS[number % 6] for number in range(after - back)]
    return timeline(
        len(who) + after, creator_id=pd.Categorical(who + np.random.default_rng(2).permutation(late).tolist())
    )


def test_an_account_with_many_pushes_leaves() -> None:
    found = findings(build_departure())
    assert [severity for severity, *_ in select_rule("departure", found)] == ["warning"]
    assert "made 31% of the pushes by hand in the year to" in found["sentence"][0]
    assert found["chance"][0] < 0.001
    assert select_rule("departure", findings(build_departure(40, 160))) != []
    assert select_rule("departure", findings(build_departure(38, 162))) == []
    assert select_rule("departure", findings(build_departure(36, 80))) != []
    assert select_rule("departure", findings(build_departure(29, 71))) == []
    assert select_rule("departure", findings(build_departure(after=950))) == []  # 119 days


def test_a_few_late_pushes_change_nothing() -> None:
    found = findings(build_departure(back=4))
    assert "Since then it has made 6 of 1,110 pushes." in found["sentence"][0]
    assert select_rule("departure", findings(build_departure(back=90))) == []


def test_two_departures_are_apart_and_three_are_one() -> None:
    def leave(names: str) -> pd.DataFrame:
        parts = [part for name in names for part in ((200, [name * 8, "9" * 8]), (120, ["9" * 8]))]
        return by(*parts, (800, ["9" * 8]), hours=24)

    assert {first for _, first, _ in select_rule("departure", findings(leave("ab"), all=True))} == {321, 1}
    found = findings(leave("abc"), all=True)
    rows = found[found["rule"] == "departure"]
    assert rows["sentence"].iloc[0].startswith("3 accounts that made 20% or more of the pushes by hand of a year")
    assert rows["evidence"].tolist() == ["641-839, 321-519, 1-199"]


def test_a_hand_over_needs_a_part_of_all_pushes_on_both_sides() -> None:
    def build_hand_over(own: int) -> pd.DataFrame:
        many = [(own * 6, [PEOPLE[0], *OTHERS[:5]]), (own * 6, [PEOPLE[1], *OTHERS[:5]])]
        return by(*many, (3_000 - 12 * own, OTHERS[:5]))

    assert select_rule("hand-over", findings(build_hand_over(150))) != []
    assert select_rule("hand-over", findings(build_hand_over(149))) == []


def test_a_hand_over_takes_at_most_ninety_days() -> None:
    def build_hand_over(days: float) -> pd.DataFrame:
        frame = by((50, [PEOPLE[0]]), (50, [PEOPLE[1]]))
        late = frame["push_date_time"] + timedelta(days=days)
        return frame.assign(push_date_time=frame["push_date_time"].where(frame.index <= 50, late))

    assert select_rule("hand-over", findings(build_hand_over(89))) == [("notice", 50, 51)]
    assert select_rule("hand-over", findings(build_hand_over(91))) == []


def runs(*, last: int = 60, successor: bool = False, days: int = 200) -> pd.DataFrame:
    """Build daily runs of a job that ends, and daily pushes of people."""
    rows = [(day, "person", None) for day in range(days)]
    rows += [(day + 0.3, "job", f"r{day}") for day in range(last)]
    rows += [(day + 0.3, "other job", f"s{day}") for day in range(last, days)] if successor else []
    rows.sort()
    frame = at([day for day, *_ in rows], briefcase_id=2)
    return frame.assign(
        creator_id=pd.Categorical([who for _, who, _ in rows]), group_id=pd.Categorical([run for *_, run in rows])
    )


def test_a_job_ends_while_others_push_on() -> None:
    found = findings(runs(), all=True)
    assert select_rule("ended job", found) == [("warning", 118, 120)]
    assert "its last of 60 runs was on 1 May 2025, and 140 changesets followed" in found["sentence"][0]
    assert select_rule("stalled synchronization", found) == []
    assert select_rule("ended job", findings(runs(days=91))) != []
    assert select_rule("ended job", findings(runs(days=89))) == []


def test_a_job_moves_to_another_account() -> None:
    found = findings(runs(successor=True), all=True)
    assert select_rule("hand-over", found) == [("notice", 120, 122)]
    assert select_rule("ended job", found) == []
    assert "ended job" in found.loc[found["rule"] == "hand-over", "also"].iloc[0]
    assert select_rule("stalled synchronization", found) == []


def test_a_job_that_stands_still_is_not_hidden_by_another() -> None:
    rows = [(day, "person", None) for day in range(300)]
    rows += [(day + 0.3, "job", f"r{day}") for day in range(300) if not 150 <= day < 170]
    rows += [(day + 0.5, "weekly", f"w{day}") for day in range(0, 300, 7)]
    rows.sort()
    frame = at([day for day, *_ in rows], briefcase_id=2)
    frame = frame.assign(
        creator_id=pd.Categorical([who for _, who, _ in rows]), group_id=pd.Categorical([run for *_, run in rows])
    )
    assert [severity for severity, *_ in select_rule("stalled synchronization", findings(frame))] == ["warning"]


@pytest.mark.parametrize("all_", [1, None, "yes"])
def test_all_is_a_boolean(all_: Any) -> None:
    with pytest.raises(TypeError, match="all should be True or False"):
        findings(timeline(), all=all_)


def test_at_most_seven_findings_and_the_rest_on_request() -> None:
    frame = with_pause(60)
    frame.loc[range(3, 60, 9), "parent_id"] = "f" * 40  # seven breaks, one finding
    versions = pd.DataFrame(
        {
            "name": [f"{number}" for number in range(20)],
            "created_date_time": pd.Series([START + timedelta(days=number) for number in range(20)], dtype=TIME).array,
            "state": "visible",
        },
        index=pd.RangeIndex(1, 40, 2, name="changeset_index"),
    )
    states = pd.DataFrame(
        {"state": ["failed", "successful"] * 5}, index=pd.RangeIndex(1, 40, 4, name="changeset_index")
    )
    few = findings(frame, versions, checkpoints=states)
    every = findings(frame, versions, checkpoints=states, all=True)
    assert len(few) + sum(few.attrs["left_out"].values()) == len(every)
    assert every.attrs["left_out"] == {}
