"""A sample hub that runs in this process."""

import json
import os
from collections.abc import Iterable, Sequence
from typing import Self

import pandas as pd

from imodels_hub import PERMISSIONS, Hub, PlantedAnomaly, build_plant_project, generate_itwin
from imodels_nb._validation import validate_bool
from imodels_nb.auth import StaticTokenCredential
from imodels_nb.sample.data import read_pages
from imodels_nb.sample.provider import build_sample_provider

_AUTO_APPROVE = "IMODELS_NB_SAMPLE_AUTO_APPROVE"
_PUSH_INTERVAL = 20 * 60  # seconds
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
    anomalies: bool = True,
    faults: Iterable[str] = (),
    show_remaining: bool = False,
    token_lifetime: int = 3600,
    identity: Iterable[str] = (),
    imodels: int = 1,
    permissions: Iterable[str] = PERMISSIONS,
    ledger_file: str | os.PathLike[str] | None = None,
    allowed_hosts: Sequence[str] | None = None,
) -> "SampleHub":
    """Start a sample hub on this machine, in its own thread.

    Parameters
    ----------
    changesets
        Length of the timeline.
    seed
        Seed of the synthetic project; the same seed gives the same project.
    auto_approve
        Whether sign-ins are approved without a click after a few polls, for runs without a person. ``None`` reads the
        environment variable ``IMODELS_NB_SAMPLE_AUTO_APPROVE`` (``1`` means yes).
    port
        Port to listen on; 0 means any free port.
    latency_ms
        Milliseconds to wait before each response.
    rate_limit
        Requests per second above which the hub responds with 429; ``None`` means no limit.
    gaps
        Whether the changeset index has gaps, which the API allows.
    anomalies
        Whether the timeline contains anomalies to find.
    faults
        Faults such as ``["server-error:status=503,times=2"]``; ``sample.FAULTS`` has their names.
    show_remaining
        Whether responses under a rate limit have a header with the number of requests left.
    token_lifetime
        Seconds that the access tokens of a sign-in are valid.
    identity
        Variants of the identity provider: ``"jwt"``, ``"no-id-token"``, ``"no-scope"``, ``"no-device-endpoint"``.
    imodels
        Number of iModels of the iTwin, each with a timeline of that length.
    permissions
        Permissions of the sample's user, from ``"imodels_webview"``, ``"imodels_read"``, ``"imodels_write"`` and
        ``"imodels_manage"``; without ``imodels_read`` nothing can be downloaded.
    ledger_file
        File for the timeline with all pushes; by default the timeline ends with the hub.
    allowed_hosts
        Other host names that a browser may use for this machine, such as ``["lab.example.org"]`` behind a proxy of that
        server. ``["*"]`` allows all. ``None`` allows all on JupyterHub, which Binder is, and no others elsewhere.

    Returns
    -------
    SampleHub
        Stop it with ``.stop()``, use it as a context manager, or let it end with Python.

    Raises
    ------
    ValueError
        If an argument is invalid; the message names it.
    OSError
        If the port is not available.

    Examples
    --------
    >>> with sample.start(changesets=3) as hub, IModelsClient(hub.credential, base_url=hub.base_url) as client:
    ...     len(fetch_changesets(client, hub.imodel_id))
    3
    """
    auto_approve = os.environ.get(_AUTO_APPROVE) == "1" if auto_approve is None else auto_approve
    project, *others = generate_itwin(imodels, changesets, seed, gaps=gaps, anomalies=anomalies)
    hub = Hub(
        project,
        neighbors=[*others, build_plant_project()],
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
        allowed_hosts=find_allowed_hosts() if allowed_hosts is None else allowed_hosts,
    )
    hub.start()
    return SampleHub(hub, auto_approve=auto_approve)


def find_allowed_hosts() -> tuple[str, ...]:
    """Return the host names that a hub allows besides those of its own machine.

    On JupyterHub the browser is on another machine. Its requests come through jupyter-server-proxy with a host name
    that is unknown here. A page in that browser cannot point its own host name at this machine.
    """
    return ("*",) if os.environ.get(_JUPYTERHUB) else ()


class SampleHub:
    """A running sample hub; a context manager. :func:`start` creates one.

    Attributes
    ----------
    base_url
        URL for :class:`~imodels_nb.IModelsClient`.
    provider
        Identity provider of this hub, for :func:`~imodels_nb.login`.
    credential
        A credential that needs no sign-in.
    itwin_id, imodel_id
        GUIDs of its iTwin and its iModel.
    plant_itwin_id, plant_imodel_id
        GUIDs of a second iTwin and its small iModel, whose changeset files have contents.
    log
        Requests so far, a line each.
    """

    def __init__(self, hub: Hub, *, auto_approve: bool) -> None:
        self._hub = hub
        self.base_url = hub.base_url
        self.itwin_id = hub.itwin_id
        self.imodel_id = hub.imodel_id
        plant = build_plant_project().imodel
        self.plant_itwin_id = plant.itwin_id
        self.plant_imodel_id = plant.id
        self.provider = build_sample_provider(hub.identity_url, hub.client_id, auto_approve=auto_approve)
        self.credential = StaticTokenCredential(hub.token, allowed_origins=self.provider.api_origins)

    def __repr__(self) -> str:
        address = f"at {self.base_url}" if self._hub.is_running else "stopped"
        return f"<SampleHub {address}: synthetic data, for trying out>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def planted_anomalies(self) -> tuple[PlantedAnomaly, ...]:
        """Anomalies in the timeline: name, first and last index, and a sentence each."""
        return self._hub.anomalies

    @property
    def service_client_id(self) -> str:
        """OAuth client id for services; :attr:`client_secret` belongs to it."""
        return self._hub.service_client_id

    @property
    def client_secret(self) -> str:
        """Secret of the service client; a new one at each start."""
        return self._hub.client_secret

    @property
    def log(self) -> list[str]:
        """Requests so far, a line each."""
        return self._hub.log

    def push(self, count: int = 1, *, now: bool = False) -> pd.DataFrame:
        """Add changesets at the end of the timeline.

        Parameters
        ----------
        count
            Number of changesets, 0 or more.
        now
            Whether they were pushed at the present time. By default each follows 20 minutes after the one before, so
            that a chart has no gap between them and the synthetic history.

        Returns
        -------
        DataFrame
            The new changesets, as :func:`~imodels_nb.fetch_changesets` returns them.
        """
        rows = self._hub.push(count, seconds_after_tip=None if validate_bool("now", now) else _PUSH_INTERVAL)
        return read_pages([json.dumps({"changesets": rows, "_links": {}}).encode()], is_full=False)

    def inject(self, *faults: str) -> None:
        """Add faults to the responses from now on. ``sample.FAULTS`` has their names.

        Parameters
        ----------
        faults
            Faults such as ``"server-error:status=503,times=2"``.

        Raises
        ------
        ValueError
            If a fault or one of its arguments is unknown.
        """
        self._hub.inject(*faults)

    def clear_faults(self) -> None:
        """Remove all faults."""
        self._hub.clear_faults()

    def stop(self) -> None:
        """Stop the hub and release its port. Frames that were fetched stay."""
        self._hub.stop()
