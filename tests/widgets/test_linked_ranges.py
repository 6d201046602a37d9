"""Several charts that show one range."""

from typing import Any

import pytest
from helpers.timelines import build_frame, make_rows

from imodels_nb import FileSizes, PushTimeline, link_ranges


@pytest.mark.slow
def test_linked_charts_show_one_range_until_they_are_unlinked() -> None:
    whole, half = build_frame(make_rows(100)), build_frame(make_rows(50))
    charts = [PushTimeline(whole), FileSizes(whole), FileSizes(half)]
    charts[0].index_range = (10, 90)
    unlink = link_ranges(*charts)
    assert [chart.index_range for chart in charts] == [(10, 90), (10, 90), (10, 50)]
    moves: list[Any] = []
    for chart in charts:
        chart.observe(lambda change: moves.append(change["new"]), "index_range")
    charts[1].slider.value = (20, 80)
    charts[2].index_range = (5, 6)
    assert [chart.index_range for chart in charts] == [(5, 6)] * 3
    assert sorted(moves) == sorted([(20, 80), (20, 80), (20, 50), (5, 6), (5, 6), (5, 6)])
    unlink()
    charts[0].index_range = (1, 2)
    assert charts[1].index_range == (5, 6)


def test_only_charts_can_be_linked() -> None:
    with pytest.raises(TypeError, match="not DataFrame"):
        link_ranges(FileSizes(build_frame([])), build_frame([]))


def test_a_link_needs_two_charts() -> None:
    chart = FileSizes(build_frame(make_rows(3)))
    for widgets in ((), (chart,), (chart, chart)):
        with pytest.raises(TypeError, match="link_ranges needs two or more different charts"):
            link_ranges(*widgets)


def test_a_list_of_charts_has_to_be_unpacked() -> None:
    with pytest.raises(TypeError, match=r"link_ranges\(\*charts\)"):
        link_ranges([FileSizes(build_frame([])), FileSizes(build_frame([]))])  # type: ignore[arg-type]  # that is the point
