"""The data of the sample as frames, without a server."""

from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import pandas as pd

from imodels_hub import (
    build_plant_project,
    generate_project,
    iterate_changeset_pages,
    iterate_named_version_pages,
)
from imodels_nb.api.decode import decode
from imodels_nb.api.schemas import CHANGESETS, CHANGESETS_FULL, NAMED_VERSIONS
from imodels_nb.contents.read import read_changes
from imodels_nb.contents.read_task import Detail
from imodels_nb.frames import build_changesets_frame, build_named_versions_frame

_BASELINE = "baseline.bim"


def load_changesets(
    detail: Literal["minimal", "full"] = "minimal",
    *,
    changesets: int = 12_000,
    seed: int = 7,
    gaps: bool = False,
    anomalies: bool = True,
    plant: bool = False,
) -> pd.DataFrame:
    """Load the changesets of the sample without a server.

    Parameters
    ----------
    detail
        As in :func:`~imodels_nb.fetch_changesets`.
    changesets, seed, gaps
        As in :func:`start`.
    anomalies
        Whether the timeline contains anomalies to find. Without them, it is the same project.
    plant
        Whether to load those of the plant in its place, the iModel of :func:`load_changes`.

    Returns
    -------
    DataFrame
        One row per changeset, equal to :func:`~imodels_nb.fetch_changesets` on a hub of :func:`start`.

    Examples
    --------
    >>> len(sample.load_changesets())
    12000
    """
    if detail not in {"minimal", "full"}:
        raise ValueError(f"detail should be 'minimal' or 'full', not {detail!r}.")
    return _build_changesets(detail, changesets, seed, gaps=gaps, anomalies=anomalies, plant=plant).copy()


@lru_cache(maxsize=8)
def _build_changesets(
    detail: Literal["minimal", "full"], count: int, seed: int, *, gaps: bool, anomalies: bool, plant: bool
) -> pd.DataFrame:
    project = build_plant_project() if plant else generate_project(count, seed, gaps=gaps, anomalies=anomalies)
    return read_pages(iterate_changeset_pages(project, detail), is_full=detail == "full")


def load_named_versions(
    *, changesets: int = 12_000, seed: int = 7, gaps: bool = False, anomalies: bool = True, plant: bool = False
) -> pd.DataFrame:
    """Load the named versions of the sample without a server.

    Parameters
    ----------
    changesets, seed, gaps, anomalies, plant
        As in :func:`load_changesets`.

    Returns
    -------
    DataFrame
        Equal to :func:`~imodels_nb.fetch_named_versions` on a hub of :func:`start`.
    """
    project = build_plant_project() if plant else generate_project(changesets, seed, gaps=gaps, anomalies=anomalies)
    return build_named_versions_frame(
        [decode(body, NAMED_VERSIONS).rows for body in iterate_named_version_pages(project)]
    )


def load_changes(*, detail: Detail = "elements") -> pd.DataFrame:
    """Load the changes in the plant of the sample, without a server.

    Parameters
    ----------
    detail
        As in :func:`~imodels_nb.read_changes`.

    Returns
    -------
    DataFrame
        Equal to :func:`~imodels_nb.fetch_changes` of the plant on a hub of :func:`start`.

    Examples
    --------
    >>> changes = sample.load_changes()
    >>> int((changes["class_name"] == "PlantDemo:Valve").sum()) > 100
    True
    """
    return _build_changes(detail).copy()


@cache
def _build_changes(detail: Detail) -> pd.DataFrame:
    project = build_plant_project()
    changesets = read_pages(iterate_changeset_pages(project, "minimal"), is_full=False)
    with TemporaryDirectory() as name:
        folder = Path(name)
        for file, content in project.files.items():
            (folder / file).write_bytes(content)
        return read_changes(folder, changesets, schema=folder / _BASELINE, detail=detail)


def read_pages(bodies: Iterable[bytes], *, is_full: bool) -> pd.DataFrame:
    """Read pages of changesets in the way a fetch does."""
    schema = CHANGESETS_FULL if is_full else CHANGESETS
    return build_changesets_frame([decode(body, schema).rows for body in bodies], is_full=is_full)
