"""Ranges given in code: by index, date, named version and slice."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers.timelines import START, Row, build_frame, make_rows, patient
from hypothesis import given
from hypothesis import strategies as st

from imodels_nb import FileSizes, PushTimeline
from imodels_nb.aggregate import ChangesetColumns
from imodels_nb.aggregate.range_parser import RangeParser

ROWS = [
    Row(index=10 * (day + 1), time=START + timedelta(days=day), size=1, flags=0, uploaded=True) for day in range(100)
]
NAMES = {
    0: "Baseline",
    100: "Review 1",
    200: "Review 12",
    300: "60 % design",
    400: "2023-03-05",
    500: "twice",
    510: "twice",
}
VERSIONS = pd.DataFrame(
    {"name": pd.array([*NAMES.values()], dtype="str"), "state": pd.Categorical(["visible"] * len(NAMES))},
    index=pd.Index([*NAMES], name="changeset_index"),
)
MARCH = (30, 330)  # of pushes at 9:00 UTC from 27 February on


@pytest.fixture(scope="module")
def parser() -> RangeParser:
    return RangeParser(ChangesetColumns.from_frame(build_frame(ROWS)), VERSIONS, "UTC")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ((100, 300), (100, 300)),
        (slice(100, 300), (100, 300)),
        (slice(None), (10, 1000)),
        (slice(None, 300), (10, 300)),
        ("March 2023", MARCH),
        ("2023-03", MARCH),
        (("2023-03", "2023-03"), MARCH),
        (slice("2023-03", "2023-03-31"), MARCH),
        (("2023-03-01", 500), (30, 500)),
        ((20, "1 March 2023"), (20, 30)),
        ("2023Q1", (10, 330)),
        ("Q1 2023", (10, 330)),
        (("2023-03-01 09:00", "2023-03-02 08:59"), (30, 30)),
        (("2023-03-01 09:01", "2023-03-02 09:00"), (40, 40)),
        (("2023-03-01T11:00+02:00", "2023-03-02T09:00Z"), (30, 40)),
        ((date(2023, 3, 1), date(2023, 3, 2)), (30, 40)),
        ((datetime(2023, 3, 1, 9, tzinfo=UTC), pd.Timestamp("2023-03-02T09")), (30, 40)),
        ((np.datetime64("2023-03-01"), pd.Timestamp("2023-03-02T10", tz="Europe/Berlin")), (30, 40)),
        (("Review 1", "Review 12"), (100, 200)),
        (slice("review 12", None), (200, 1000)),
        (("60 % design", "2023-06"), (300, 1000)),
        ("Review 12", (200, 200)),
        ("2023-03-05", (400, 400)),  # a name that looks like a date is a name
        (("Baseline", 20), (0, 20)),
    ],
)
def test_a_range_has_indexes_dates_and_names(parser: RangeParser, value: Any, expected: tuple[int, int]) -> None:
    assert parser.parse(value) == expected


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("Revue 12", "is neither a date nor a named version.*'Review 12'"),
        (("2023-02-30", None), "is neither a date nor a named version|two whole numbers"),
        ("2030-01", "No changeset was pushed.*between 2023-02-27 and 2023-06-06"),
        (("2023-04", "2023-03"), "first <= last"),
        (("Review 12", "Review 1"), "first <= last"),
        (slice(1, 9, 2), "a slice has no step"),
        ("twice", "2 versions are named 'twice'; give one of the indexes 500, 510"),
        ("9999-12-31", "is neither a date|No changeset"),
        ("1600-01", "is neither a date|No changeset"),
        ("x" * 100_000, "xx… is neither a date"),
        ("", "is neither a date"),
        ("2023-03-01 10:00+99:99", "is neither a date"),
    ],
)
def test_what_is_no_range_is_named(parser: RangeParser, value: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        parser.parse(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, 0),
        (np.int64(305), 305),
        ("Baseline", 0),
        ("review 12", 200),
        ("2023-03-05", 400),  # a version has this name
        ("2023-03-06", 80),
        (date(2023, 3, 6), 80),
        ("2023-03-06 08:59", 70),
        (datetime(2023, 3, 6, 9, tzinfo=UTC), 80),
        ("2022-01-01", 0),
        ("2030-01-01", 1000),
        ("March 2023", None),
        ("2023Q1", None),
        ((10, 20), None),
        (slice(10, None), None),
    ],
)
def test_a_point_is_one_changeset(parser: RangeParser, value: Any, expected: int | None) -> None:
    assert parser.parse_point(value) == expected


@pytest.mark.parametrize("value", [None, True, 1.5, "2024", -1, "nothing like it", pd.NaT])
def test_what_is_no_point_is_named(parser: RangeParser, value: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=r"should be a changeset index|Names are .*'twice'"):
        parser.parse_point(value)


@pytest.mark.parametrize(
    "value", ["2024", ("1", "2"), (pd.NaT, 5), (np.datetime64("NaT"), 5), (True, "2023-03"), (1.5, "2023-03")]
)
def test_digits_and_missing_dates_are_no_ends(parser: RangeParser, value: Any) -> None:
    with pytest.raises(TypeError, match="index_range should be"):
        parser.parse(value)


def test_a_version_whose_name_is_a_number_is_found_by_it() -> None:
    versions = VERSIONS.iloc[:2].assign(name=["0", "2"])
    parser = RangeParser(ChangesetColumns.from_frame(build_frame(ROWS)), versions, "UTC")
    assert parser.parse(("0", "2")) == (0, 100)
    assert parser.parse("2") == parser.parse(slice("2", "2")) == (100, 100)
    with pytest.raises(TypeError, match=r"not '2023'. An index has no quotation marks; a date is '2025-03-14'"):
        parser.parse("2023")


def test_a_time_range_takes_dates_only(parser: RangeParser) -> None:
    assert parser.parse_times(np.array(["2023-03-01", "2023-04-01"], dtype="datetime64[D]")) == MARCH
    assert parser.parse_times(("2023-03", "2023-03")) == parser.parse_times("March 2023") == MARCH
    assert parser.parse_times(slice("2023-06", None)) == (950, 1000)
    for value in ((1, 5), 5, "Review 1", ("Review 1", "2023-03"), (None, 5)):
        with pytest.raises(TypeError, match="time_range should be two dates"):
            parser.parse_times(value)
    with pytest.raises(ValueError, match="no time_range"):
        RangeParser(ChangesetColumns.from_frame(build_frame([])), None, "UTC").parse_times("2023-03")


@pytest.mark.parametrize("value", [("2023-04", "2023-03"), ("2023-03",), slice("2023-03", None, 2), "twice"])
def test_messages_about_times_do_not_name_the_index_range(parser: RangeParser, value: Any) -> None:
    with pytest.raises(ValueError, match=r"^time_range"):
        parser.parse_times(value)


def test_dates_are_those_of_the_time_zone() -> None:
    parser = RangeParser(ChangesetColumns.from_frame(build_frame(ROWS), "Asia/Tokyo"), None, "Asia/Tokyo")
    assert parser.parse(("2023-03-01 18:00", "2023-03-01 18:00")) == (30, 30)
    assert parser.parse((datetime(2023, 3, 1, 9, tzinfo=UTC), "2023-03-01")) == (30, 30)


@patient
@given(
    st.one_of(
        st.text(),
        st.tuples(st.text(), st.text()),
        st.datetimes(),
        st.tuples(st.dates(), st.dates()),
        st.builds(slice, st.text(), st.integers()),
    )
)
def test_any_input_is_a_range_or_a_type_or_value_error(parser: RangeParser, value: Any) -> None:
    with suppress(TypeError, ValueError):
        first, last = parser.parse(value)
        assert first <= last


@patient
@given(st.integers(0, 150 * 86_400), st.integers(0, 90 * 86_400))
def test_a_time_range_holds_exactly_what_was_pushed_in_it(parser: RangeParser, begin: int, length: int) -> None:
    start = datetime(2023, 2, 1, tzinfo=UTC) + timedelta(seconds=begin)
    stop = start + timedelta(seconds=length)
    inside = [row.index for row in ROWS if start <= row.time <= stop]
    if inside:
        assert parser.parse_times((start, stop)) == (inside[0], inside[-1])
    else:
        with pytest.raises(ValueError, match="No changeset was pushed"):
            parser.parse_times((start, stop))


@pytest.mark.parametrize("widget", [PushTimeline, FileSizes])
def test_a_chart_takes_a_range_when_it_is_built(widget: Any) -> None:
    frame = build_frame(ROWS)
    assert widget(frame, VERSIONS, index_range="March 2023").index_range == MARCH
    chart = widget(frame, VERSIONS, time_range=("2023-03", "2023-03-31"))
    assert chart.index_range == chart.slider.value == MARCH
    assert chart.time_range == (pd.Timestamp("2023-03-01T09", tz="UTC"), pd.Timestamp("2023-03-31T09", tz="UTC"))
    chart.index_range = slice("Baseline", "Review 1")
    assert chart.index_range == (10, 100)
    with pytest.raises(TypeError, match="not both"):
        widget(frame, index_range=(1, 2), time_range="2023-03")


def test_an_empty_chart_has_no_time_range() -> None:
    chart = FileSizes(build_frame(make_rows(0)))
    assert chart.time_range is None
    chart.index_range = slice(None)
    assert chart.index_range == (0, 0)
