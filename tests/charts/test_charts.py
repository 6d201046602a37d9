"""Charts that stand alone: what they hold, and that what is drawn is exactly what they say."""

import json
import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from functools import cache
from html import unescape
from io import StringIO
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd
import pytest
import vl_convert
from helpers.timelines import SECRET, START, Row, build_frame, in_range, leading_kind, make_rows, make_versions, marks

from imodels_nb import engine
from imodels_nb._format import format_bytes
from imodels_nb.charts import (
    THEMES,
    FileSizesDefinition,
    PushTimelineDefinition,
    build_live_spec,
    build_theme_config,
    file_sizes,
    push_timeline,
    with_param_values,
)
from imodels_nb.charts.vega_expressions import build_bytes_expression
from imodels_nb.frames import KINDS
from imodels_nb.widgets.file_sizes import FileSizes
from imodels_nb.widgets.range_chart import PushTimeline


def cumulative_sizes(*frames: Any) -> Any:
    return file_sizes(*frames, cumulative=True)


CHARTS = [push_timeline, file_sizes]
_DEFINITIONS = {push_timeline: PushTimelineDefinition(), file_sizes: FileSizesDefinition()}
EVERY = [*CHARTS, cumulative_sizes]
Said = tuple[int, int, int]


def _spec(draw: Any, rows: list[Row], versions: pd.DataFrame | None = None, **ends: int) -> dict[str, Any]:
    spec: dict[str, Any] = draw(build_frame(rows), versions).to_dict(validate=False)
    return with_param_values(spec, **ends) | {"width": 700}


@cache
def _plain(draw: Any) -> dict[str, Any]:
    return _spec(draw, make_rows(3_000))


def _drawn(spec: dict[str, Any]) -> Any:
    return vl_convert.vegalite_to_scenegraph(spec)["scenegraph"]


def _texts(scenegraph: Any) -> list[str]:
    return [item["text"] for item in marks(scenegraph, "text") if item.get("text")]


def _milestones(scenegraph: Any) -> list[dict[str, Any]]:
    return [item for item in marks(scenegraph, "text", "axis-label") if str(item["text"]).startswith("Milestone")]


def _said(scenegraph: Any) -> Said:
    """Read the line that says what is drawn: first, last, uploaded."""
    words = next(text for text in _texts(scenegraph) if text.startswith("Changeset"))
    changesets, uploaded = words.split(" · ")[:2]
    ends = [int(number.replace(",", "")) for number in re.findall(r"[\d,]+", changesets)]
    return (ends[0], ends[-1], int(uploaded.removesuffix(" uploaded").replace(",", "")))


@pytest.mark.slow
@pytest.mark.parametrize("draw", EVERY)
@pytest.mark.parametrize("count", [0, 1, 2, 12_000])
def test_any_number_of_changesets_draws_without_a_row_limit(draw: Any, count: int) -> None:
    rows = make_rows(count)
    with alt.data_transformers.enable("default", max_rows=10):
        spec = _spec(draw, rows, make_versions(rows))
    svg = vl_convert.vegalite_to_svg(spec)
    assert "NaN" not in svg
    assert ("There are no changesets" in svg) == (count == 0)


@pytest.mark.slow
@pytest.mark.parametrize("draw", EVERY)
def test_the_specification_is_valid_vega_lite(draw: Any) -> None:
    rows = make_rows(900)
    assert draw(build_frame(rows), make_versions(rows)).to_dict(validate=True)


@pytest.mark.slow
@pytest.mark.parametrize("draw", CHARTS)
def test_the_chart_grows_no_further_with_the_number_of_changesets(draw: Any) -> None:
    assert len(json.dumps(_spec(draw, make_rows(20_000)))) < 500_000


@pytest.mark.slow
@pytest.mark.parametrize("draw", EVERY)
def test_no_people_and_no_descriptions_reach_the_chart(draw: Any) -> None:
    rows = make_rows(50)
    text = json.dumps(_spec(draw, rows, make_versions(rows)))
    assert SECRET not in text
    assert build_frame(rows)["id"].iloc[0] not in text


@pytest.mark.slow
@pytest.mark.parametrize("draw", CHARTS)
@pytest.mark.parametrize("ends", [(1, 3_000), (400, 2_600), (2_600, 400), (1_211, 1_300), (2_950, 3_000)])
def test_the_chart_says_exactly_which_whole_cells_inside_the_range_it_draws(draw: Any, ends: tuple[int, int]) -> None:
    rows = make_rows(3_000)
    first, last, uploaded = _said(_drawn(with_param_values(_plain(draw), first=ends[0], last=ends[1])))

    chosen = in_range(rows, (first, last))
    assert min(ends) <= first <= last <= max(ends)
    assert first - min(ends) < 12 > max(ends) - last
    assert (chosen[0].index, chosen[-1].index) == (first, last)
    assert uploaded == sum(row.uploaded for row in chosen)


