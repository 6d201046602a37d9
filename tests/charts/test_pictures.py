"""Pictures of charts."""

from dataclasses import replace
from html import unescape
from pathlib import Path

import altair as alt
import pytest
import vl_convert
from helpers.pictures import decode_picture
from helpers.timelines import build_frame, make_rows, make_versions

from imodels_nb import FileSizes, engine
from imodels_nb.charts import push_timeline


@pytest.mark.parametrize(
    "text", ["release/1.10.0", "5.46 MB", 'd="1.2345" opacity="1"', "<path opacity=0/> 2.345", "a > 1.23"]
)
def test_a_picture_shows_texts_as_they_are(text: str) -> None:
    mark = alt.Chart(alt.InlineData(values=[{"text": text}])).mark_text(x=12.3456, description=f"{text} 7.89")
    picture = engine.render_svg(mark.encode(text="text:N").to_dict())
    assert unescape(picture.split("</text>")[0].rpartition(">")[2]) == text
    assert "7.89" in picture
    assert "12.3456" not in picture


def test_a_picture_leaves_out_invisible_marks() -> None:
    data = alt.InlineData(values=[{"x": 1}])
    seen = alt.Chart(data).mark_square(fill="red", fillOpacity=0, stroke="black", strokeOpacity=0.5).encode(x="x:Q")
    unseen = alt.Chart(data).mark_square(fill="blue", opacity=0).encode(x="x:Q")
    picture = engine.render_svg((seen + unseen).to_dict())
    assert 'fill="red"' in picture
    assert 'fill="blue"' not in picture


def test_a_picture_leaves_out_empty_texts() -> None:
    data = alt.InlineData(values=[{"text": text} for text in ("", "shown", "")])
    picture = engine.render_svg(alt.Chart(data).mark_text().encode(text="text:N").to_dict())
    assert picture.count("<text") == picture.count(">shown</text>") == 1


def test_a_picture_looks_as_vega_draws_it_and_is_shorter() -> None:
    steps = [{"x": x, "y": 10 * (x % 3)} for x in range(0, 120, 4)]
    data = alt.Chart(alt.InlineData(values=steps)).encode(alt.X("x:Q", scale=None), alt.Y("y:Q", scale=None))
    dots = data.mark_point(fill="red", stroke="blue", strokeWidth=2, size=64)
    spec = (data.mark_area(interpolate="step") + data.mark_line(interpolate="step") + dots).to_dict()
    drawn = vl_convert.vegalite_to_svg(spec)
    picture = engine.render_svg(spec)
    shown = decode_picture(f"<img style='' alt='' src='{engine.build_data_url(picture)}'>")
    pictures = {vl_convert.svg_to_png(svg) for svg in (drawn, picture, shown)}
    assert len(pictures) == 1
    assert len(shown) < 0.4 * len(drawn)


@pytest.mark.slow
def test_the_picture_and_its_caption_show_the_same_size() -> None:
    rows = [replace(row, size=2_730_000) for row in make_rows(2)]
    page = FileSizes(build_frame(rows))._repr_mimebundle_()
    assert page["text/plain"].endswith("5.46 MB")
    assert "5.46 MB<" in page["text/html"].split("</svg>")[0]


def test_a_control_character_in_a_name_is_replaced(tmp_path: Path) -> None:
    rows = make_rows(300)
    versions = make_versions(rows).assign(name="bell \x07, \ufffe")
    push_timeline(build_frame(rows), versions).save(tmp_path / "timeline.svg")
    assert "bell \ufffd, \ufffd" in (tmp_path / "timeline.svg").read_text("utf-8")
