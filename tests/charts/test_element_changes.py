"""Chart of changes to elements: counts, classes, number of elements, and grids."""

import json
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import pytest
import vl_convert
from helpers.timelines import marks

from imodels_nb import ChangesetExplorer, ElementChanges, sample
from imodels_nb.aggregate import ChangesetColumns, ElementCounts, build_change_grid, list_grid_rows
from imodels_nb.charts import element_changes

pytestmark = pytest.mark.slow

CHANGES = sample.load_changes()
CHANGESETS = sample.load_changesets(plant=True)
COLUMNS = ChangesetColumns.from_frame(CHANGESETS)


def _oracle(first: int, last: int) -> Counter[str]:
    """Compute the number of changes to elements in plain Python."""
    counts: Counter[str] = Counter()
    for (index, _), row in CHANGES.iterrows():
        is_indirect_update = row["indirect"] and row["operation"] == "updated"
        if first <= index <= last and row["entity"] == "element" and not is_indirect_update:
            counts[row["operation"]] += 1
    return counts


def _texts(chart: Any) -> list[str]:
    spec = chart._source.build_picture(chart.to_dict(validate=False)) | {"width": 700}
    drawn = vl_convert.vegalite_to_scenegraph(spec)["scenegraph"]
    return [item["text"] for item in marks(drawn, "text") if item.get("text")]


@pytest.mark.parametrize("index_range", [(1, 228), (31, 90), (200, 200)])
@pytest.mark.parametrize("by_class", [False, True])
def test_the_chart_counts_what_the_frame_has(index_range: tuple[int, int], by_class: bool) -> None:
    widget = ElementChanges(CHANGES, CHANGESETS, by_class=by_class, index_range=index_range)
    counts = _oracle(*index_range)
    words = " · ".join(f"{counts[name]:,} {name}" for name in ("inserted", "updated", "deleted"))
    shown = next((text for text in _texts(widget.chart) if text.startswith("Changesets")), "")
    assert shown.endswith(words)


def test_the_line_starts_with_the_elements_before_the_range() -> None:
    counts = ElementCounts.from_frame(CHANGES)
    before = _oracle(1, 99)
    grid = build_change_grid(COLUMNS.select_range((100, 150)), counts, max_cells=1, max_bins=20)
    assert grid["existing"].tolist() == [before["inserted"] - before["deleted"]]


@pytest.mark.parametrize(("cells", "bins"), [(1, 1), (7, 30), (228, 500)])
def test_any_grid_has_all_changes(cells: int, bins: int) -> None:
    grid = build_change_grid(COLUMNS, ElementCounts.from_frame(CHANGES, by_class=True), max_cells=cells, max_bins=bins)
    assert list_grid_rows(grid)["count"].sum() == sum(_oracle(1, 228).values())


def test_seven_classes_have_a_color_and_the_others_share_one() -> None:
    counts = ElementCounts.from_frame(CHANGES, by_class=True)
    assert len(counts.classes) <= 8
    assert counts.classes[:2] == ("Pipe", "Valve")


@pytest.mark.parametrize("index_range", [(1, 228), (31, 90), (200, 200)])
def test_the_words_of_a_range_tell_of_elements(index_range: tuple[int, int]) -> None:
    widget = ElementChanges(CHANGES, CHANGESETS, index_range=index_range)
    counts = _oracle(*index_range)
    words = " · ".join(f"{counts[name]:,} {name}" for name in ("inserted", "updated", "deleted"))
    assert widget.describe(index_range).endswith(f" · {words}")
    label = widget._repr_mimebundle_()["text/plain"]
    assert label.endswith(words)
    assert "uploaded" not in label + widget._model.sentences["summary"]


def test_table_and_chart_count_the_same_elements() -> None:
    explorer = ChangesetExplorer(CHANGESETS, changes=CHANGES)
    assert explorer.table.columns[-1] == "elements"
    for number in (1, 31, 200):
        (row,) = explorer.table._rows.format(np.array([number - 1]))
        counts = _oracle(number, number)
        shown = {"inserted": "+", "updated": "~", "deleted": "\u2212"}
        assert row["elements"] == " ".join(f"{sign}{counts[name]:,}" for name, sign in shown.items() if counts[name])


@pytest.mark.parametrize("operations", [["inserted"] * 3, ["deleted"] * 3, ["inserted", "deleted", "deleted"]])
def test_no_bar_touches_the_edge_of_the_plot(operations: list[str]) -> None:
    changes = CHANGES[CHANGES["entity"] == "element"].iloc[:3]
    changes = changes.assign(operation=pd.Categorical(operations, categories=["inserted", "updated", "deleted"]))
    chart = element_changes(changes, CHANGESETS)
    spec = chart._source.build_picture(chart.to_dict(validate=False)) | {"width": 700}
    drawn = vl_convert.vegalite_to_scenegraph(spec)["scenegraph"]
    bars = [item for item in marks(drawn, "rect") if item.get("opacity") != 0 and item["height"]]
    assert bars
    assert all(item["y"] > 124 + 4 and item["y"] + item["height"] < 324 - 4 for item in bars)


def test_no_label_and_no_id_of_an_element_reaches_the_chart() -> None:
    text = json.dumps(element_changes(CHANGES, CHANGESETS, by_class=True).to_dict(validate=False))
    labels = CHANGES.loc[CHANGES["entity"] == "element", "label"].dropna()
    assert not [label for label in labels.unique() if f'"{label}"' in text]


@pytest.mark.parametrize("rows", [0, 1])
def test_hardly_any_changes_are_drawn(rows: int) -> None:
    texts = _texts(element_changes(CHANGES[CHANGES["entity"] == "element"].iloc[:rows], CHANGESETS))
    assert ("No elements changed in this range" in texts) == (rows == 0)
    assert element_changes(CHANGES.iloc[:0], CHANGESETS.iloc[:0])._repr_mimebundle_()["text/html"]


@pytest.mark.parametrize(
    ("changes", "changesets", "options", "error", "words"),
    [
        (CHANGES, CHANGESETS.loc[:200], {}, ValueError, "28 changesets that the changesets frame lacks.* 201"),
        (CHANGES, CHANGESETS, {"by_class": "yes"}, TypeError, "by_class should be True or False, not str"),
        (CHANGESETS, CHANGESETS, {}, ValueError, "changes"),
        (None, CHANGESETS, {}, ValueError, "changes should be a DataFrame"),
    ],
    ids=["other changesets", "option", "no changes", "nothing"],
)
def test_what_does_not_fit_is_refused_by_name(
    changes: Any, changesets: pd.DataFrame, options: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        element_changes(changes, changesets, **options)


def test_a_step_and_the_page_keep_their_budgets() -> None:
    widget = ElementChanges(CHANGES, CHANGESETS, by_class=True)
    range_grid = widget._definition.build_range_grid(widget._data, widget._grid, (1, 228))
    sizes = [len(buffer) for buffer in widget._model.grid["buffers"]]
    assert sum(sizes) < 100_000
    assert len(range_grid["counts"]) < 40_000
    assert len(widget.selected_changes) == len(CHANGES)