@pytest.mark.slow
@pytest.mark.parametrize("ends", [(1, 3_000), (400, 2_600), (1_211, 1_300)])
def test_the_bars_of_the_timeline_add_up_to_what_it_says(ends: tuple[int, int]) -> None:
    rows = make_rows(3_000)
    scenegraph = _drawn(with_param_values(_plain(push_timeline), first=ends[0], last=ends[1]))
    first, last, _ = _said(scenegraph)

    heights: Counter[str] = Counter()
    for bar in [mark for mark in marks(scenegraph, "rect") if mark.get("opacity") != 0]:
        heights[bar["fill"]] += bar["height"]
    colors = {kind.label: kind.color for kind in KINDS.values()}
    held = Counter(leading_kind(row.flags) for row in in_range(rows, (first, last)) if row.uploaded)
    pixels = sum(heights.values()) / sum(held.values())
    assert held.keys() >= {"schema", "regular", "other"}
    for label, color in colors.items():
        assert heights[color] / pixels == pytest.approx(held[label], abs=0.01)


def test_a_single_changeset_a_column_is_a_dot_at_its_index_and_size() -> None:
    rows = make_rows(400)
    dots = marks(_drawn(_spec(file_sizes, rows, first=11, last=20)), "symbol")
    chosen = [row for row in in_range(rows, (11, 20)) if row.uploaded and row.size]
    assert len(dots) == len(chosen)
    assert [round((dot["x"] - dots[0]["x"]) / (dots[1]["x"] - dots[0]["x"])) for dot in dots] == [
        row.index - chosen[0].index for row in chosen
    ]


def test_storage_adds_up_the_files_of_the_range_and_of_no_other() -> None:
    rows = make_rows(400)
    corners = marks(_drawn(_spec(cumulative_sizes, rows, first=11, last=300)), "line")
    chosen = in_range(rows, (11, 300))
    total = [0, *accumulate(row.size if row.uploaded else 0 for row in chosen)]
    heights = [corners[0]["y"] - corner["y"] for corner in corners]
    assert len(heights) == 2 * len(chosen)
    for level, (before, after) in zip(pairwise(total), zip(heights[::2], heights[1::2], strict=True), strict=True):
        assert [before / heights[-1], after / heights[-1]] == pytest.approx([part / total[-1] for part in level])


def test_narrowing_the_range_reveals_finer_columns() -> None:
    wide, narrow = (_drawn(with_param_values(_plain(file_sizes), first=1, last=last)) for last in (3_000, 600))
    columns = [[item for item in marks(drawn, "rect") if item.get("opacity") == 0] for drawn in (wide, narrow)]
    assert len(columns[0]) == 250
    assert 350 < len(columns[1]) <= 500


@pytest.mark.slow
def test_empty_files_and_waiting_changesets_have_their_own_lanes() -> None:
    rows = make_rows(900)
    drawn = _drawn(_spec(file_sizes, rows, first=1, last=900))
    assert {"0 B", "waiting"} <= set(_texts(drawn))
    assert len(marks(_drawn(_spec(push_timeline, rows)), "symbol")) == sum(not row.uploaded for row in rows)
    assert not {"0 B", "waiting"} & set(_texts(_drawn(_spec(file_sizes, rows[:100]))))


@pytest.mark.slow
@pytest.mark.parametrize("draw", CHARTS)
def test_labels_of_named_versions_never_overlap_and_hidden_ones_are_left_out(draw: Any) -> None:
    rows = make_rows(400)
    versions = make_versions(rows, 60)
    drawn = _drawn(_spec(draw, rows, versions) | {"width": 500})
    labels = _milestones(drawn)
    places = [label["x"] for label in labels if label["opacity"]]
    assert 20 < len(labels) <= 41
    assert not [label for label in labels if label["text"].startswith(("Milestone 0 ", "Milestone 2 "))]
    assert 2 <= len(places) < 10
    assert min(later - earlier for earlier, later in pairwise(places)) > 100  # as wide as a label


