"""Options of charts: themes, formats of files, time zones, invalid values."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from helpers.timelines import build_frame, make_rows

from imodels_nb.charts import THEMES, build_theme_config, file_sizes, push_timeline
from imodels_nb.frames import KINDS

CHARTS = [push_timeline, file_sizes]


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


def _contrast(ink: str, paper: str) -> float:
    """Compute the contrast ratio of WCAG 2."""
    light, dark = sorted((_luminance(ink), _luminance(paper)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: str) -> float:
    channels = [int(color[number : number + 2], 16) / 255 for number in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_an_unknown_theme_is_refused() -> None:
    with pytest.raises(ValueError, match="theme should be 'light' or 'dark', not 'sepia'"):
        push_timeline(build_frame(make_rows(1)), theme="sepia")  # type: ignore[arg-type]  # that is the point


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
@pytest.mark.parametrize("suffix", ["html", "png", "svg", "json"])
def test_a_missing_folder_or_a_folder_is_named_before_a_chart_is_drawn(tmp_path: Path, suffix: str) -> None:
    chart = push_timeline(build_frame(make_rows(2)))
    with pytest.raises(FileNotFoundError, match=r"There is no folder .*missing; create it first"):
        chart.save(tmp_path / "missing" / f"chart.{suffix}")
    folder = tmp_path / f"folder.{suffix}"
    folder.mkdir()
    with pytest.raises(IsADirectoryError, match=r"is a folder; name a file in it"):
        chart.save(str(folder))
    with pytest.raises(TypeError, match="path should be the path of a file"):
        chart.save(3, format=suffix)


def test_a_format_that_cannot_be_saved_is_refused_with_those_that_can(tmp_path: Path) -> None:
    chart = push_timeline(build_frame(make_rows(2)))
    for name in ("chart.xyz", "chart", "chart.htm"):
        with pytest.raises(ValueError, match=r"Cannot save a chart as .* ends in .html, .json, .pdf, .png, .svg"):
            chart.save(tmp_path / name)


@pytest.mark.slow
def test_the_case_of_a_file_name_does_not_matter(tmp_path: Path) -> None:
    push_timeline(build_frame(make_rows(2))).save(tmp_path / "chart.HTML")
    assert "imodelsNbEngine" in (tmp_path / "chart.HTML").read_text("utf-8")


def test_file_sizes_show_times_in_the_requested_zone() -> None:
    def read_times(time_zone: str) -> pd.Series:
        spec = file_sizes(build_frame(make_rows(3)), time_zone=time_zone).to_dict(validate=False)
        assert f"pushed ({time_zone})" in json.dumps(spec)
        return pd.read_csv(StringIO(spec["data"]["values"]))["time_ms"]

    assert (read_times("Asia/Tokyo") - read_times("UTC") == 9 * 3_600_000).all()
