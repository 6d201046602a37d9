"""Invalid frames in the chart widgets."""

import math
from typing import Any

import pandas as pd
import pytest
from helpers.pictures import decode_picture
from helpers.timelines import build_frame, make_rows, make_versions

from imodels_nb import FileSizes, PushTimeline

WIDGETS = [PushTimeline, FileSizes]


def _label(chart: Any) -> str:
    label: str = chart._repr_mimebundle_()["text/plain"]
    return label


_SENSELESS: list[tuple[dict[str, Any], str]] = [
    ({"file_size": [1.0, math.nan, 2.0]}, "file_size is missing at changeset 2;"),
    ({"file_size": [1, -5, -2]}, "file_size is below 0 at changeset 2 and 1 more;"),
    ({"file_size": [1.5, 1.0, 1.0]}, "file_size is not a whole number at changeset 1;"),
    ({"file_size": ["1", "2", "3"]}, "file_size should contain whole numbers, not str; .*astype"),
    ({"push_date_time": ["2024-01-01T00:00:00Z"] * 3}, "push_date_time should contain times .* pd.to_datetime"),
    ({"push_date_time": pd.to_datetime(["2024-01-01"] * 3)}, "push_date_time should contain times with a time zone"),
    ({"push_date_time": pd.to_datetime([None, "2024-01-01", None], utc=True)}, "push_date_time is missing at change"),
    ({"containing_changes": pd.array([1, None, 3], dtype="Int64")}, "containing_changes is missing at changeset 2;"),
]


@pytest.mark.parametrize("widget", WIDGETS)
@pytest.mark.parametrize("nothing", [None, [], pd.Series([1]), "frame"])
def test_argument_that_is_no_frame_is_refused(widget: Any, nothing: Any) -> None:
    with pytest.raises(TypeError, match=r"changesets should be a DataFrame .* not (NoneType|list|Series|str)"):
        widget(nothing)
    if nothing is not None:
        with pytest.raises(TypeError, match=r"named_versions should be a DataFrame .* not (list|Series|str)"):
            widget(build_frame(make_rows(2)), nothing)


@pytest.mark.parametrize("widget", WIDGETS)
@pytest.mark.parametrize(("columns", "words"), _SENSELESS)
def test_invalid_column_is_refused_by_name(widget: Any, columns: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        widget(build_frame(make_rows(3)).assign(**columns))


def test_named_versions_need_their_index() -> None:
    versions = make_versions(make_rows(9)).reset_index(drop=True).set_index("name", drop=False)
    with pytest.raises(ValueError, match="named versions frame should be indexed by changeset_index"):
        PushTimeline(build_frame(make_rows(9)), versions)


@pytest.mark.slow
def test_sizes_of_any_number_dtype() -> None:
    frame = build_frame(make_rows(3))
    for dtype in ("float64", "Int64", "uint32"):
        assert _label(FileSizes(frame.astype({"file_size": dtype}))) == _label(FileSizes(frame))


@pytest.mark.slow
@pytest.mark.parametrize("widget", WIDGETS)
def test_version_without_name_has_no_label(widget: Any) -> None:
    rows = make_rows(40)
    versions = make_versions(rows, 3)
    versions["name"] = None
    picture = decode_picture(widget(build_frame(rows), versions)._repr_mimebundle_()["text/html"])
    assert not [word for word in ("NaN", "None", "null", "nan") if word in picture]