@pytest.mark.slow
@pytest.mark.parametrize("width", [240, 280, 340, 500])
def test_no_label_of_either_axis_is_left_out_where_the_chart_is_narrow(width: int) -> None:
    rows = [replace(row, time=START + timedelta(days=9 * at)) for at, row in enumerate(make_rows(100, step=5_000))]
    for draw in CHARTS:
        labels = marks(_drawn(_spec(draw, rows) | {"width": width}), "text", "axis-label")
        assert len(labels) > 4
        assert [label["text"] for label in labels if not label["opacity"]] == []


@pytest.mark.slow
@pytest.mark.parametrize("draw", CHARTS)
@pytest.mark.parametrize(("width", "faintest", "strongest"), [(700, 1, 1), (240, 0.15, 0.6)])
def test_the_rules_of_named_versions_are_faint_where_the_chart_is_narrow(
    draw: Any, width: int, faintest: float, strongest: float
) -> None:
    rows = [replace(row, time=START + timedelta(days=at)) for at, row in enumerate(make_rows(400))]
    drawn = _drawn(_spec(draw, rows, make_versions(rows, 400)) | {"width": width})
    opacities = [rule["opacity"] for rule in marks(drawn, "rule", "axis-grid") if rule.get("strokeDash")]
    assert faintest <= min(opacities) <= max(opacities) <= strongest


@pytest.mark.slow
@pytest.mark.parametrize("draw", CHARTS)
@pytest.mark.parametrize(
    ("apart", "texts"),
    [
        (1, ["Milestone 0 </script>"]),
        (100, ["Milestone 0 <…", "Milestone 1 <…"]),
        (360, ["Milestone 0 </script>", "Milestone 1 </script>"]),
    ],
)
def test_of_two_labels_alone_in_a_range_none_covers_the_other(draw: Any, apart: int, texts: list[str]) -> None:
    rows = make_rows(400)
    versions = make_versions(rows).iloc[:2].set_axis(pd.Index([20, 20 + apart], name="changeset_index"))
    labels = marks(_drawn(_spec(draw, rows, versions)), "text", "axis-label")
    assert [label["text"] for label in labels if str(label["text"]).startswith("Mil")] == texts


def test_file_sizes_show_times_in_the_requested_zone() -> None:
    def read_times(time_zone: str) -> pd.Series:
        spec = file_sizes(build_frame(make_rows(3)), time_zone=time_zone).to_dict(validate=False)
        assert f"pushed ({time_zone})" in json.dumps(spec)
        return pd.read_csv(StringIO(spec["data"]["values"]))["time"]

    assert (read_times("Asia/Tokyo") - read_times("UTC") == 9 * 3_600_000).all()


@pytest.mark.slow
@pytest.mark.parametrize("draw", CHARTS)
def test_names_are_drawn_as_they_are_and_cannot_break_out_of_a_script(draw: Any) -> None:
    rows = make_rows(40)
    spec = _spec(draw, rows, make_versions(rows, 3))
    assert "</" not in json.dumps(spec)
    assert "Milestone 1 </script>" in [label["text"] for label in _milestones(_drawn(spec))]


@pytest.mark.parametrize("draw", CHARTS)
def test_a_version_of_a_changeset_that_is_not_there_is_left_out(draw: Any) -> None:
    rows = make_rows(20)
    versions = make_versions(make_rows(40), 4)
    assert len(_milestones(_drawn(_spec(draw, rows, versions)))) == (versions.index <= 20).sum() - 2


def test_a_version_outside_the_range_has_no_rule() -> None:
    rows = make_rows(400)
    spec = _spec(push_timeline, rows, make_versions(rows, 100), first=101, last=104)
    drawn = _drawn(spec)
    rules = [rule for rule in marks(drawn, "rule", "axis-grid") if rule.get("strokeDash") and rule["opacity"]]
    marked = marks(drawn, "symbol")
    assert sorted(round(rule["x"]) for rule in rules) == sorted(round(symbol["x"]) for symbol in marked)
    assert len(marks(drawn, "text", "axis-label")) > len(marked)  # there are others on the axis


@pytest.mark.parametrize("draw", CHARTS)
def test_named_versions_without_a_needed_column_are_refused_by_name(draw: Any) -> None:
    rows = make_rows(3)
    with pytest.raises(ValueError, match="named versions frame lacks name, state"):
        draw(build_frame(rows), make_versions(rows)[["description"]])


@pytest.mark.parametrize("draw", CHARTS)
def test_a_range_narrower_than_a_cell_says_so(draw: Any) -> None:
    drawn = _drawn(with_param_values(_plain(draw), first=5, last=5))
    assert "This range is too narrow for this chart. Widen it." in _texts(drawn)


