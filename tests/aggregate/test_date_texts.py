"""Dates as a person writes them, by examples that JavaScript shares."""

import json
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from imodels_nb.aggregate.date_texts import DAY, Period, parse_period

EXAMPLES = json.loads((Path(__file__).parents[1] / "js" / "dates.json").read_text("utf-8"))
ZONE = ZoneInfo(EXAMPLES["time_zone"])


def _to_milliseconds(time: str) -> int:
    if time == "+010000-01-01T00:00":  # the form of JavaScript
        return _to_milliseconds("9999-12-31T00:00") + DAY
    return int(np.datetime64(time, "ms").astype(int))


def _parse(text: str) -> Period | None:
    return parse_period(text, _to_milliseconds(EXAMPLES["newest"]), ZONE)


@pytest.mark.parametrize(("text", "start", "stop"), EXAMPLES["periods"])
def test_a_date_is_a_period(text: str, start: str, stop: str) -> None:
    assert _parse(text) == (_to_milliseconds(start), _to_milliseconds(stop))


@pytest.mark.parametrize("text", [*EXAMPLES["refused"], "x" * 99_999, "2" * 99_999], ids=lambda text: text[:20])
def test_what_is_no_date_is_no_period(text: str) -> None:
    assert _parse(text) is None
