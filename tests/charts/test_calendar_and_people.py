"""Calendar of pushes and chart of people: counts, names, few and many changesets."""

import json
from collections import Counter
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
import vl_convert
from helpers.timelines import SECRET, Row, build_frame, make_rows, make_versions, marks

from imodels_nb import Calendar, People
from imodels_nb.aggregate import HOUR_CODE, LABELS, ChangesetColumns, list_year_weeks, pack_grid, with_people
from imodels_nb.charts import calendar, define_calendar, define_people, people
from imodels_nb.frames import pseudonymize

pytestmark = pytest.mark.slow

ROWS = make_rows(900)
ZONE = "America/New_York"
NAMES = ["Ada Lovelace", "Grace Hopper", "</script><b>Eve"]
DRAW = {
    "hour": calendar,
    "day": lambda frame, **options: calendar(frame, by="day", **options),
    "people": people,
}


def _texts(chart: Any) -> list[str]:
    spec = chart._source.build_picture(chart.to_dict(validate=False)) | {"width": 900}
    drawn = vl_convert.vegalite_to_scenegraph(spec)["scenegraph"]
    return [item["text"] for item in marks(drawn, "text") if item.get("text")]


def _in_range(rows: list[Row], first: int, last: int) -> list[Row]:
    return [row for row in rows if first <= row.index <= last and row.uploaded]


@pytest.mark.parametrize("index_range", [(1, 900), (250, 612)])
def test_each_hour_of_the_week_has_its_pushes(index_range: tuple[int, int]) -> None:
    data, definition = define_calendar(build_frame(ROWS), time_zone=ZONE)
    expected: Counter[int] = Counter()
    for row in _in_range(ROWS, *index_range):
        local = row.time.astimezone(ZoneInfo(ZONE))
        expected[HOUR_CODE + 24 * local.weekday() + local.hour] += 1
    grid = definition.build_range_grid(data, definition.build_grid(data, 2_048), index_range)
    table = grid["counts"].reshape(-1, len(grid["codes"])).sum(axis=0)
    counted = dict(zip(grid["codes"], table.tolist(), strict=True))
    assert {code: count for code, count in counted.items() if code >= HOUR_CODE} == dict(expected)


def test_each_day_has_its_pushes_and_each_year_its_total() -> None:
    widget = Calendar(build_frame(ROWS), by="day", time_zone=ZONE, index_range=(250, 900))
    days = Counter(row.time.astimezone(ZoneInfo(ZONE)).date() for row in _in_range(ROWS, 250, 900))
    rows = widget._definition.count_range(widget._data.select_range((250, 900)))
    rows = rows[rows["kind"] == len(LABELS)]
    drawn = pd.to_datetime(rows["minute"], unit="m").dt.date
    assert dict(zip(drawn, rows["count"], strict=True)) == dict(days)
    assert f"{days.total():,} · 100%" in _texts(widget.chart)


@pytest.mark.parametrize("year", [2015, 2016, 2018, 2020, 2023, 2024, 2028])
def test_the_weeks_of_a_year_hold_all_its_days(year: int) -> None:
    days = pd.date_range(f"{year}-01-01", f"{year}-12-31")
    week = (days.day_of_year - 1 + days[0].day_of_week) // 7
    expected = pd.DataFrame({"day": days.day_of_week, "week": week}).groupby("day")["week"].agg(["min", "max"])
    assert list_year_weeks(year) == [tuple(ends) for ends in expected.to_numpy().tolist()]


def _frame_of_people(rows: list[Row], count: int) -> pd.DataFrame:
    creators = [f"account-{number * number % count}" for number in range(len(rows))]
    return build_frame(rows).assign(creator_id=pd.Categorical(creators))


def test_people_are_counted_by_leading_kind() -> None:
    frame = _frame_of_people(ROWS, 7)
    data, lanes = with_people(ChangesetColumns.from_frame(frame), frame)
    plain = ChangesetColumns.from_frame(frame)
    expected = Counter(
        (pseudonymize(creator), int(code))
        for creator, code, uploaded in zip(frame["creator_id"], plain.code, plain.uploaded, strict=True)
        if uploaded
    )
    codes = data.code[data.uploaded].tolist()
    assert Counter((lanes.labels[lanes.members[code][0]], code % len(LABELS)) for code in codes) == expected


def test_those_with_most_pushes_are_on_top_and_the_others_together() -> None:
    frame = _frame_of_people(ROWS, 61)
    _, definition = define_people(frame)
    assert definition.lanes is not None
    assert len(definition.lanes.labels) == 11
    assert definition.lanes.labels[-1].endswith(" others")


def test_people_are_pseudonyms_unless_the_frame_has_names() -> None:
    frame = build_frame(make_rows(60))
    plain = json.dumps(people(frame).to_dict(validate=False))
    assert pseudonymize(SECRET) in plain
    assert SECRET not in plain
    named = frame.assign(
        creator_name=[NAMES[number % 3] for number in range(60)], creator_id=[str(number % 3) for number in range(60)]
    )
    chart = people(named, make_versions(make_rows(60)))
    assert "Lovelace" in json.dumps(chart.to_dict(validate=False))
    assert "</script" not in json.dumps(chart.to_dict(validate=False))


@pytest.mark.parametrize("draw", DRAW)
@pytest.mark.parametrize("count", [0, 1, 3])
def test_hardly_any_changesets_are_drawn(draw: str, count: int) -> None:
    texts = _texts(DRAW[draw](build_frame(ROWS[:count])))
    assert ("There are no changesets" in texts) == (count == 0)
    assert any(text.startswith("Changeset") and "uploaded" in text for text in texts) == (count > 0)


@pytest.mark.parametrize("draw", DRAW)
def test_changesets_without_files_are_no_pushes(draw: str) -> None:
    waiting = build_frame(ROWS[:5]).assign(state=pd.Categorical(["waitingForFile"] * 5))
    assert any("5 not uploaded" in text for text in _texts(DRAW[draw](waiting)))


def test_the_charts_stay_small_and_can_be_joined() -> None:
    count = 100_000
    frame = pd.concat([build_frame(ROWS)] * (count // len(ROWS) + 1)).iloc[:count]
    start = frame["push_date_time"].iloc[0]
    frame.index = pd.Index(np.arange(1, count + 1), name="changeset_index")
    frame["push_date_time"] = start + pd.to_timedelta(np.sort(np.random.default_rng(1).random(count)) * 1_500, "D")
    frame["creator_id"] = pd.Categorical([f"account-{number % 40}" for number in range(count)])
    for widget in (Calendar(frame), Calendar(frame, by="day"), People(frame)):
        first = sum(len(buffer) for buffer in widget._model.grid["buffers"])
        step = widget._definition.build_range_grid(widget._data, widget._grid, (1_000, 90_000))
        assert first < 300_000
        assert sum(len(buffer) for buffer in pack_grid(step)["buffers"]) < 12_000
    joined = calendar(frame) & calendar(frame, by="day") | people(frame)
    assert len(joined.parts) == 2


@pytest.mark.parametrize("by", ["week", None, 3])
def test_an_unknown_unit_is_refused(by: Any) -> None:
    with pytest.raises(ValueError, match="by should be 'hour' or 'day'"):
        calendar(build_frame(ROWS[:3]), by=by)
