"""The explorer without a browser: one range in three places, and its texts."""

import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell

from imodels_nb import ChangesetExplorer, findings, sample


@pytest.fixture(scope="module")
def changesets() -> pd.DataFrame:
    return sample.load_changesets(changesets=3_000)


@pytest.fixture(scope="module")
def shared_explorer(changesets: pd.DataFrame) -> ChangesetExplorer:
    return ChangesetExplorer(changesets, sample.load_named_versions(changesets=3_000))


@pytest.fixture
def explorer(shared_explorer: ChangesetExplorer) -> ChangesetExplorer:
    """Return the explorer of the module with the range of all changesets."""
    shared_explorer.index_range = (1, 3_000)
    return shared_explorer


@pytest.mark.slow
def test_a_click_on_a_finding_moves_everything_to_its_range(
    explorer: ChangesetExplorer,
) -> None:
    for number, row in enumerate(explorer.findings.itertuples()):
        explorer._list._handle_custom_msg({"show": number}, [])
        expected = (row.first_index, row.last_index)
        assert explorer.index_range == explorer.timeline.index_range == explorer.sizes.index_range == expected
        assert f" · {len(explorer.selected):,} uploaded · " in explorer._text.value
        assert explorer._list.shown == number
    explorer.timeline.index_range = (5, 900)
    assert (explorer.index_range, explorer._list.shown) == ((5, 900), -1)
    assert f"{len(explorer.selected)} uploaded" in explorer._text.value


def test_its_findings_are_those_of_the_function(explorer: ChangesetExplorer, changesets: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(explorer.findings, findings(changesets, sample.load_named_versions(changesets=3_000)))


@pytest.mark.slow
@pytest.mark.parametrize("count", [0, 1])
def test_hardly_any_changesets_make_an_explorer(changesets: pd.DataFrame, count: int) -> None:
    explorer = ChangesetExplorer(changesets.iloc[:count])
    assert explorer.index_range == (count, count)
    assert len(explorer.selected) == count
    assert "text/html" in explorer._repr_mimebundle_()


@pytest.mark.slow
def test_a_range_in_a_gap_is_empty_and_no_error(changesets: pd.DataFrame) -> None:
    explorer = ChangesetExplorer(changesets.drop(range(100, 200)))
    explorer.index_range = (120, 130)
    assert explorer.selected.empty
    assert " · 0 uploaded · " in explorer._text.value
    explorer.index_range = (-5, 10**9)
    assert explorer.index_range == (1, 3_000)


@pytest.mark.slow
def test_a_name_in_a_finding_stays_a_text(changesets: pd.DataFrame) -> None:
    users = pd.DataFrame({"label": "<script>x</script>"}, index=changesets["creator_id"].unique().astype("str"))
    explorer = ChangesetExplorer(changesets, users=users.rename_axis("id"))
    assert "<script>x" not in explorer._repr_mimebundle_()["text/html"]


@pytest.mark.slow
@pytest.mark.parametrize("finding", [-1, 99, 10**30])
def test_a_finding_that_is_not_there_is_refused(explorer: ChangesetExplorer, finding: int) -> None:
    with pytest.raises(IndexError, match=f"There is no finding {finding}; explorer.findings has \\d+ rows"):
        explorer.show(finding)


@pytest.mark.slow
@pytest.mark.parametrize("finding", ["schema storm", None, 1.0])
def test_a_finding_that_is_not_a_row_number_is_refused(explorer: ChangesetExplorer, finding: object) -> None:
    with pytest.raises(TypeError, match=r"finding should be a row number of explorer.findings, not"):
        explorer.show(finding)  # type: ignore[arg-type]  # that is the point


def test_the_range_is_shown_once_and_both_charts_have_one_slider(explorer: ChangesetExplorer) -> None:
    assert (explorer.timeline._model.has_overview, explorer.sizes._model.has_overview) == (True, False)
    assert explorer.sizes.slider is explorer.sizes._model.slider is explorer.timeline.slider
    explorer.timeline.slider.value = (7, 70)
    assert explorer.index_range == explorer.sizes.index_range == (7, 70)


def test_an_explorer_takes_dates_and_names(explorer: ChangesetExplorer, changesets: pd.DataFrame) -> None:
    name = explorer.timeline.named_versions["name"].iloc[-1]
    explorer.index_range = slice(name, None)
    assert explorer.index_range == (explorer.timeline.named_versions.index[-1], 3_000)
    explorer.time_range = ("2024-03", "2024-04-15")
    pushed = changesets["push_date_time"]
    inside = changesets[(pushed >= "2024-03-01") & (pushed < "2024-04-16")]
    assert explorer.selected.equals(inside)
    assert explorer.time_range == (inside["push_date_time"].min(), inside["push_date_time"].max())
    shown = ChangesetExplorer(changesets, time_range=("2024-03", "2024-04-15"))
    assert shown.index_range == shown.sizes.index_range == explorer.index_range


def test_the_code_of_the_range_has_names_of_the_notebook(
    explorer: ChangesetExplorer, changesets: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = InteractiveShell()
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    explorer.index_range = (5, 9)
    assert explorer._copy.text == ""
    assert "<code>" not in explorer._text.value
    shell.user_ns["_12"] = explorer
    explorer._repr_mimebundle_()
    assert explorer._copy.text.startswith("_12.changesets.loc[5:9]  # after_index=4, last_index=9")
    shell.user_ns["mine"] = explorer
    explorer.index_range = (5, 10)
    assert explorer._copy.text.startswith("mine.changesets.loc[5:10]")
    shell.user_ns["rows"] = changesets
    explorer.index_range = (6, 10)
    assert explorer._copy.text.startswith("rows.loc[6:10]")
    assert eval(explorer._copy.text, shell.user_ns).equals(explorer.selected)
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5.13")
    explorer.index_range = (6, 11)
    assert explorer._copy.text == ""


def test_changes_to_elements_follow_the_range_and_an_element_is_found() -> None:
    changes, changesets = sample.load_changes(), sample.load_changesets(plant=True)
    explorer = ChangesetExplorer(changesets, changes=changes)
    assert explorer.changes is not None
    explorer.index_range = (31, 90)
    assert explorer.changes.index_range == (31, 90)
    explorer._search.box.value = "no such element"
    assert explorer._search.result.value == "No element has this id or label."
    explorer._search.box.value = str(changes[changes["entity"] == "element"].index[0][1])
    assert "inserted" in explorer._search.result.value
    assert ChangesetExplorer(changesets).changes is None
    explorer.close()