@pytest.mark.slow
@pytest.mark.parametrize("draw", CHARTS)
def test_a_gap_says_that_it_holds_no_changesets(draw: Any) -> None:
    drawn = _drawn(_spec(draw, make_rows(20, step=10), first=3, last=9))
    assert "No changesets in this range" in _texts(drawn)


@pytest.mark.parametrize("draw", CHARTS)
def test_the_live_spec_has_no_rows_sliders_colors_or_precomputed_steps(draw: Any) -> None:
    definition = _DEFINITIONS[draw]
    spec = build_live_spec(_plain(draw), definition)
    assert spec["data"] == {"name": "cells"}
    assert "config" not in spec
    assert not [param for param in spec["params"] if param.get("bind", "legend") != "legend"]
    derived = [
        json.dumps(step.to_dict())
        for step in definition.build_precomputed().transform
        if "filter" not in step.to_dict()
    ]
    assert not [step for step in derived if step in json.dumps(spec)]


@pytest.mark.parametrize("theme", THEMES)
def test_marks_and_text_contrast_with_each_background(theme: Any) -> None:
    look = build_theme_config(theme)
    paper = look["background"]
    for kind in KINDS.values():
        assert _contrast(kind.color, paper) >= 3
    for name in ("middle", "line", "dot", "zero", "version"):
        assert _contrast(look["style"][name]["color"], paper) >= 3
    for name in ("strong", "caption", "panel"):
        assert _contrast(look["style"][name]["color"], paper) >= 4.5
    assert _contrast(look["axis"]["labelColor"], paper) >= 4.5


def test_an_unknown_theme_is_refused() -> None:
    with pytest.raises(ValueError, match="theme should be 'light' or 'dark', not 'sepia'"):
        push_timeline(build_frame(make_rows(1)), theme="sepia")  # type: ignore[arg-type]  # that is the point


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1 kB"),
        (1_234, "1.23 kB"),
        (999_499, "999 kB"),
        (999_500, "1 MB"),
        (2 * 10**12, "2 TB"),
    ],
)
def test_sizes_are_formatted_alike_in_python_and_on_the_chart(count: int, text: str) -> None:
    spec = alt.Chart(alt.InlineData(values=[{"n": count}])).transform_calculate(text=build_bytes_expression("datum.n"))
    drawn = _drawn(spec.mark_text().encode(text="text:N").to_dict())
    assert format_bytes(count) == text
    assert _texts(drawn) == [text]


