"""Labels and rules of named versions on charts."""

import json
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pandas as pd
import pytest
from helpers.scenegraphs import build_spec, draw_spec
from helpers.timelines import START, build_frame, make_rows, make_versions, marks

from imodels_nb.charts import file_sizes, push_timeline

CHARTS = [push_timeline, file_sizes]


def _milestones(scenegraph: Any) -> list[dict[str, Any]]:
    return [item for item in marks(scenegraph, "text", "axis-label") if str(item["text"]).startswith("Milestone")]


@pytest.mark.slow
@pytest.mark.parametrize("draw", CHARTS)
def test_labels_of_named_versions_never_overlap_and_hidden_ones_are_left_out(draw: Any) -> None:
    rows = make_rows(400)
    versions = make_versions(rows, 60)
    drawn = draw_spec(build_spec(draw, rows, versions) | {"width": 500})
    labels = _milestones(drawn)
    positions = [label["x"] for label in labels if label["opacity"]]
    assert 20 < len(labels) <= 41
    assert not [label for label in labels if label["text"].startswith(("Milestone 0 ", "Milestone 2 "))]
    assert 2 <= len(positions) < 10
    assert min(later - earlier for earlier, later in pairwise(positions)) > 100  # as wide as a label


@pytest.mark.slow
@pytest.mark.parametrize("draw", CHARTS)
def test_the_rules_of_named_versions_are_faint_where_the_chart_is_narrow(draw: Any) -> None:
    rows = [replace(row, time=START + timedelta(days=number)) for number, row in enumerate(make_rows(400))]
    spec = build_spec(draw, rows, make_versions(rows, 400))
    for width, faintest, strongest in ((700, 1, 1), (240, 0.15, 0.6)):
        drawn = draw_spec(spec | {"width": width})
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
    labels = marks(draw_spec(build_spec(draw, rows, versions)), "text", "axis-label")
    assert [label["text"] for label in labels if str(label["text"]).startswith("Mil")] == texts


@pytest.mark.slow
@pytest.mark.parametrize("draw", CHARTS)
def test_names_are_drawn_as_they_are_and_cannot_break_out_of_a_script(draw: Any) -> None:
    rows = make_rows(40)
    spec = build_spec(draw, rows, make_versions(rows, 3))
    assert "</" not in json.dumps(spec)
    assert "Milestone 1 </script>" in [label["text"] for label in _milestones(draw_spec(spec))]


@pytest.mark.parametrize("draw", CHARTS)
def test_a_version_of_a_changeset_that_is_not_there_is_left_out(draw: Any) -> None:
    rows = make_rows(20)
    versions = make_versions(make_rows(40), 4)
    assert len(_milestones(draw_spec(build_spec(draw, rows, versions)))) == (versions.index <= 20).sum() - 2


def test_a_version_outside_the_range_has_no_rule() -> None:
    rows = make_rows(400)
    spec = build_spec(push_timeline, rows, make_versions(rows, 100), first=101, last=104)
    drawn = draw_spec(spec)
    rules = [rule for rule in marks(drawn, "rule", "axis-grid") if rule.get("strokeDash") and rule["opacity"]]
    marked = marks(drawn, "symbol")
    assert sorted(round(rule["x"]) for rule in rules) == sorted(round(symbol["x"]) for symbol in marked)
    assert len(marks(drawn, "text", "axis-label")) > len(marked)  # there are others on the axis


@pytest.mark.parametrize("draw", CHARTS)
def test_named_versions_without_a_needed_column_are_refused_by_name(draw: Any) -> None:
    rows = make_rows(3)
    with pytest.raises(ValueError, match="named versions frame lacks name, state"):
        draw(build_frame(rows), make_versions(rows)[["description"]])
