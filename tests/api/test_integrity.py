"""The proof of completeness, on rows made up."""

import pyarrow as pa
import pytest

from imodels_nb.api.integrity import ChainBreak, find_chain_break


def _rows(*rows: tuple[int, str, str | None]) -> pa.Table:
    return pa.Table.from_pylist(
        [{"index": index, "id": own, "parentId": parent} for index, own, parent in rows],
        pa.schema([("index", pa.int64()), ("id", pa.string()), ("parentId", pa.string())]),
    )


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([], None),
        ([(1, "a", "")], None),
        ([(1, "a", ""), (2, "b", "a"), (7, "c", "b")], None),
        ([(1, "a", None), (2, "b", None)], None),
        ([(1, "a", ""), (2, "b", "x")], ChainBreak(1, 2)),
        ([(1, "a", ""), (1, "a", None)], ChainBreak(1, 1)),
        ([(2, "a", ""), (1, "b", "a")], ChainBreak(2, 1)),
        ([(3, "c", "b")], ChainBreak(0, 3)),
        ([(3, "c", None)], None),
    ],
)
def test_break_in_index_or_parents_is_found(rows: list[tuple[int, str, str | None]], found: ChainBreak | None) -> None:
    assert find_chain_break(_rows(*rows), from_first=True) == found


def test_range_may_start_anywhere() -> None:
    assert find_chain_break(_rows((3, "c", "b"), (4, "d", "c"))) is None