def _contrast(ink: str, paper: str) -> float:
    """Contrast ratio as WCAG 2 defines it."""
    light, dark = sorted((_luminance(ink), _luminance(paper)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: str) -> float:
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("draw", CHARTS)
@pytest.mark.parametrize("count", [1, 40])
def test_changesets_that_all_wait_for_their_files_are_drawn_as_waiting(draw: Any, count: int) -> None:
    spec = _spec(draw, [replace(row, uploaded=False) for row in make_rows(count)])
    shown = next(text for text in _texts(_drawn(spec)) if text.startswith("Changeset"))
    assert re.search(r' height="\d{2,3}"', engine.render_svg(spec))  # a scale of nothing makes it endless
    assert "· 0 uploaded ·" in shown
    assert shown.endswith(f"· {count} not uploaded")


def test_a_control_character_in_a_name_is_replaced(tmp_path: Path) -> None:
    rows = make_rows(300)
    versions = make_versions(rows).assign(name="bell \x07, \ufffe")
    push_timeline(build_frame(rows), versions).save(tmp_path / "timeline.svg")
    assert "bell \ufffd, \ufffd" in (tmp_path / "timeline.svg").read_text("utf-8")


_STILL_ID = re.compile(r"imodels-nb-still-[0-9a-f]{32}")  # new for each output


def _everything() -> list[Any]:
    """Return all that a person sees or saves of the charts."""
    rows = make_rows(30)
    frame, versions = build_frame(rows), make_versions(rows)
    outputs: list[Any] = []
    for draw, widget in ((push_timeline, PushTimeline), (file_sizes, FileSizes)):
        alone, live_chart = draw(frame, versions), widget(frame, versions)
        svg, html = StringIO(), StringIO()
        alone.save(svg, format="svg")
        alone.save(html, format="html")
        outputs += [alone.to_dict(), alone.to_json(), alone._repr_mimebundle_(), svg.getvalue(), html.getvalue()]
        page = _STILL_ID.sub("", live_chart._repr_mimebundle_()["text/html"])
        outputs += [live_chart._model.spec, live_chart.chart.to_dict(), page]
    return outputs


_everything_by_default = cache(_everything)


def _sepia() -> alt.theme.ThemeConfig:
    return {"config": {"background": "sepia"}, "width": 17, "autosize": "none"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "setting",
    [
        lambda: alt.data_transformers.enable("vegafusion"),
        lambda: alt.data_transformers.enable("default", max_rows=1, consolidate_datasets=False),
        lambda: alt.data_transformers.enable("json"),
        lambda: alt.renderers.enable("browser"),
        lambda: alt.renderers.enable("jupyter", embed_options={"renderer": "svg", "theme": "dark"}),
        lambda: alt.theme.enable("sepia"),
    ],
    ids=["vegafusion", "max rows", "json files", "browser", "embed options", "own theme"],
)
def test_global_altair_settings_do_not_change_the_charts(setting: Any) -> None:
    alt.theme.register("sepia", enable=False)(_sepia)
    expected = _everything_by_default()
    with setting():
        assert _everything() == expected


@pytest.mark.slow
def test_global_altair_settings_stay_as_they_were() -> None:
    with alt.data_transformers.enable("json", prefix="mine"), alt.theme.enable("dark"), alt.renderers.enable("png"):
        push_timeline(build_frame(make_rows(3)))._repr_mimebundle_()
        assert (alt.data_transformers.active, alt.theme.active, alt.renderers.active) == ("json", "dark", "png")
        assert alt.data_transformers.options == {"prefix": "mine"}


@pytest.mark.parametrize(
    "text", ["release/1.10.0", "5.46 MB", 'd="1.2345" opacity="1"', "<path opacity=0/> 2.345", "a > 1.23"]
)
def test_a_still_picture_shows_texts_as_they_are(text: str) -> None:
    mark = alt.Chart(alt.InlineData(values=[{"text": text}])).mark_text(x=12.3456, description=f"{text} 7.89")
    picture = engine.render_svg(mark.encode(text="text:N").to_dict())
    assert unescape(picture.split("</text>")[0].rpartition(">")[2]) == text
    assert "7.89" in picture
    assert "12.3456" not in picture


def test_a_still_picture_leaves_out_invisible_marks() -> None:
    data = alt.InlineData(values=[{"x": 1}])
    seen = alt.Chart(data).mark_square(fill="red", fillOpacity=0, stroke="black", strokeOpacity=0.5).encode(x="x:Q")
    unseen = alt.Chart(data).mark_square(fill="blue", opacity=0).encode(x="x:Q")
    picture = engine.render_svg((seen + unseen).to_dict())
    assert 'fill="red"' in picture
    assert 'fill="blue"' not in picture


@pytest.mark.slow
def test_the_still_picture_and_its_caption_show_the_same_size() -> None:
    rows = [replace(row, size=2_730_000) for row in make_rows(2)]
    page = FileSizes(build_frame(rows))._repr_mimebundle_()
    assert page["text/plain"].endswith("5.46 MB")
    assert "5.46 MB<" in page["text/html"].split("</svg>")[0]


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"lanes": ["kind"]}, ValueError, "lanes should be 'kind', 'creator' or 'creator_name', not list"),
        ({"lanes": pd.DataFrame({"a": [1, 2]})}, ValueError, "lanes should be .* not DataFrame"),
        ({"theme": pd.Series(["light", "dark"])}, ValueError, "theme should be 'light' or 'dark', not Series"),
        ({"theme": None}, ValueError, "theme should be 'light' or 'dark', not NoneType"),
        ({"cumulative": "yes"}, TypeError, "cumulative should be True or False, not str"),
        ({"cumulative": None}, TypeError, "cumulative should be True or False, not NoneType"),
        ({"cumulative": pd.DataFrame({"a": [1, 2]})}, TypeError, "cumulative should be True or False, not DataFrame"),
    ],
)
def test_an_option_of_a_wrong_kind_is_refused_by_name(options: Any, error: type[Exception], words: str) -> None:
    draw: Any = file_sizes if "cumulative" in options else push_timeline
    with pytest.raises(error, match=words):
        draw(build_frame(make_rows(2)), **options)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["chart.xyz", "chart", "chart.htm"])
def test_a_format_that_cannot_be_saved_is_refused_with_those_that_can(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=r"Cannot save a chart as .* ends in .html, .json, .pdf, .png, .svg"):
        push_timeline(build_frame(make_rows(2))).save(tmp_path / name)


@pytest.mark.slow
def test_the_case_of_a_file_name_does_not_matter(tmp_path: Path) -> None:
    push_timeline(build_frame(make_rows(2))).save(tmp_path / "chart.HTML")
    assert "imodelsNbEngine" in (tmp_path / "chart.HTML").read_text("utf-8")
