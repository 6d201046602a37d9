"""Charts of hardly any changesets, of extreme ones, and of many named versions."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import vl_convert
from helpers.timelines import Row, build_frame, make_rows, make_versions, marks

from imodels_nb.charts import file_sizes, push_timeline
from imodels_nb.charts.named_versions import build_versions_params, rank_by_distance

pytestmark = pytest.mark.slow

ROWS = make_rows(300)


def _draw(draw: Any, rows: list[Row], versions: Any = None, **options: Any) -> Any:
    spec = draw(build_frame(rows), versions, **options).to_dict(validate=False) | {"width": 700}
    return vl_convert.vegalite_to_scenegraph(spec)["scenegraph"]


def _texts(scenegraph: Any) -> list[str]:
    texts = [item["text"] for item in marks(scenegraph, "text") if item.get("text")]
    labels = [item["text"] for item in marks(scenegraph, "text", "axis-label") if item["opacity"]]
    return [" ".join(text).strip() if isinstance(text, list) else text for text in texts + labels]


def _bars(scenegraph: Any) -> list[dict[str, Any]]:
    return [item for item in marks(scenegraph, "rect") if item.get("opacity") != 0]


def test_a_single_changeset_is_a_bar_of_an_hour_on_an_axis_of_a_day() -> None:
    drawn = _draw(push_timeline, ROWS[:1])
    (bar,) = _bars(drawn)
    assert bar["width"] == pytest.approx(620 / 24, rel=0.1)  # the axis of counts is left of it
    assert {"Pushes per hour", "06:00", "18:00"} <= set(_texts(drawn))


@pytest.mark.parametrize("draw", [push_timeline, lambda *frames: file_sizes(*frames, cumulative=True)])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_changesets_make_a_cumulative_line_of_steps(draw: Any, count: int) -> None:
    lines = marks(_draw(draw, ROWS[:count]), "line")
    assert {line["interpolate"] for line in lines} == {"step"}


def test_equal_sizes_are_drawn_inside_the_plot() -> None:
    dots = marks(_draw(file_sizes, [replace(row, size=1_000) for row in ROWS]), "symbol")
    assert {round(dot["y"]) for dot in dots} == {124 + 130}  # the middle of 260 pixels, below the storage


def test_files_beyond_the_band_are_dots() -> None:
    usual = [replace(row, uploaded=True, size=1_000 + number % 10) for number, row in enumerate(make_rows(5_000))]
    drawn = _draw(file_sizes, [replace(row, size=10**9 if row.index == 2_500 else row.size) for row in usual])
    largest = min(dot["y"] for dot in marks(drawn, "symbol"))
    assert len([dot for dot in marks(drawn, "symbol") if dot["y"] == pytest.approx(largest)]) == 2  # one is the ring
    assert any(text.startswith("band: 10 to 90 % of the files") for text in _texts(drawn))


def test_a_range_of_empty_files_says_so() -> None:
    sentence = "All files of this range have 0 bytes"
    assert sentence in _texts(_draw(file_sizes, [replace(row, size=0) for row in ROWS]))
    assert sentence not in _texts(_draw(file_sizes, ROWS))


def _with_pause(days: float) -> list[Row]:
    return [
        replace(row, time=row.time + timedelta(days=days * (number >= 30))) for number, row in enumerate(make_rows(60))
    ]


@pytest.mark.parametrize(
    ("days", "words"),
    [(3_653, "9.9 years"), (1_000, "2.7 years"), (300, "10 months"), (20, "20 days"), (1.5, "35 hours")],
)
def test_a_long_pause_shows_its_length(days: float, words: str) -> None:
    assert f"no pushes for {words}" in _texts(_draw(push_timeline, _with_pause(days)))


def test_a_short_pause_shows_no_length() -> None:
    assert not [text for text in _texts(_draw(push_timeline, ROWS)) if "no pushes" in text]


def _with_spikes(sizes: Iterable[int], usual: int = 5) -> list[Row]:
    """Build days of `usual` pushes, the first ones of the given numbers."""
    pushes = [*sizes, *[usual] * 60]
    times = [ROWS[0].time + timedelta(days=day) for day, count in enumerate(pushes) for _ in range(count)]
    return [replace(ROWS[0], index=number + 1, time=time, flags=4 * (number % 2)) for number, time in enumerate(times)]


@pytest.mark.parametrize("spikes", [[50], [300, 50], [300, 50, 40]])
def test_bars_many_times_as_tall_as_the_others_are_cut_and_say_so(spikes: list[int]) -> None:
    drawn = _draw(push_timeline, _with_spikes(spikes))
    assert [text for text in _texts(drawn) if "bar cut" in text] == [f"{count} (bar cut)" for count in spikes]
    heights: dict[float, float] = {}
    for bar in _bars(drawn):
        heights[bar["x"]] = heights.get(bar["x"], 0) + bar["height"]
    cut, usual = list(heights.values())[: len(spikes)], list(heights.values())[len(spikes) :]
    assert max(cut) == pytest.approx(1.25 * max(usual))
    assert min(usual) > 100  # pixels


@pytest.mark.parametrize("spikes", [[30], [50, 50, 50, 50], []])
def test_usual_bars_are_not_cut(spikes: list[int]) -> None:
    assert not [text for text in _texts(_draw(push_timeline, _with_spikes(spikes))) if "bar cut" in text]


@pytest.mark.parametrize("draw", [push_timeline, file_sizes])
@pytest.mark.parametrize("count", [136, 500])
def test_many_named_versions_have_at_most_forty_rules_spread_evenly(draw: Any, count: int) -> None:
    rows = [replace(row, time=ROWS[0].time + timedelta(days=number)) for number, row in enumerate(make_rows(1_000))]
    drawn = _draw(draw, rows, make_versions(rows, count))
    positions = sorted(rule["x"] for rule in marks(drawn, "rule", "axis-grid") if rule.get("strokeDash"))
    assert 20 <= len(positions) <= 41
    assert min(later - earlier for earlier, later in pairwise(positions)) >= 15
    assert len(marks(drawn, "symbol")) >= len(positions)


@pytest.mark.parametrize("positions", [[], [5], [5, 5], [3, 1, 2], [1, 1, 1, 9, 9]])
def test_each_position_has_an_importance_of_its_own(positions: list[float]) -> None:
    assert sorted(rank_by_distance(positions)) == list(range(len(positions)))


def test_the_most_important_positions_are_spread_evenly() -> None:
    positions = np.sort(np.random.default_rng(3).random(500)).tolist()
    ranks = rank_by_distance(positions)
    for count in (5, 17, 60):
        chosen = sorted(position for position, rank in zip(positions, ranks, strict=True) if rank < count)
        assert max(later - earlier for earlier, later in pairwise(chosen)) < 3 / count


def test_a_narrow_range_shows_versions_that_a_wide_one_leaves_out() -> None:
    rows = make_rows(1_000)
    versions = make_versions(rows, 500).assign(index=lambda frame: frame.index, time=0)
    wide, narrow = (
        build_versions_params(versions.iloc[1:], "index", index_range)[1].param.value
        for index_range in ((1, 1_000), (101, 130))
    )
    assert len([position for position in wide if 101 <= position <= 130]) <= 2
    assert narrow == [position for position in versions["index"] if 101 <= position <= 130]
