"""Which changesets are to be downloaded, and what is known of them before anybody asks."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pandas as pd

from imodels_nb.api.arguments import several, whole_number
from imodels_nb.errors import UnexpectedResponse

_ID = re.compile(r"[0-9a-f]{40}")
_COLUMNS = ["id", "file_size"]


@dataclass(frozen=True)
class Wanted:
    """A changeset, with what is known of it."""

    index: int
    id: str | None = None
    size: int | None = None


def wanted(changesets: pd.DataFrame | Iterable[int]) -> list[Wanted]:
    """Read a frame of changesets, or changeset indices.

    Raises
    ------
    ValueError
        When it is neither.
    """
    if isinstance(changesets, pd.DataFrame):
        return list(_from_frame(changesets))
    indices = several("changesets", changesets, "a frame of fetch_changesets, or changeset indices")
    return [Wanted(whole_number("each of changesets", index, 1)) for index in indices]


def _from_frame(frame: pd.DataFrame) -> Iterator[Wanted]:
    if frame.index.nlevels > 1 or not set(_COLUMNS) <= set(frame.columns):
        raise ValueError(
            "changesets should be a frame of one iModel, indexed by changeset_index, with id and file_size."
        )
    for index, changeset_id, size in zip(frame.index, *(frame[name] for name in _COLUMNS), strict=True):
        yield Wanted(int(index), str(changeset_id), int(size))


def file_name(changeset_id: str) -> str:
    """Name the file of a changeset.

    Raises
    ------
    UnexpectedResponse
        When the id is none.
    """
    if not _ID.fullmatch(changeset_id):
        raise UnexpectedResponse("A changeset's id is not 40 hexadecimal digits, and does not become a file name.")
    return f"{changeset_id}.cs"
