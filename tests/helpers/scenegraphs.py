"""Scenegraphs of charts: all that Vega draws, as data."""

from typing import Any

import pandas as pd
import vl_convert

from helpers.timelines import Row, build_frame, marks
from imodels_nb.charts import set_param_values


def build_spec(draw: Any, rows: list[Row], versions: pd.DataFrame | None = None, **ends: int) -> dict[str, Any]:
    """Build the specification of a chart 700 pixels wide, with a range or without."""
    spec: dict[str, Any] = draw(build_frame(rows), versions).to_dict(validate=False)
    return set_param_values(spec, **ends) | {"width": 700}


def draw_spec(spec: dict[str, Any]) -> Any:
    """Return the scenegraph of a specification."""
    return vl_convert.vegalite_to_scenegraph(spec)["scenegraph"]


def read_texts(scenegraph: Any) -> list[str]:
    """Return the texts of text marks."""
    return [item["text"] for item in marks(scenegraph, "text") if item.get("text")]
