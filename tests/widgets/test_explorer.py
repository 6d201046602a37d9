"""The explorer without a browser: one range in three places, and what is told of it."""

import pandas as pd
import pytest

from imodels_nb import ChangesetExplorer, findings, sample


@pytest.fixture(scope="module")
def changesets() -> pd.DataFrame:
    return sample.load_changesets(changesets=3_000)


@pytest.fixture
def explorer(changesets: pd.DataFrame) -> ChangesetExplorer:
    return ChangesetExplorer(changesets, sample.load_named_versions(changesets=3_000))


@pytest.mark.slow
def test_a_click_on_a_finding_moves_everything_to_its_range(
    explorer: ChangesetExplorer, changesets: pd.DataFrame
) -> None:
    for place, row in enumerate(explorer.findings.itertuples()):
        explorer._list._handle_custom_msg({"show": place}, [])
        expected = (row.first_index, row.last_index)
        assert explorer.index_range == explorer.timeline.index_range == explorer.sizes.index_range == expected
        assert explorer._copy.text.startswith(f"frame.loc[{expected[0]}:{expected[1]}]")
        assert eval(explorer._copy.text, {"frame": changesets}).equals(explorer.selected)
        assert f"after_index={expected[0] - 1}, last_index={expected[1]}" in explorer._text.value
        assert f" · {len(explorer.selected):,} uploaded · " in explorer._text.value
        assert explorer._list.shown == place
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
