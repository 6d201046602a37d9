"""Charts under global settings of Altair."""

import re
from functools import cache
from io import StringIO
from typing import Any

import altair as alt
import pytest
from helpers.timelines import build_frame, make_rows, make_versions

from imodels_nb import FileSizes, PushTimeline
from imodels_nb.charts import file_sizes, push_timeline

_PICTURE_ID = re.compile(r"imodels-nb-picture-[0-9a-f]{32}")  # new for each output


def _everything() -> list[Any]:
    """Return all outputs of the charts: on the screen, and in files."""
    rows = make_rows(30)
    frame, versions = build_frame(rows), make_versions(rows)
    outputs: list[Any] = []
    for draw, widget in ((push_timeline, PushTimeline), (file_sizes, FileSizes)):
        alone, live_chart = draw(frame, versions), widget(frame, versions)
        svg, html = StringIO(), StringIO()
        alone.save(svg, format="svg")
        alone.save(html, format="html")
        outputs += [alone.to_dict(), alone.to_json(), alone._repr_mimebundle_(), svg.getvalue(), html.getvalue()]
        page = _PICTURE_ID.sub("", live_chart._repr_mimebundle_()["text/html"])
        outputs += [live_chart._model.spec, live_chart.chart.to_dict(), page]
    return outputs


_everything_by_default = cache(_everything)


def _sepia() -> alt.theme.ThemeConfig:
    return {"config": {"background": "sepia"}, "width": 17, "autosize": "none"}


@pytest.mark.slow
@pytest.mark.timeout(360)  # the first case draws everything twice
@pytest.mark.parametrize(
    "enable",  # two settings of different registries at once, since all outputs take seconds
    [
        lambda: (alt.data_transformers.enable("vegafusion"), alt.renderers.enable("browser")),
        lambda: (
            alt.data_transformers.enable("default", max_rows=1, consolidate_datasets=False),
            alt.renderers.enable("jupyter", embed_options={"renderer": "svg", "theme": "dark"}),
        ),
        lambda: (alt.data_transformers.enable("json"), alt.theme.enable("sepia")),
    ],
    ids=["vegafusion and browser", "max rows and embed options", "json files and own theme"],
)
def test_global_altair_settings_do_not_change_the_charts(enable: Any) -> None:
    alt.theme.register("sepia", enable=False)(_sepia)
    expected = _everything_by_default()
    first, second = enable()
    with first, second:
        assert _everything() == expected


@pytest.mark.slow
def test_global_altair_settings_stay_as_they_were() -> None:
    with alt.data_transformers.enable("json", prefix="mine"), alt.theme.enable("dark"), alt.renderers.enable("png"):
        push_timeline(build_frame(make_rows(3)))._repr_mimebundle_()
        assert (alt.data_transformers.active, alt.theme.active, alt.renderers.active) == ("json", "dark", "png")
        assert alt.data_transformers.options == {"prefix": "mine"}


@pytest.mark.parametrize("chart", [push_timeline, file_sizes])
def test_changes_in_place_reach_neither_copies_nor_later_charts(chart: Any) -> None:
    frame = build_frame(make_rows(5))
    first = chart(frame)
    before = first.to_dict()
    changed = first.copy()
    changed.title.text = "changed"
    for layer in changed.layer:
        _change_in_place(layer)
    assert changed.to_dict(validate=False)["layer"] != before["layer"]
    assert first.to_dict() == chart(frame).to_dict() == before


def _change_in_place(layer: Any) -> None:
    """Update marks and transforms of a layer, and of the layers inside it."""
    for inner in layer._kwds.get("layer", []):
        _change_in_place(inner)
    if "mark" in layer._kwds:
        layer.mark.opacity = 0.123
        for transform in layer.transform if layer._kwds["transform"] is not alt.Undefined else []:
            transform["calculate"] = "changed"


@pytest.mark.parametrize("chart", [push_timeline, file_sizes])
def test_no_chart_is_nested_whose_layers_altair_copies(chart: Any) -> None:
    assert not any(isinstance(layer, alt.LayerChart) for layer in _list_layers(chart(build_frame(make_rows(5)))))


def _list_layers(chart: Any) -> list[Any]:
    inner = chart._kwds.get("layer", [])
    return [*inner, *(deeper for layer in inner for deeper in _list_layers(layer))]
