"""Pictures of charts for slides, and charts that are joined."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd
import pytest
from helpers.timelines import build_frame, make_rows, make_versions

from imodels_nb import PushTimeline
from imodels_nb.charts import OfflineChart, build_theme_config, file_sizes, push_timeline

pytestmark = pytest.mark.slow

ROWS = make_rows(300)
FRAME = build_frame(ROWS)
VERSIONS = make_versions(ROWS)


def _save_svg(chart: Any, folder: Path, **options: Any) -> str:
    chart.save(folder / "chart.svg", **options)
    return (folder / "chart.svg").read_text("utf-8")


def _size(svg: str) -> tuple[float, float]:
    root = re.match(r"<svg [^>]*>", svg)
    assert root
    width, height = (re.search(rf' {name}="([\d.]+)"', root[0]) for name in ("width", "height"))
    assert width
    assert height
    return float(width[1]), float(height[1])


def _png_width(path: Path) -> int:
    return int.from_bytes(path.read_bytes()[16:20], "big")


@pytest.fixture(scope="module")
def timeline() -> OfflineChart:
    return push_timeline(FRAME, VERSIONS)


@pytest.fixture(scope="module")
def sizes() -> OfflineChart:
    return file_sizes(FRAME, VERSIONS, cumulative=True)


def test_a_saved_picture_has_the_width_of_a_slide_and_whole_texts(timeline: OfflineChart, tmp_path: Path) -> None:
    svg = _save_svg(timeline, tmp_path)
    assert _size(svg)[0] == 960
    assert ">Pushes over time<" in svg
    assert "…" not in svg
    for label in ("schema", "sheets and drawings", "views and models", "regular", "Uploaded so far in this range"):
        assert f">{label}<" in svg


def test_a_picture_of_lanes_has_room_for_its_plot(tmp_path: Path) -> None:
    svg = _save_svg(push_timeline(FRAME, lanes="kind"), tmp_path)
    assert _size(svg)[0] == 960
    assert ">global properties<" in svg


def test_a_picture_has_markers_of_versions_and_captions(sizes: OfflineChart, tmp_path: Path) -> None:
    svg = _save_svg(sizes, tmp_path)
    assert "Stored so far in this range" in svg
    assert ">0 B<" in svg


@pytest.mark.parametrize(
    ("name", "options", "width"),
    [("chart.png", {}, 1_920), ("chart.PNG", {"width": 500, "scale_factor": 1}, 500)],
)
def test_a_png_has_two_pixels_for_each_pixel_of_the_picture(
    timeline: OfflineChart, tmp_path: Path, name: str, options: dict[str, Any], width: int
) -> None:
    timeline.save(tmp_path / name, **options)
    assert _png_width(tmp_path / name) == width


def test_a_pdf_is_a_pdf(timeline: OfflineChart, tmp_path: Path) -> None:
    timeline.save(tmp_path / "chart.pdf")
    assert (tmp_path / "chart.pdf").read_bytes().startswith(b"%PDF")


def test_a_picture_has_the_theme_of_its_chart_or_the_given_one(tmp_path: Path) -> None:
    chart = push_timeline(FRAME, theme="dark")
    dark, light = (build_theme_config(theme)["background"] for theme in ("dark", "light"))  # type: ignore[arg-type]
    assert dark in _save_svg(chart, tmp_path)
    svg = _save_svg(chart, tmp_path, theme="light")
    assert dark not in svg
    assert f'fill="{"white" if light == "white" else light}"' in svg


def test_a_picture_has_the_width_and_the_configuration_of_its_chart(timeline: OfflineChart, tmp_path: Path) -> None:
    chart = timeline.properties(width=640).configure_title(fontSize=31)
    svg = _save_svg(chart, tmp_path)
    assert _size(svg)[0] == 640
    assert 'font-size="31px"' in svg
    assert chart.to_dict()["config"]["title"]["anchor"] == "start"


def test_a_picture_shows_the_range_of_its_chart(tmp_path: Path) -> None:
    widget = PushTimeline(FRAME)
    widget.index_range = (11, 20)
    assert "Changesets 11 \u2013 20 · 10 uploaded" in _save_svg(widget.chart, tmp_path)


def test_joined_charts_stand_one_below_the_other(timeline: Any, sizes: Any, tmp_path: Path) -> None:
    svg = _save_svg(timeline & sizes, tmp_path)
    heights = [_size(_save_svg(chart, tmp_path))[1] for chart in (timeline, sizes)]
    assert _size(svg) == (960, sum(heights))
    assert "Pushes over time" in svg
    assert "File size of each changeset" in svg
    names = re.findall(r'\sid="([^"]+)"', svg)
    assert len(set(names)) == len(names)


def test_charts_joined_in_a_row_share_its_width(timeline: Any, sizes: Any, tmp_path: Path) -> None:
    svg = _save_svg(timeline | sizes, tmp_path, width=1_200, theme="dark")
    assert _size(svg)[0] == 1_200
    assert svg.count(' width="600"') >= 2
    assert build_theme_config("dark")["background"] in svg


def test_joined_charts_are_shown_in_a_page_with_one_engine(timeline: Any, sizes: Any, tmp_path: Path) -> None:
    joined = timeline & sizes & timeline
    assert len(joined.parts) == 3
    joined.save(tmp_path / "chart.html")
    page = (tmp_path / "chart.html").read_text("utf-8")
    assert page.count('class="imodels-nb-chart"') == 3
    assert page.count("imodelsNbEngine.activate") == 1
    assert joined._repr_mimebundle_()["text/html"] in page


def test_a_chart_of_altair_can_be_joined(timeline: Any, tmp_path: Path) -> None:
    own = alt.Chart(pd.DataFrame({"a": [1, 2]}), title="My own").mark_bar().encode(x="a:O")
    assert "My own" in _save_svg(timeline & own, tmp_path)
    (timeline | own).save(tmp_path / "chart.html")
    assert "My own" in (tmp_path / "chart.html").read_text("utf-8")


@pytest.mark.parametrize(
    "compose",
    [
        lambda chart, other: chart + other,
        lambda chart, other: (chart & other) + chart,
        lambda chart, _other: chart.facet("kind:N"),
        lambda chart, _other: chart.repeat(["a"]),
        alt.layer,
        alt.vconcat,
        lambda chart, _other: alt.Chart().mark_bar() & chart,
        lambda chart, _other: alt.Chart().mark_bar() + chart,
    ],
    ids=["layer", "layer of joined", "facet", "repeat", "alt.layer", "alt.vconcat", "altair first", "altair layer"],
)
def test_what_cannot_be_composed_is_refused_with_what_to_do(
    timeline: Any, sizes: Any, compose: Callable[[Any, Any], Any]
) -> None:
    with pytest.raises(TypeError, match=r"Write chart & other for one below the other"):
        compose(timeline, sizes)


def test_a_joined_chart_has_no_specification_and_says_what_to_do(timeline: Any, sizes: Any, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"each of chart.parts as .json"):
        (timeline | sizes).save(tmp_path / "chart.json")
    with pytest.raises(TypeError, match="Only charts can be joined to a chart, not int"):
        timeline & 3


@pytest.mark.parametrize(
    ("name", "options", "error", "words"),
    [
        ("x.png", {"scale": 3}, TypeError, "no argument scale"),
        ("x.png", {"width": 10}, ValueError, "at least 320, not 10"),
        ("x.svg", {"width": "wide"}, ValueError, "width should be a number"),
        ("x.png", {"scale_factor": 0}, ValueError, "scale_factor should be a number above 0"),
        ("x.png", {"theme": "sepia"}, ValueError, "theme should be 'light' or 'dark'"),
        ("x.html", {"width": 900}, ValueError, "are for pictures"),
        ("x.json", {"theme": "dark"}, ValueError, "are for pictures"),
    ],
)
def test_a_wrong_option_of_a_saved_chart_is_refused_by_name(
    timeline: OfflineChart, tmp_path: Path, *, name: str, options: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        timeline.save(tmp_path / name, **options)
    assert not (tmp_path / name).exists()
