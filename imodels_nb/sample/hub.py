"""A sample hub that runs in this process."""

import json
import os
from collections.abc import Iterable, Sequence
from typing import Self

import pandas as pd

from imodels_hub import PERMISSIONS, Hub, PlantedAnomaly, generate_itwin
from imodels_nb.auth import StaticTokenCredential
from imodels_nb.sample.data import read_pages
from imodels_nb.sample.provider import sample_provider

_AUTO_APPROVE = "IMODELS_NB_SAMPLE_AUTO_APPROVE"
_JUPYTERHUB = "JUPYTERHUB_SERVICE_PREFIX"


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
    show_remaining: bool = False,
    token_lifetime: int = 3600,
    identity: Iterable[str] = (),
    imodels: int = 1,
    permissions: Iterable[str] = PERMISSIONS,
    ledger_file: str | os.PathLike[str] | None = None,
    allowed_hosts: Sequence[str] | None = None,
) -> "SampleHub":
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
    show_remaining
        Whether answers under a rate limit tell how many requests are left.
    token_lifetime
        Seconds that the access tokens of a sign-in are good for.
    identity
        Ways of the identity provider: ``"jwt"``, ``"no-id-token"``, ``"no-scope"``, ``"no-device-endpoint"``.
    imodels
        How many iModels the iTwin has, each of the same length.
    permissions
        What the sample's user may do, of ``"imodels_webview"``, ``"imodels_read"``, ``"imodels_write"`` and
        ``"imodels_manage"``; without ``imodels_read`` nothing can be downloaded.
    ledger_file
        A file to keep the timeline in, pushes included; by default it ends with the hub.
    allowed_hosts
        Names besides those of this machine that a browser may use for it, such as ``["lab.example.org"]`` where a
        proxy of that server leads here; ``["*"]`` allows all. ``None`` allows all on JupyterHub, which Binder is, and
        none elsewhere.

    Returns
    -------
    SampleHub
        Stop it with ``.stop()``, use it as a context manager, or let it end with Python.

    Raises
    ------
    ValueError
        If one of them makes no sense; the message names it.
    OSError
        If the port cannot be had.

    Examples
    --------
    >>> with sample.start(changesets=3) as hub, IModelsClient(hub.credential, base_url=hub.base_url) as client:
    ...     len(fetch_changesets(client, hub.imodel_id))
    3
    """
    auto_approve = os.environ.get(_AUTO_APPROVE) == "1" if auto_approve is None else auto_approve
    project, *neighbors = generate_itwin(imodels, changesets, seed, gaps=gaps, anomalies=stories)
    hub = Hub(
        project,
        neighbors=neighbors,
        ledger_file=ledger_file,
        permissions=tuple(permissions),
        port=port,
        auto_approve=auto_approve,
        latency_ms=latency_ms,
        rate_limit=rate_limit,
        show_remaining=show_remaining,
        inject=faults,
        token_lifetime=token_lifetime,
        identity=tuple(identity),
        allowed_hosts=default_allowed_hosts() if allowed_hosts is None else allowed_hosts,
    )
    hub.start()
    return SampleHub(hub, auto_approve=auto_approve)


def default_allowed_hosts() -> tuple[str, ...]:
    """Return the host names that a hub allows besides those of its own machine.

    On JupyterHub the browser is on another machine and comes through jupyter-server-proxy, which passes on a host name
    that nobody here knows. A page in that browser cannot lead its own name to this machine.
    """
    return ("*",) if os.environ.get(_JUPYTERHUB) else ()


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
        place = f"at {self.base_url}" if self._hub.is_running else "stopped"
        return f"<SampleHub {place}: synthetic data, for trying out>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def stories(self) -> tuple[PlantedAnomaly, ...]:
        """What was planted in the timeline: name, first and last index, and a sentence each."""
        return self._hub.anomalies

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
            How many, 0 or more.

        Returns
        -------
        DataFrame
            The new ones, as :func:`~imodels_nb.fetch_changesets` would give them.
        """
        rows = self._hub.push(count)
        return read_pages([json.dumps({"changesets": rows, "_links": {}}).encode()], full=False)

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

    def clear_faults(self) -> None:
        """End all faults."""
        self._hub.clear_faults()

    def stop(self) -> None:
        """Let the port go. What was fetched stays."""
        self._hub.stop()
