"""A running sample hub as a notebook has it: where it is, who may ask, and what can be done to it."""

import json
from typing import Self

import pandas as pd

from imodels_hub import Hub, Story
from imodels_nb.auth import StaticTokenCredential, sample_provider
from imodels_nb.sample.offline import frame_of


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
            How many, 0 or more.

        Returns
        -------
        DataFrame
            The new ones, as :func:`~imodels_nb.fetch_changesets` would give them.
        """
        rows = self._hub.push(count)
        return frame_of([json.dumps({"changesets": rows, "_links": {}}).encode()], full=False)

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
