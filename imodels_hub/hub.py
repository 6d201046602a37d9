"""The sample hub: a project's ledger, the iModels API on it, and an identity provider, on one loopback port."""

from collections.abc import Sequence
from typing import Any, Self

from imodels_hub.accounts import Accounts
from imodels_hub.api.signing import Signer
from imodels_hub.faults.catalogue import ordered
from imodels_hub.faults.injection import Injection
from imodels_hub.identity import service as identity_service
from imodels_hub.identity.clients import CLIENT_ID, SERVICE_CLIENT_ID
from imodels_hub.ledger.pushing import Push
from imodels_hub.project.records import IModel, Project, Story
from imodels_hub.running import Running
from imodels_hub.settings import Settings, check_count
from imodels_hub.web.journal import Journal


class Hub:
    """A sample hub; `start` it, `stop` it, or use it as a context manager. Many can run in one process.

    Parameters
    ----------
    project
        What it serves; by default the 12,000 changesets that `synthesise` draws.
    **options
        As `Settings` has them.

    Attributes
    ----------
    client_id : str
        The public OAuth client that the identity provider knows, for people.
    service_client_id : str
        The confidential one, for services; `client_secret` goes with it.
    faults : collections.deque
        Functions from `Answer` to `Answer`; each is used up by one coming answer of the API, in their order.
    """

    client_id = CLIENT_ID
    service_client_id = SERVICE_CLIENT_ID

    def __init__(self, project: Project | None = None, **options: Any) -> None:
        given = options if project is None else {"project": project, **options}
        self._settings = settings = Settings(**given)
        self._accounts = Accounts(settings.token, settings.permissions)
        self._signer = Signer(settings.clock)
        self._injection = Injection(self, map(ordered, settings.inject))
        self.faults = self._injection.waiting
        self._journal = Journal()
        self._running: Running | None = None
        self._base_url: str | None = None

    def __repr__(self) -> str:
        return f"<Hub at {self._base_url}>" if self.running else "<Hub, not running>"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def base_url(self) -> str:
        """Scheme, host and port; known once the hub has been started."""
        if self._base_url is None:
            raise RuntimeError("The hub has no address yet; start() it first.")
        return self._base_url

    @property
    def running(self) -> bool:
        """Whether it accepts requests."""
        return self._running is not None

    @property
    def identity_url(self) -> str:
        """The issuer of the identity provider."""
        return self.base_url + identity_service.PATH

    @property
    def token(self) -> str:
        """The sample user's access token, which is good until another is put in its place."""
        return self._accounts.token

    @token.setter
    def token(self, token: str) -> None:
        self._accounts.token = token

    @property
    def client_secret(self) -> str:
        """What the service client proves itself with; another at each start."""
        return self._now_running("has a secret").provider.clients.secret

    @property
    def itwin_id(self) -> str:
        """GUID of the iTwin that the iModel belongs to."""
        return self._imodel.itwin_id

    @property
    def imodel_id(self) -> str:
        """GUID of the iModel."""
        return self._imodel.id

    @property
    def length(self) -> int:
        """How many changesets the timeline has."""
        return len(self._running.ledger if self._running else self._settings.project.changesets)

    @property
    def stories(self) -> tuple[Story, ...]:
        """What was planted in the project's timeline, with the index ranges where it can be found."""
        return self._settings.project.stories

    @property
    def log(self) -> list[str]:
        """What the hub did, a line each, the oldest first."""
        return self._journal.lines()

    def start(self) -> Self:
        """Begin to accept requests.

        Raises
        ------
        RuntimeError
            If it is running already.
        OSError
            If the address cannot be had.
        """
        if self._running:
            raise RuntimeError(f"This hub already serves at {self._base_url}; stop() it first, or make another.")
        self._running = Running(self._settings, self._accounts, self._signer, self._injection, self._journal)
        self._base_url = self._running.base_url
        return self

    def stop(self) -> None:
        """Hang up and forget what was pushed; a hub that does not run stays as it is."""
        if self._running:
            self._running.stop()
        self._running = None

    def push(self, count: int = 1, **content: Any) -> list[dict[str, Any]]:
        """Append changesets as if the sample's user had pushed them just now; give them in full, as the API does.

        Parameters
        ----------
        count
            How many.
        **content
            As `Push` has it: ``description``, ``containing_changes``, ``file_size``, ``state``, ``gap``.

        Raises
        ------
        ValueError
            If `count` is no number of changesets.
        RuntimeError
            If the hub does not run.
        """
        check_count("count", count)
        running = self._now_running("takes pushes")
        return [running.push(Push(**content)) for _ in range(count)]

    def inject(self, *faults: str) -> None:
        """Let things go wrong from now on, as ``"server-error:status=503,times=2"`` says; `FAULTS` tells the names.

        Raises
        ------
        ValueError
            If there is no such fault, or it takes no such argument.
        """
        self._injection.scheduled.extend([ordered(fault) for fault in faults])

    def heal(self) -> None:
        """End all faults."""
        self._injection.scheduled.clear()
        self.faults.clear()

    def roll_back(self, count: int = 1) -> None:
        """Take the last changesets away, which the service never does, but accidents do.

        Raises
        ------
        ValueError
            If `count` is no number of changesets.
        RuntimeError
            If the hub does not run.
        """
        check_count("count", count)
        self._now_running("can be rolled back").ledger.roll_back(count)

    def expire_tokens(self) -> None:
        """End every access token that the identity provider gave out; `token` stays good."""
        if self._running:
            self._running.provider.expire_access_tokens()

    def now(self) -> float:
        """Tell the time by the hub's clock, in seconds since 1970."""
        return self._settings.clock()

    def issue_token(self, user_id: str | None = None, permissions: Sequence[str] | None = None) -> str:
        """Make another access token that is always good, for a client that is somebody else.

        Parameters
        ----------
        user_id
            Whose token it is; by default the sample's user.
        permissions
            What that person may do; by default what the sample's user may.
        """
        mine = self._running.user_id if self._running else self._settings.project.users[0].id
        return self._accounts.issue(user_id or mine, permissions)

    @property
    def _imodel(self) -> IModel:
        return self._running.ledger.imodel if self._running else self._settings.project.imodel

    def _now_running(self, what: str) -> Running:
        if self._running is None:
            raise RuntimeError(f"Only a running hub {what}; start() it first, or another.")
        return self._running
