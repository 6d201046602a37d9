"""The chart of two versions or two periods."""

import io
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from imodels_nb import KINDS, charts, compare, sample
from imodels_nb.charts import PictureChart

pytestmark = pytest.mark.slow

COUNT = 600


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return sample.load_changesets(changesets=COUNT)


def _list_views(view: dict[str, Any]) -> list[dict[str, Any]]:
    parts = [part for key in ("vconcat", "hconcat") for part in view.get(key, [])]
    return [inner for part in parts for inner in _list_views(part)] if parts else [view]


def _read_bars(chart: PictureChart) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of the bars of each panel by its title."""
    spec = chart.to_dict()
    views = _list_views(spec)
    return {view["title"]["text"]: spec["datasets"][view["layer"][0]["data"]["name"]] for view in views}


def test_bars_are_the_numbers_of_the_frame(frame: pd.DataFrame) -> None:
    compared = compare(frame, "March 2025", "April 2025")
    bars = _read_bars(charts.comparison(compared))
    assert [*bars] == ["Changesets by kind", "Size by kind", "Changesets by person", "Size by person"]
    for title, rows in bars.items():
        group, measure = title.split(" by ")[1], {"C": "changesets", "S": "bytes"}[title[0]]
        part = compared[(compared["group"] == group) & (compared["measure"] == measure)]
        expected = {
            name: values for name, *values in part[["name", "first", "second"]].to_numpy().tolist() if any(values)
        }
        drawn: dict[str, dict[str, int]] = {}
        for row in rows:
            drawn.setdefault(row["name"], {})[row["side"]] = row["value"]
        assert {name: [sides["first"], sides["second"]] for name, sides in drawn.items()} == expected


def test_kinds_have_their_colors_in_both_themes(frame: pd.DataFrame) -> None:
    compared = compare(frame, 100, 500)
    for theme, paper in (("light", "#ffffff"), ("dark", "#111111")):
        chart = charts.comparison(compared, theme=theme)  # type: ignore[arg-type]  # one of two
        scale = _list_views(chart.to_dict())[0]["layer"][0]["encoding"]["color"]["scale"]
        colors = dict(zip(scale["domain"], scale["range"], strict=True))
        assert colors.items() >= {kind.label: kind.color for kind in KINDS.values()}.items()
        assert chart.to_dict()["config"]["background"] == chart.paper == paper


def test_many_people_share_one_bar(frame: pd.DataFrame) -> None:
    ids = pd.Categorical([f"user {number % 20}" for number in range(COUNT)])
    bars = _read_bars(charts.comparison(compare(frame.assign(creator_id=ids), 0, COUNT)))["Changesets by person"]
    assert (len(bars), bars[-1]["name"]) == (8, "all others")
    assert [row["value"] for row in bars] == [30] * 7 + [13 * 30]


def test_classes_are_drawn_if_the_frame_has_them() -> None:
    compared = compare(sample.load_changesets(plant=True), 30, 90, None, sample.load_changes())
    bars = _read_bars(charts.comparison(compared))["Changes to elements by class"]
    part = compared[(compared["group"] == "class") & (compared["between"] > 0)]
    drawn = {(row["name"], row["measure"]): row["value"] for row in bars if row["value"]}
    expected = dict(zip(zip(part["name"], part["measure"], strict=True), part["between"], strict=True))
    names = {name for name, _ in drawn} - {"all others"}
    assert len(names) >= 3
    assert {key: value for key, value in drawn.items() if key[0] in names} == {
        key: value for key, value in expected.items() if key[0] in names
    }
    assert sum(drawn.values()) == sum(expected.values())


def test_it_saves_itself_and_joins_other_charts(frame: pd.DataFrame) -> None:
    named = frame.assign(creator_name=pd.Categorical(["</script><b>\x07"] * COUNT))
    chart = charts.comparison(compare(named, 100, 500))
    page = io.StringIO()
    chart.save(page, "html")
    assert "<script" not in page.getvalue()
    assert "</script>" not in page.getvalue()
    assert len(page.getvalue()) < 40_000
    shown = chart._repr_mimebundle_()
    assert shown["text/html"].startswith("<img style='max-width:100%' alt='Between changeset 100 and changeset 500: ")
    picture = io.BytesIO()
    chart.save(picture, "png", width=500, theme="dark")
    assert picture.getvalue().startswith(b"\x89PNG")
    specification = io.StringIO()
    chart.save(specification, "json")
    assert json.loads(specification.getvalue())["title"]["text"] == "Between changeset 100 and changeset 500"
    assert (chart & chart).render_picture().count(">Between changeset 100 and") == 2
    assert len((charts.push_timeline(frame) & chart).parts) == 2


@pytest.mark.parametrize("count", [0, 1, 3])
def test_few_changesets_are_drawn_without_an_error(frame: pd.DataFrame, count: int) -> None:
    picture = charts.comparison(compare(frame.head(count), 0, count)).render_picture()
    assert ("Nothing changed" in picture) == (count == 0)


@pytest.mark.parametrize(
    ("compared", "options", "message"),
    [
        (np.zeros(3), {}, "compared should be the frame of compare, not ndarray"),
        (pd.DataFrame({"name": []}), {}, "compared lacks columns of the frame of compare"),
        (None, {"theme": "pink"}, "theme should be 'light' or 'dark'"),
    ],
)
def test_an_invalid_argument_is_named(frame: pd.DataFrame, compared: Any, options: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        charts.comparison(compare(frame, 1, 2) if compared is None else compared, **options)
