"""Tests of all rules and of the findings frame."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers.projects import STATES, TIME, draw_frames
from helpers.timelines import patient
from hypothesis import given
from hypothesis import strategies as st

from imodels_nb import findings, sample
from imodels_nb.frames import pseudonymize
from imodels_nb.insights import SEVERITIES
from imodels_nb.insights.findings import COLUMNS

START = pd.Timestamp("2025-03-03T08:00Z")  # a Monday
PEOPLE = ["0" * 8, "1" * 8, "2" * 8]


def timeline(count: int = 400, *, hours: float = 3.0, **columns: Any) -> pd.DataFrame:
    """Build a calm timeline: a push by hand every few hours; columns replace its own."""
    ids = [f"{number:040x}" for number in range(1, count + 1)]
    base = {
        "id": pd.array(ids, dtype="str"),
        "parent_id": pd.array(["", *ids[:-1]][:count], dtype="str"),
        "creator_id": pd.Categorical([PEOPLE[number % 3] for number in range(count)], categories=PEOPLE),
        "group_id": pd.Categorical([None] * count),
        "state": pd.Categorical(["fileUploaded"] * count, dtype=STATES),
        "push_date_time": (START + pd.to_timedelta(np.arange(count) * hours, unit="h")).astype(TIME),
        "file_size": 10_000 + 5_000 * (np.arange(count) * 7919 % 13),
        "briefcase_id": 2 + np.arange(count) % 3,
        "containing_changes": np.zeros(count, dtype=np.int64),
    }
    return pd.DataFrame(base | columns, index=pd.RangeIndex(1, count + 1, name="changeset_index"))


def with_value(column: str, index: int, value: object, **how: Any) -> pd.DataFrame:
    frame = timeline(**how)
    frame.loc[index, column] = value
    return frame


def versions(*at: int, days: int = 7) -> pd.DataFrame:
    times = [START + timedelta(days=days * number) for number in range(len(at))]
    return pd.DataFrame(
        {
            "name": pd.array([f"Version {number}" for number in range(len(at))], dtype="str"),
            "created_date_time": pd.Series(times, dtype=TIME).array,
            "state": pd.Categorical(["visible"] * len(at)),
        },
        index=pd.Index(at, dtype="int64", name="changeset_index"),
    )


def checkpoints(states: dict[int, str]) -> pd.DataFrame:
    index = pd.Index(list(states), dtype="int64", name="changeset_index")
    return pd.DataFrame({"state": pd.Categorical(list(states.values()))}, index=index)


def groups(state: str, first: int | None, last: int | None) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "description": pd.array(["Nightly"], dtype="str"),
            "state": pd.Categorical([state]),
            "created_date_time": pd.Series([START], dtype=TIME).array,
            "first_index": pd.array([first], dtype="Int64"),
            "last_index": pd.array([last], dtype="Int64"),
            "changesets": [0 if first is None or last is None else last - first + 1],
        },
        index=pd.Index(["group"], name="id"),
    )


def select_rule(rule: str, found: pd.DataFrame) -> list[tuple[str, Any, Any]]:
    rows = found[found["rule"] == rule]
    return list(zip(rows["severity"], rows["first_index"], rows["last_index"], strict=True))


def build_burst(at: int = 100, pushes: int = 12) -> pd.DataFrame:
    frame = timeline()
    times = frame["push_date_time"].copy()
    times.iloc[at : at + pushes] = times.iloc[at] + pd.to_timedelta(np.arange(pushes), unit="min")
    return frame.assign(push_date_time=times)


def nightly(*, stall: range) -> pd.DataFrame:
    """Build working days of a run at night and a push at noon; some runs are missing."""
    days = [day for day in range(140) if day % 7 < 5]
    rows = [
        (START + timedelta(days=day, hours=hour), f"g{day}" if hour < 0 else None)
        for day in days
        for hour in (-6, 4)
        if hour > 0 or day not in stall
    ]
    times, runs = zip(*rows, strict=True)
    return timeline(
        len(rows), push_date_time=pd.Series(times, dtype=TIME).array, group_id=pd.Categorical(runs), briefcase_id=2
    )


def handed_over() -> pd.DataFrame:
    who = [PEOPLE[0] if number % 2 else PEOPLE[1 + (number > 200)] for number in range(400)]
    return timeline(creator_id=pd.Categorical(who))


def build_schema_storm() -> pd.DataFrame:
    return timeline(containing_changes=np.where(np.isin(np.arange(1, 401), range(150, 166, 2)), 1, 0))


def unknown_states() -> pd.DataFrame:
    frame = timeline()
    states = frame["state"].astype("str").where(~frame.index.isin([9, 10, 30]), "quarantined")
    return frame.assign(state=states.where(frame.index != 10).astype("category"))


def at_night() -> pd.DataFrame:
    """Build four pushes from eight to eleven on working days; one week at night."""
    at = [24 * day + number for day in range(140) if day % 7 < 5 for number in range(4)]
    times = pd.Series(START + pd.to_timedelta(at, unit="h"))
    late = times.between(START + timedelta(days=70), START + timedelta(days=75))
    times = times.mask(late, times + timedelta(hours=13))
    times.iloc[7] += timedelta(hours=15)
    return timeline(len(times), push_date_time=times.sort_values().astype(TIME).array)


CASES: dict[str, tuple[Callable[[], dict[str, Any]], list[tuple[str, Any, Any]]]] = {
    "chain break": (lambda: {"changesets": with_value("parent_id", 9, "f" * 40)}, [("critical", 8, 9)]),
    "repeated id": (lambda: {"changesets": with_value("id", 9, f"{3:040x}")}, [("critical", 9, 9)]),
    "waiting for file": (lambda: {"changesets": with_value("state", 9, "waitingForFile")}, [("warning", 9, 9)]),
    "unknown state": (lambda: {"changesets": unknown_states()}, [("notice", 9, 30)]),
    "dates backwards": (
        lambda: {"changesets": with_value("push_date_time", 9, START - timedelta(days=2))},
        [("warning", 8, 9)],
    ),
    "size outlier": (lambda: {"changesets": with_value("file_size", 9, 400_000_000)}, [("warning", 9, 9)]),
    "storage pace": (
        lambda: {"changesets": timeline(1000, file_size=np.where(np.arange(1000) < 500, 10_000, 90_000))},
        [("notice", 503, 950)],
    ),
    "stalled synchronization": (lambda: {"changesets": nightly(stall=range(63, 70))}, [("warning", 89, 96)]),
    "failed run": (
        lambda: {"changesets": timeline(), "groups": groups("timedOut", 7, 8)},
        [("warning", 7, 8)],
    ),
    "schema storm": (lambda: {"changesets": build_schema_storm()}, [("warning", 150, 164)]),
    "contention": (lambda: {"changesets": build_burst()}, [("warning", 101, 112)]),
    "checkpoint debt": (
        lambda: {"changesets": timeline(), "named_versions": versions(100)},
        [("warning", 101, 400)],
    ),
    "failed checkpoints": (
        lambda: {
            "changesets": timeline(),
            "checkpoints": checkpoints({9: "failed", 50: "successful", 90: "failed", 99: "failed", 390: "successful"}),
        },
        [("warning", 90, 99), ("notice", 9, 9)],
    ),
    "milestone overdue": (
        lambda: {"changesets": timeline(), "named_versions": versions(20, 40, 60, 80, 100, 120, days=2)},
        [("notice", 121, 400)],
    ),
    "milestone contents": (
        lambda: {"changesets": timeline(), "named_versions": versions(20, 41, 60, 82, 100, 121, 300, 320, 341, 400)},
        [("notice", 122, 300)],
    ),
    "hand-over": (lambda: {"changesets": handed_over()}, [("notice", 201, 203)]),
    "concentration": (
        lambda: {"changesets": timeline(creator_id=pd.Categorical([PEOPLE[0]] * 400))},
        [("info", 1, 400)],
    ),
    "off hours": (lambda: {"changesets": at_night()}, [("info", 201, 220)]),
}


@pytest.mark.parametrize("rule", CASES)
def test_each_rule_finds_its_case(rule: str) -> None:
    given_, expected = CASES[rule]
    assert select_rule(rule, findings(**given_())) == expected


def test_calm_data_have_no_findings() -> None:
    calm = {
        "changesets": timeline(),
        "named_versions": versions(*range(40, 401, 40)),
        "checkpoints": checkpoints(dict.fromkeys(range(40, 401, 40), "successful")),
        "groups": groups("completed", 1, 2),
    }
    found = findings(**calm)
    assert found.empty
    assert set(found.attrs["not_checked"]) == {"stalled synchronization"}
    assert set(findings(timeline(0)).attrs["not_checked"]) <= set(CASES)


def test_empty_findings_have_the_same_columns() -> None:
    some, none = findings(timeline(), groups=groups("timedOut", 7, 8)), findings(timeline(0))
    assert list(none.columns) == list(COLUMNS)
    pd.testing.assert_series_equal(some.dtypes, none.dtypes)
    assert none.index.equals(pd.RangeIndex(0))
    assert some.index.equals(pd.RangeIndex(1))
    assert none["severity"].cat.categories.tolist() == list(SEVERITIES) == ["info", "notice", "warning", "critical"]


def test_rules_without_data_are_not_checked() -> None:
    not_checked = findings(timeline()).attrs["not_checked"]
    assert not_checked["failed run"] == "groups is missing; pass the frame of fetch_changeset_groups"
    assert not_checked["stalled synchronization"] == "no changeset belongs to a group"
    assert "chain break" not in not_checked


def test_highest_severity_comes_first() -> None:
    frame = with_value("parent_id", 9, "f" * 40)
    frame.loc[3, "file_size"] = 400_000_000
    found = findings(frame, groups=groups("forciblyClosed", None, None))
    assert found["severity"].tolist() == ["critical", "warning", "warning"]
    assert found["first_index"].tolist()[:2] == [8, 3]
    assert found["first_index"].isna().tolist() == [False, False, True]
    assert all(found[column].str.len().gt(10).all() for column in ("sentence", "threshold", "advice"))


def test_many_findings_become_one() -> None:
    frame = timeline()
    frame.loc[range(10, 80, 10), "parent_id"] = "f" * 40
    found = findings(frame)
    assert select_rule("chain break", found) == [("critical", 9, 70)]
    assert found["sentence"][0] == "The chain of parents is broken at 7 places."
    assert found["changesets"][0] == 7


def test_people_are_pseudonyms() -> None:
    frame = with_value("file_size", 9, 400_000_000)
    secret = pd.DataFrame({"label": ["role-a"], "given_name": ["Ingrid"]}, index=pd.Index([PEOPLE[2]], name="id"))
    assert pseudonymize(PEOPLE[2]) in findings(frame)["sentence"][0]
    shown = findings(frame, users=secret)["sentence"][0]
    assert "role-a" in shown
    assert "Ingrid" not in shown


def test_weekends_and_holidays_are_no_stall() -> None:
    frame = nightly(stall=range(0))
    assert select_rule("stalled synchronization", findings(frame)) == []
    holiday = frame.drop(frame.index[90:106])
    holiday = holiday.assign(parent_id=["", *holiday["id"].iloc[:-1]])
    assert select_rule("stalled synchronization", findings(holiday)) == []
    last = int(frame.index[-1])
    assert select_rule("stalled synchronization", findings(frame, now="2025-09-01")) == [("notice", last - 1, last)]


def test_group_may_be_in_progress_for_a_day() -> None:
    running = groups("inProgress", 1, 2)
    assert select_rule("failed run", findings(timeline(), groups=running, now=START + timedelta(hours=23))) == []
    assert select_rule("failed run", findings(timeline(), groups=running, now=START + timedelta(hours=25))) == [
        ("notice", 1, 2)
    ]


def test_runs_outside_of_the_frame_are_left_out() -> None:
    for first, last in ((0, 3), (399, 402), (500, 501)):
        assert select_rule("failed run", findings(timeline(), groups=groups("timedOut", first, last))) == []


def test_file_may_be_missing_for_an_hour() -> None:
    frame = with_value("state", 400, "waitingForFile")
    pushed = frame["push_date_time"].iloc[-1]
    assert select_rule("waiting for file", findings(frame, now=pushed + timedelta(minutes=59))) == []
    assert select_rule("waiting for file", findings(frame, now=pushed + timedelta(minutes=61))) == [
        ("warning", 400, 400)
    ]


def test_gaps_and_unknown_parents_are_no_breaks() -> None:
    frame = timeline().drop(index=[50, 51])
    frame.loc[52, "parent_id"] = None
    assert select_rule("chain break", findings(frame)) == []
    jumping = timeline().set_axis(pd.Index(np.arange(400) * 3 + 1, name="changeset_index"))
    assert select_rule("chain break", findings(jumping)) == []


def test_dates_are_in_the_time_zone() -> None:
    assert select_rule("off hours", findings(at_night(), time_zone="UTC")) != []
    assert select_rule("off hours", findings(at_night(), time_zone="Asia/Tokyo")) == []
    heavy = with_value("file_size", 5, 400_000_000)  # pushed at 20:00 in UTC
    assert "3 March 2025" in findings(heavy)["sentence"][0]
    assert "4 March 2025" in findings(heavy, time_zone="Asia/Tokyo")["sentence"][0]


def test_order_of_rows_does_not_matter() -> None:
    frame = build_burst()
    shuffled = frame.sample(frac=1, random_state=1)
    before = shuffled.copy(deep=True)
    pd.testing.assert_frame_equal(findings(shuffled), findings(frame))
    pd.testing.assert_frame_equal(shuffled, before)


@pytest.mark.slow
def test_the_same_data_give_the_same_findings() -> None:
    once, again = (findings(sample.load_changesets(), sample.load_named_versions()) for _ in range(2))
    pd.testing.assert_frame_equal(once, again)
    assert once.attrs == again.attrs


@pytest.mark.parametrize("column", ["id", "parent_id", "group_id", "briefcase_id", "file_size"])
def test_missing_column_is_named(column: str) -> None:
    with pytest.raises(ValueError, match=rf"changesets frame lacks {column}; pass a frame from fetch_changesets"):
        findings(timeline().drop(columns=column))


def test_invalid_arguments_are_refused() -> None:
    frame = timeline()
    with pytest.raises(TypeError, match="changesets should be a DataFrame"):
        findings(None)  # type: ignore[arg-type]  # that is the point
    with pytest.raises(ValueError, match="indexed by changeset_index"):
        findings(frame.set_index("id", drop=False))
    with pytest.raises(ValueError, match="twice"):
        findings(pd.concat([frame, frame]))
    with pytest.raises(ValueError, match="named versions frame lacks name"):
        findings(frame, versions(1).drop(columns="name"))
    with pytest.raises(ValueError, match="time zone 'Atlantis'"):
        findings(frame, time_zone="Atlantis")
    with pytest.raises(ValueError, match="now should be a time"):
        findings(frame, now="soon")


def test_unknown_state_is_not_a_missing_file() -> None:
    found = findings(unknown_states(), now="2100-01-01")
    assert set(found["rule"]) == {"unknown state"}
    assert found["sentence"].tolist() == ["3 changesets have an unknown state: “quarantined”, missing."]
    one = findings(unknown_states().loc[:9], now="2100-01-01")
    assert one["sentence"].tolist() == ["1 changeset has an unknown state: “quarantined”."]


def test_findings_of_half_a_timeline_are_in_it() -> None:
    frames = draw_frames(3_000, 5)
    half = frames | {"changesets": frames["changesets"].loc[1_000:2_000]}
    found = findings(**half)
    assert found["first_index"].dropna().between(1_000, 2_000).all()
    assert found["last_index"].dropna().between(1_000, 2_000).all()
    assert not (found["rule"] == "chain break").any()


@st.composite
def any_timeline(draw: st.DrawFn) -> pd.DataFrame:
    """Draw any valid frame: gaps, decreasing times, empty files, unknown bits."""
    count = draw(st.integers(0, 50))
    several = draw(st.booleans())
    steps = draw(st.lists(st.sampled_from([1, 1, 1, 5]), min_size=count, max_size=count))
    waits = draw(st.lists(st.sampled_from([0, 0, 60, 40_000, 90_000, -500]), min_size=count, max_size=count))
    frame = timeline(count).set_axis(pd.Index(np.cumsum(steps), dtype="int64", name="changeset_index"))
    group = st.sampled_from([None, "a", "b"])
    parent = st.sampled_from([True, True, True, False])
    drawn_ = {
        "file_size": st.sampled_from([0, 0, 100, 20_000, 10**12]),
        "containing_changes": st.sampled_from([0, 1, 1, 4, 65, 128, 300]),
        "briefcase_id": st.sampled_from([2, 3]),
    }
    columns = {name: draw(st.lists(of_, min_size=count, max_size=count)) for name, of_ in drawn_.items()}
    states = draw(st.lists(st.sampled_from(["fileUploaded", "waitingForFile"]), min_size=count, max_size=count))
    known = draw(st.lists(parent, min_size=count, max_size=count))
    times = [datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=int(number)) for number in np.cumsum(waits)]
    return frame.assign(
        **{name: np.array(values, dtype=np.int64) for name, values in columns.items()},
        state=pd.Categorical(states, dtype=STATES),
        group_id=pd.Categorical(draw(st.lists(group, min_size=count, max_size=count)), categories=["a", "b"]),
        creator_id=pd.Categorical([PEOPLE[number % 3 if several else 0] for number in range(count)]),
        push_date_time=pd.Series(times, dtype=TIME).array,
        parent_id=frame["parent_id"].where(known),
    )


@pytest.mark.slow
@patient
@given(frame=any_timeline(), now=st.none() | st.just("2027-01-01"))
def test_findings_are_within_the_frame(frame: pd.DataFrame, now: str | None) -> None:
    at = [0, *frame.index[::7], 10_000]
    states = dict(zip(at, ["successful", "failed", "failed", "scheduled"] * 9, strict=False))
    found = findings(
        frame,
        versions(*at),
        checkpoints=checkpoints(states),
        groups=groups("timedOut", 3, 5),
        now=now,
        time_zone="America/New_York",
    )
    assert all(found[name].dtype == pd.api.types.pandas_dtype(dtype) for name, dtype in COLUMNS.items())
    for column in ("first_index", "last_index"):
        assert found[column].dropna().between(*_ends(frame)).all()
    assert (found["first_index"].dropna() <= found["last_index"].dropna()).all()
    assert found["changesets"].between(0, len(frame)).all()


def _ends(frame: pd.DataFrame) -> tuple[int, int]:
    return (int(frame.index[0]), int(frame.index[-1])) if len(frame) else (0, 0)
