"""The sample project as data frames, with no server and no network."""

from collections.abc import Iterable
from typing import Literal

import pandas as pd

from imodels_hub import generate_project, iterate_changeset_pages, iterate_named_version_pages
from imodels_nb.api.decode import decode
from imodels_nb.api.schemas import CHANGESETS, CHANGESETS_FULL, NAMED_VERSIONS
from imodels_nb.frames import changesets_frame, named_versions_frame


def load_changesets(
    detail: Literal["minimal", "full"] = "minimal",
    *,
    changesets: int = 12_000,
    seed: int = 7,
    gaps: bool = False,
    stories: bool = True,
) -> pd.DataFrame:
    """Load the sample project's changesets, with no server and no network.

    Parameters
    ----------
    detail
        As in :func:`~imodels_nb.fetch_changesets`.
    changesets, seed, gaps
        As in :func:`start`.
    stories
        Whether trouble is planted in the timeline; without, the same project goes on undisturbed.

    Returns
    -------
    DataFrame
        One row a changeset, exactly what :func:`~imodels_nb.fetch_changesets` gets from :func:`start`.

    Examples
    --------
    >>> len(sample.load_changesets())
    12000
    """
    if detail not in {"minimal", "full"}:
        raise ValueError(f"detail should be 'minimal' or 'full', not {detail!r}.")
    project = generate_project(changesets, seed, gaps=gaps, anomalies=stories)
    return read_pages(iterate_changeset_pages(project, detail), full=detail == "full")


def load_named_versions(
    *, changesets: int = 12_000, seed: int = 7, gaps: bool = False, stories: bool = True
) -> pd.DataFrame:
    """Load the sample project's named versions, with no server and no network.

    Parameters
    ----------
    changesets, seed, gaps, stories
        As in :func:`load_changesets`.

    Returns
    -------
    DataFrame
        Exactly what :func:`~imodels_nb.fetch_named_versions` gets from :func:`start`.
    """
    project = generate_project(changesets, seed, gaps=gaps, anomalies=stories)
    return named_versions_frame([decode(body, NAMED_VERSIONS).rows for body in iterate_named_version_pages(project)])


def read_pages(bodies: Iterable[bytes], *, full: bool) -> pd.DataFrame:
    """Read pages of changesets as a fetch reads them."""
    collection = CHANGESETS_FULL if full else CHANGESETS
    return changesets_frame([decode(body, collection).rows for body in bodies], full=full)
