"""The sample: a loopback iModels service with its own sign-in, and the same project without a server.

Nobody needs an account to try the package. What is shown here is synthetic: no real project, no real people.
"""

import json
import os
from collections.abc import Iterable
from typing import Literal, Self

import pandas as pd

from imodels_nb.api.decode import decode
from imodels_nb.api.schemas import CHANGESETS, CHANGESETS_FULL, NAMED_VERSIONS
from imodels_nb.auth import StaticTokenCredential, sample_provider
from imodels_nb.frames import changesets_frame, named_versions_frame
from imodels_nb.sample.hub import Hub, changesets_pages, named_versions_pages, synthesise

__all__ = ["SampleHub", "load_changesets", "load_named_versions", "start"]

_AUTO_APPROVE = "IMODELS_NB_SAMPLE_AUTO_APPROVE"


class SampleHub:
    """A running sample hub; a context manager. :func:`start` makes one.

    Attributes
    ----------
    base_url
        What to give to :class:`~imodels_nb.IModelsClient`.
    provider
        The identity provider of this hub, for :func:`~imodels_nb.login`.
    credential
        A ready credential, for when signing in is not the point.
    itwin_id, imodel_id
        GUIDs of the iTwin and of the iModel that it serves.
    log
        What it was asked so far, a line each.
    """

    def __init__(self, hub: Hub, *, auto_approve: bool) -> None:
        self._hub = hub
        self.base_url = hub.base_url
        self.itwin_id = hub.itwin_id
        self.imodel_id = hub.imodel_id
        self.credential = StaticTokenCredential(hub.token)
        self.provider = sample_provider(hub.identity_url, hub.client_id, auto_approve=auto_approve)

    def __repr__(self) -> str:
        return f"<SampleHub at {self.base_url}: synthetic data, for trying out>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def log(self) -> list[str]:
        """What the hub was asked so far, a line each."""
        return self._hub.log

    def push(self, count: int = 1) -> pd.DataFrame:
        """Append changesets to the timeline, as if somebody had pushed them just now.

        Parameters
        ----------
        count
            How many.

        Returns
        -------
        DataFrame
            The new ones, as :func:`~imodels_nb.fetch_changesets` would give them.
        """
        rows = self._hub.push(count)
        return _changesets([json.dumps({"changesets": rows, "_links": {}}).encode()], full=False)

    def stop(self) -> None:
        """Let the port go. What was fetched stays."""
        self._hub.stop()


def start(
    changesets: int = 12_000,
    seed: int = 7,
    *,
    auto_approve: bool | None = None,
    port: int = 0,
    latency_ms: float = 0,
    rate_limit: float | None = None,
    gaps: bool = False,
) -> SampleHub:
    """Start a sample hub on this machine, in a thread of its own.

    Parameters
    ----------
    changesets
        How long the timeline is.
    seed
        The same seed gives the same project.
    auto_approve
        Let sign-ins approve themselves after a few polls, for headless runs where nobody clicks. ``None`` reads the
        environment variable ``IMODELS_NB_SAMPLE_AUTO_APPROVE`` (``1`` means yes).
    port
        0 takes any free one.
    latency_ms
        Milliseconds to wait before each answer.
    rate_limit
        Requests a second before it answers 429; ``None`` for no limit.
    gaps
        Leave gaps in the changeset index, which the API allows.

    Returns
    -------
    SampleHub
        Stop it with ``.stop()``, use it as a context manager, or let it end with Python.

    Examples
    --------
    >>> with sample.start(changesets=3) as hub, IModelsClient(hub.credential, base_url=hub.base_url) as client:
    ...     len(fetch_changesets(client, hub.imodel_id))
    3
    """
    auto_approve = os.environ.get(_AUTO_APPROVE) == "1" if auto_approve is None else auto_approve
    hub = Hub(
        synthesise(changesets, seed, gaps=gaps),
        port=port,
        auto_approve=auto_approve,
        latency_ms=latency_ms,
        rate_limit=rate_limit,
    )
    hub.start()
    return SampleHub(hub, auto_approve=auto_approve)


def load_changesets(detail: Literal["minimal", "full"] = "minimal") -> pd.DataFrame:
    """Load the sample project's changesets, with no server and no network.

    Parameters
    ----------
    detail
        As in :func:`~imodels_nb.fetch_changesets`.

    Returns
    -------
    DataFrame
        12,000 rows, exactly what :func:`~imodels_nb.fetch_changesets` gets from :func:`start`.

    Examples
    --------
    >>> len(sample.load_changesets())
    12000
    """
    return _changesets(changesets_pages(synthesise(), detail), full=detail == "full")


def load_named_versions() -> pd.DataFrame:
    """Load the sample project's named versions, with no server and no network.

    Returns
    -------
    DataFrame
        Exactly what :func:`~imodels_nb.fetch_named_versions` gets from :func:`start`.
    """
    return named_versions_frame([decode(body, NAMED_VERSIONS).rows for body in named_versions_pages(synthesise())])


def _changesets(bodies: Iterable[bytes], *, full: bool) -> pd.DataFrame:
    collection = CHANGESETS_FULL if full else CHANGESETS
    return changesets_frame([decode(body, collection).rows for body in bodies], full=full)
