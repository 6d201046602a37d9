"""The sample hub: a project, the iModels API and an identity provider on one port."""

from collections.abc import Sequence
from typing import Any, Self, Unpack

from imodels_hub.api.links import Signer
from imodels_hub.api.responses import ResponseChange
from imodels_hub.faults.catalog import parse_fault
from imodels_hub.faults.schedule import FaultInjector
from imodels_hub.http.handlers import RequestLog
from imodels_hub.identity import handlers as identity_handlers
from imodels_hub.identity.clients import CLIENT_ID, SERVICE_CLIENT_ID
from imodels_hub.records import IModel, PlantedAnomaly, Project
from imodels_hub.server import Accounts, HubServer, PushContent, PushOptions
from imodels_hub.settings import HubOptions, Settings, check_count


class Hub:
    """A sample hub; start it with `start`, or use it as a context manager.

    Parameters
    ----------
    project
        The project to serve; by default a synthetic one with 12,000 changesets.
    **options
        As for `Settings`.

    Attributes
    ----------
    client_id : str
        Id of the public OAuth client, for people.
    service_client_id : str
        Id of the confidential OAuth client, for services; its secret is `client_secret`.
    """

    client_id = CLIENT_ID
    service_client_id = SERVICE_CLIENT_ID

    def __init__(self, project: Project | None = None, **options: Unpack[HubOptions]) -> None:
        self._settings = Settings(**options) if project is None else Settings(project, **options)
        self._accounts = Accounts(self._settings.token, self._settings.permissions)
        self._signer = Signer(self._settings.clock)
        self._faults = FaultInjector(self, map(parse_fault, self._settings.inject))
        self._request_log = RequestLog()
        self._server: HubServer | None = None
        self._base_url: str | None = None

    def __repr__(self) -> str:
        return f"<Hub at {self._base_url}>" if self.is_running else "<Hub, not running>"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def base_url(self) -> str:
        """Scheme, host and port of a hub that has been started."""
        if self._base_url is None:
            raise RuntimeError("This hub has no address before it is started. Call start() first.")
        return self._base_url

    @property
    def is_running(self) -> bool:
        """Whether the hub accepts requests."""
        return self._server is not None

    @property
    def identity_url(self) -> str:
        """Issuer of the identity provider."""
        return self.base_url + identity_handlers.PATH

    @property
    def token(self) -> str:
        """Access token of the sample's user; it is valid until another is set."""
        return self._accounts.token

    @token.setter
    def token(self, token: str) -> None:
        self._accounts.token = token

    @property
    def client_secret(self) -> str:
        """Secret of the service client; new at each start."""
        return self._get_running_server().provider.clients.secret

    @property
    def itwin_id(self) -> str:
        """GUID of the iTwin of the iModel."""
        return self._imodel.itwin_id

    @property
    def imodel_id(self) -> str:
        """GUID of the iModel."""
        return self._imodel.id

    @property
    def length(self) -> int:
        """Number of changesets."""
        return len(self._server.database if self._server else self._settings.project.changesets)

    @property
    def anomalies(self) -> tuple[PlantedAnomaly, ...]:
        """Anomalies that are planted in the timeline, with their index ranges."""
        return self._settings.project.anomalies

    @property
    def log(self) -> list[str]:
        """Lines of the request log, the oldest first."""
        return self._request_log.list_lines()

    def start(self) -> Self:
        """Start to accept requests.

        Raises
        ------
        RuntimeError
            If the hub is running already.
        ValueError
            If the database file is in use, is damaged, or holds something else.
        OSError
            If the address is not available.
        """
        if self._server:
            raise RuntimeError(
                f"This hub is already running at {self._base_url}. Call stop() first, or create another Hub."
            )
        self._server = HubServer(self._settings, self._accounts, self._signer, self._faults, self._request_log)
        self._base_url = self._server.base_url
        return self

    def stop(self) -> None:
        """Stop the hub and delete its data in memory, if it is running."""
        if self._server:
            self._server.stop()
        self._server = None

    def push(self, count: int = 1, **content: Unpack[PushOptions]) -> list[dict[str, Any]]:
        """Push changesets as the sample's user; return them in the form of the API.

        Parameters
        ----------
        count
            Number of changesets.
        **content
            As for `PushContent`: ``description``, ``containing_changes``, ``file_size``, ``state``, ``gap``,
            ``seconds_after_tip``.

        Raises
        ------
        ValueError
            If `count` is invalid.
        RuntimeError
            If the hub is not running.
        """
        check_count("count", count)
        server = self._get_running_server()
        return [server.push(PushContent(**content)) for _ in range(count)]

    def inject(self, *faults: str | ResponseChange) -> None:
        """Add faults.

        Parameters
        ----------
        *faults
            Faults of `FAULTS`, such as ``"server-error:status=503,times=2"``, or functions. A function takes the next
            response of the API, and returns the one to send.

        Raises
        ------
        ValueError
            If a fault is unknown, or one of its arguments is.
        """
        for fault in [parse_fault(fault) if isinstance(fault, str) else fault for fault in faults]:
            self._faults.add(fault)

    def clear_faults(self) -> None:
        """Remove all faults."""
        self._faults.clear()

    def roll_back(self, count: int = 1) -> None:
        """Remove the last changesets, which the service never does.

        Raises
        ------
        ValueError
            If `count` is invalid.
        RuntimeError
            If the hub is not running.
        """
        check_count("count", count)
        self._get_running_server().database.roll_back(count)

    def expire_tokens(self) -> None:
        """Revoke every access token of the identity provider; `token` stays valid."""
        if self._server:
            self._server.provider.revoke_access_tokens()

    def now(self) -> float:
        """Return the time of the hub's clock, in seconds since 1970."""
        return self._settings.clock()

    def issue_token(self, user_id: str | None = None, permissions: Sequence[str] | None = None) -> str:
        """Return a new access token that does not expire.

        Parameters
        ----------
        user_id
            The user of the token; by default the sample's user.
        permissions
            Permissions of the token; by default those of the sample's user.
        """
        own = self._server.user_id if self._server else self._settings.project.users[0].id
        return self._accounts.issue_token(user_id or own, permissions)

    @property
    def _imodel(self) -> IModel:
        return self._server.database.imodel if self._server else self._settings.project.imodel

    def _get_running_server(self) -> HubServer:
        if self._server is None:
            raise RuntimeError("This hub is not running. Call start() first, or start another hub.")
        return self._server
