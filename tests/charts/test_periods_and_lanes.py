"""Periods in tooltips, and lanes as a heat strip."""

from datetime import timedelta
from typing import Any

import altair as alt
import pytest
import vl_convert
from helpers.timelines import START, Row, build_frame, make_rows, marks

from imodels_nb.charts import push_timeline
from imodels_nb.charts.vega_expressions import build_period_expression


def _draw(rows: list[Row], **options: Any) -> Any:
    spec = push_timeline(build_frame(rows), **options).to_dict(validate=False) | {"width": 700}
    return vl_convert.vegalite_to_scenegraph(spec)["scenegraph"]


@pytest.mark.parametrize(
    ("begin", "end", "words"),
    [
        ("2025-01-13", "2025-01-20", "13 \u2013 19 Jan 2025"),
        ("2025-01-27", "2025-02-03", "27 Jan \u2013 2 Feb 2025"),
        ("2024-12-30", "2025-01-06", "30 Dec 2024 \u2013 5 Jan 2025"),
        ("2025-01-13", "2025-01-14", "13 Jan 2025"),
        ("2025-01-13T06:00", "2025-01-13T12:00", "13 Jan 2025 06:00 \u2013 12:00"),
    ],
)
def test_a_period_is_written_as_people_write_it(begin: str, end: str, words: str) -> None:
    data = alt.InlineData(values=[{}])
    times = [f"+utc({', '.join(str(part) for part in _parts(time))})" for time in (begin, end)]
    text = alt.Chart(data).transform_calculate(text=build_period_expression(*(f"({time})" for time in times)))
    drawn = vl_convert.vegalite_to_scenegraph(text.mark_text().encode(text="text:N").to_dict())["scenegraph"]
    assert [item["text"] for item in marks(drawn, "text")] == [words]


def _parts(time: str) -> tuple[int, ...]:
    day, _, clock = time.partition("T")
    year, month, date = (int(part) for part in day.split("-"))
    return (year, month - 1, date, *(int(part) for part in clock.split(":") if part))


def test_a_lane_has_a_field_for_each_bin_and_its_number_where_there_is_room() -> None:
    rows = [Row(1 + number, START + timedelta(days=number % 10), 9, 4, uploaded=True) for number in range(55)]
    drawn = _draw(rows, lanes="kind")
    rects = [item for item in marks(drawn, "rect") if item.get("opacity")]
    numbers = [item["text"] for item in marks(drawn, "text") if item.get("text", "").isdigit()]
    assert numbers == ["6"] * 5 + ["5"] * 5 + ["55"]
    assert len({round(item["height"]) for item in rects}) == 1
    opacities = [item["opacity"] for item in rects]
    assert opacities[0] > opacities[-1] > 0.35


def test_numbers_that_would_not_fit_are_left_out() -> None:
    texts = [item.get("text") for item in marks(_draw(make_rows(3_000), lanes="kind"), "text")]
    assert len([text for text in texts if text and text.replace(",", "").isdigit()]) == 9  # the totals
