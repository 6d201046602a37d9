"""The sample: a loopback iModels service with its own sign-in, and the same project without a server.

Nobody needs an account to try the package. What is shown here is synthetic: no real project, no real people.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import replace
from typing import Literal, Self

import pandas as pd

from imodels_nb.api.decode import decode
from imodels_nb.api.schemas import CHANGESETS, CHANGESETS_FULL, NAMED_VERSIONS
from imodels_nb.auth import StaticTokenCredential, sample_provider
from imodels_nb.frames import changesets_frame, named_versions_frame
from imodels_nb.sample.hub import (
    FAULTS,
    PERMISSIONS,
    Hub,
    Project,
    Story,
    changesets_pages,
    named_versions_pages,
    synthesise,
)

__all__ = ["FAULTS", "SampleHub", "load_changesets", "load_named_versions", "start"]

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
        self.provider = sample_provider(hub.identity_url, hub.client_id, auto_approve=auto_approve)
        self.credential = StaticTokenCredential(hub.token, allowed_origins=self.provider.api_origins)

    def __repr__(self) -> str:
        place = f"at {self.base_url}" if self._hub.running else "stopped"
        return f"<SampleHub {place}: synthetic data, for trying out>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def stories(self) -> tuple[Story, ...]:
        """What was planted in the timeline: name, first and last index, and a sentence each."""
        return self._hub.stories

    @property
    def service_client_id(self) -> str:
        """The OAuth client for services; :attr:`client_secret` goes with it."""
        return self._hub.service_client_id

    @property
    def client_secret(self) -> str:
        """What the service client proves itself with; another at each start."""
        return self._hub.client_secret

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

    def inject(self, *faults: str) -> None:
        """Let things go wrong from now on; ``sample.FAULTS`` tells the names.

        Parameters
        ----------
        faults
            Orders such as ``"server-error:status=503,times=2"``.

        Raises
        ------
        ValueError
            If there is no such fault, or it takes no such argument.
        """
        self._hub.inject(*faults)

    def heal(self) -> None:
        """End all faults."""
        self._hub.heal()

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
    stories: bool = True,
    faults: Iterable[str] = (),
    tell_remaining: bool = False,
    token_lifetime: int = 3600,
    identity: Iterable[str] = (),
    imodels: int = 1,
    permissions: Iterable[str] = PERMISSIONS,
    ledger_file: str | os.PathLike[str] | None = None,
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
    stories
        Whether trouble is planted in the timeline, for somebody to find.
    faults
        What is to go wrong, such as ``["server-error:status=503,times=2"]``; ``sample.FAULTS`` tells the names.
    tell_remaining
        Whether answers under a rate limit tell how many requests are left.
    token_lifetime
        Seconds that the access tokens of a sign-in are good for.
    identity
        Ways of the identity provider: ``"jwt"``, ``"no-id-token"``, ``"no-scope"``, ``"no-device-endpoint"``.
    imodels
        How many iModels the iTwin has, each of the same length.
    permissions
        What the sample's user may do; without ``imodels_read`` nothing can be downloaded.
    ledger_file
        A file to keep the timeline in, pushes included; by default it ends with the hub.

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
    project, *neighbours = _projects(imodels, changesets, seed, gaps=gaps, stories=stories)
    hub = Hub(
        project,
        neighbours=neighbours,
        ledger_file=ledger_file,
        permissions=tuple(permissions),
        port=port,
        auto_approve=auto_approve,
        latency_ms=latency_ms,
        rate_limit=rate_limit,
        tell_remaining=tell_remaining,
        inject=faults,
        token_lifetime=token_lifetime,
        identity=identity,
    )
    hub.start()
    return SampleHub(hub, auto_approve=auto_approve)


def _projects(count: int, changesets: int, seed: int, *, gaps: bool, stories: bool) -> list[Project]:
    """Draw several projects of one iTwin, the first with its own name."""
    first = synthesise(changesets, seed, gaps=gaps, stories=stories)
    others = [synthesise(changesets, seed + number, gaps=gaps, stories=stories) for number in range(1, count)]
    return [first, *(_beside(first, other, number) for number, other in enumerate(others, start=2))]


def _beside(first: Project, other: Project, number: int) -> Project:
    imodel = other.imodel._replace(itwin_id=first.imodel.itwin_id, name=f"{first.imodel.name}, part {number}")
    return replace(other, imodel=imodel, itwins=())


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
    project = synthesise(changesets, seed, gaps=gaps, stories=stories)
    return _changesets(changesets_pages(project, detail), full=detail == "full")


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
    project = synthesise(changesets, seed, gaps=gaps, stories=stories)
    return named_versions_frame([decode(body, NAMED_VERSIONS).rows for body in named_versions_pages(project)])


def _changesets(bodies: Iterable[bytes], *, full: bool) -> pd.DataFrame:
    collection = CHANGESETS_FULL if full else CHANGESETS
    return changesets_frame([decode(body, collection).rows for body in bodies], full=full)
