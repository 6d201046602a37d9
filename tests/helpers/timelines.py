"""Synthetic changesets frames for charts, and the expected counts in plain Python."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import settings
from hypothesis import strategies as st

from imodels_nb.aggregate import ChangesetColumns

START = datetime(2023, 2, 27, 9, tzinfo=UTC)
patient = settings(deadline=None, max_examples=40)  # the machine may be slow; a test may not be
SECRET = "someone@example.com <b>do not draw</b>"


@dataclass(frozen=True)
class Row:
    """One changeset, as the oracle sees it."""

    index: int
    time: datetime
    size: int
    flags: int
    uploaded: bool


def build_frame(rows: list[Row]) -> pd.DataFrame:
    """Build a changesets frame, with columns that no chart may show."""
    return pd.DataFrame(
        {
            "id": [f"{row.index:040x}" for row in rows],
            "description": pd.array([SECRET] * len(rows), dtype="str"),
            "creator_id": pd.Categorical([SECRET] * len(rows)),
            "state": pd.Categorical(
                ["fileUploaded" if row.uploaded else "waitingForFile" for row in rows],
                categories=["waitingForFile", "fileUploaded"],
            ),
            "push_date_time": pd.Series([row.time for row in rows], dtype="datetime64[us, UTC]").array,
            "file_size": np.array([row.size for row in rows], dtype=np.int64),
            "containing_changes": np.array([row.flags for row in rows], dtype=np.int64),
        },
        index=pd.Index([row.index for row in rows], dtype="int64", name="changeset_index"),
    )


def build_columns(rows: list[Row]) -> ChangesetColumns:
    """Return the columns that charts read of these rows."""
    return ChangesetColumns.from_frame(build_frame(rows))


def make_rows(count: int, *, seed: int = 7, step: int = 1) -> list[Row]:
    """Build rows of office days; every 300th is empty, every 400th waits for its file."""
    random = np.random.default_rng(seed)
    hours = np.sort(random.random(count) * max(count, 1) / 2)
    kinds = random.choice([0, 1, 2, 4, 4, 6, 8, 16, 32, 64, 128], count)
    sizes = np.exp(random.normal(11, 2, count)).astype(int) + 1
    return [
        Row(
            index=1 + number * step,
            time=START + timedelta(hours=float(hours[number])),
            size=0 if number % 300 == 299 else int(sizes[number]),
            flags=int(kinds[number]),
            uploaded=number % 400 != 399,
        )
        for number in range(count)
    ]


def make_versions(rows: list[Row], count: int = 8) -> pd.DataFrame:
    """Build named versions; the baseline and a hidden one are among them."""
    named = [0, *(row.index for row in rows[:: max(1, len(rows) // count)])]
    states = ["hidden" if number == 2 else "visible" for number in range(len(named))]
    return pd.DataFrame(
        {
            "name": pd.array([f"Milestone {number} </script>" for number in range(len(named))], dtype="str"),
            "description": pd.array([SECRET] * len(named), dtype="str"),
            "state": pd.Categorical(states),
        },
        index=pd.Index(named, dtype="int64", name="changeset_index"),
    )


@st.composite
def timelines(draw: st.DrawFn, *, least: int = 0) -> list[Row]:
    """Draw any timeline: gaps, states, flags, sizes, times out of order."""
    count = draw(st.integers(least, 40))
    index = np.cumsum([draw(st.integers(1, 4)) for _ in range(count)]).tolist()
    spread = draw(st.sampled_from([600, 86_400, 30_000_000, 900_000_000]))
    return [
        Row(
            index=changeset_index,
            time=START + timedelta(seconds=draw(st.integers(-spread, spread))),
            size=draw(st.one_of(st.just(0), st.integers(0, 10**13))),
            flags=draw(st.integers(0, 300)),
            uploaded=draw(st.sampled_from([True, True, True, False])),
        )
        for changeset_index in index
    ]


ranges = st.tuples(st.integers(-2, 200), st.integers(-2, 200)).map(lambda ends: (min(ends), max(ends)))


def leading_kind(flags: int) -> str:
    """Return the leading kind of a changeset, as the design defines it."""
    order: list[tuple[int, str]] = [
        (1, "schema"),
        (64, "schema sync"),
        (32, "global properties"),
        (16, "views and models"),
        (8, "sheets and drawings"),
        (2, "definition"),
        (4, "spatial data"),
    ]
    return "regular" if flags == 0 else next((label for bit, label in order if flags & bit), "other")


def in_range(rows: list[Row], index_range: tuple[int, int] | None) -> list[Row]:
    """Select the rows of a range with both ends."""
    if index_range is None:
        return rows
    return [row for row in rows if index_range[0] <= row.index <= index_range[1]]


def marks(scenegraph: Any, kind: str, role: str = "mark") -> list[dict[str, Any]]:
    """Return the drawn items of a type of mark, such as ``rect``, in a scenegraph."""
    if isinstance(scenegraph, list):
        return [item for part in scenegraph for item in marks(part, kind, role)]
    own = scenegraph.get("marktype") == kind and scenegraph["role"] == role
    items = scenegraph.get("items", [])
    return (items if own else []) + marks([part for part in items if "items" in part], kind, role)
