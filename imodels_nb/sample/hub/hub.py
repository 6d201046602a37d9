"""The sample hub: a project's ledger, the iModels API on it, and an identity provider, on one loopback port."""

import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, closing
from ipaddress import ip_address
from math import inf
from os import PathLike, fspath
from typing import Any, Self

from tornado.web import Application

from imodels_nb.sample.hub.api.call import PERMISSIONS, READ, Account, Stock
from imodels_nb.sample.hub.api.changesets import one_changeset
from imodels_nb.sample.hub.api.links import Links
from imodels_nb.sample.hub.api.signing import Signer
from imodels_nb.sample.hub.faults.catalogue import ordered
from imodels_nb.sample.hub.faults.injection import Injection
from imodels_nb.sample.hub.identity import service as identity_service
from imodels_nb.sample.hub.identity.clients import CLIENT_ID, SERVICE_CLIENT_ID
from imodels_nb.sample.hub.identity.options import Options
from imodels_nb.sample.hub.identity.provider import IdentityProvider
from imodels_nb.sample.hub.ledger.database import MEMORY
from imodels_nb.sample.hub.ledger.ledger import Ledger
from imodels_nb.sample.hub.ledger.pushing import Push
from imodels_nb.sample.hub.project.records import IModel, Project, Story, User
from imodels_nb.sample.hub.project.synthesis import synthesise
from imodels_nb.sample.hub.web import blobs, service
from imodels_nb.sample.hub.web.handlers import UnknownRoute
from imodels_nb.sample.hub.web.journal import LOGGER, Journal
from imodels_nb.sample.hub.web.pacing import RateLimit
from imodels_nb.sample.hub.web.server import Server, listen

_OPEN = (
    "The sample hub listens on %r, which is not this machine alone: everybody who reaches the port can approve a "
    "sign-in, and then read and change what it serves. Use host='127.0.0.1' unless you mean that."
)
_ANYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - names what others bind to

_LAST_PORT = 65_535


class Hub:
    """A sample hub; `start` it, `stop` it, or use it as a context manager. Many can run in one process.

    Parameters
    ----------
    project
        What it serves: `synthesise` draws one, `recorded` takes one in. By default the 12,000 changesets that
        `synthesise` draws.
    neighbours
        Further iModels that it serves beside the project, each with a ledger of its own.
    ledger_file
        Where the project's ledger is kept, pushes included, for the next hub that is given the same file; by default
        in memory, and gone when the hub stops.
    permissions
        What the sample's user may do, such as ``("imodels_webview",)``: who lacks ``imodels_read`` gets no downloads.
    host
        Address to listen on. On anything but loopback, everybody who reaches the port can approve a sign-in.
    port
        0 takes any free one.
    token
        An access token that is always good; random if not given.
    auto_approve
        Whether sign-ins approve themselves at their third poll, for runs where nobody clicks.
    latency_ms
        Milliseconds that pass before each answer of the API.
    rate_limit
        Requests to the API a second, above which it answers 429; `None` for no limit.
    tell_remaining
        Whether its answers tell, in the header ``iTwinPlatform-RateLimit-RemainingCalls``, how many requests would
        still be let through.
    inject
        Faults to begin with, as `inject` takes them.
    token_lifetime
        Seconds that the access tokens of the identity provider are good for.
    identity
        Ways of the identity provider: ``"jwt"``, ``"no-id-token"``, ``"no-scope"``, ``"no-device-endpoint"``.
    clock
        Seconds since 1970; tests put their own in.

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

    def __init__(
        self,
        project: Project | None = None,
        *,
        neighbours: Sequence[Project] = (),
        ledger_file: str | PathLike[str] | None = None,
        permissions: Sequence[str] = PERMISSIONS,
        host: str = "127.0.0.1",
        port: int = 0,
        token: str | None = None,
        auto_approve: bool = False,
        latency_ms: float = 0,
        rate_limit: float | None = None,
        tell_remaining: bool = False,
        inject: Iterable[str] = (),
        token_lifetime: int = 3600,
        identity: Iterable[str] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        _check_numbers(port, latency_ms)
        self.token = token or secrets.token_urlsafe(24)
        self._injection = Injection(self, map(ordered, inject))
        self.faults = self._injection.waiting
        self._tell_remaining = tell_remaining
        self._project = project or synthesise()
        self._neighbours = tuple(neighbours)
        self._ledger_file = MEMORY if ledger_file is None else fspath(ledger_file)
        self._permissions = tuple(permissions)
        self._signer = Signer(clock)
        self._issued: dict[str, Account] = {}
        self._host, self._port = host, port
        self._auto_approve = auto_approve
        self._latency = latency_ms / 1000
        self._rate_limit = RateLimit(rate_limit, clock)
        self._token_lifetime = token_lifetime
        self._options = Options.of(*identity)
        self._clock = clock
        self._journal = Journal()
        self._base_url: str | None = None
        self._ledger: Ledger | None = None
        self._ledgers = ExitStack()
        self._provider: IdentityProvider | None = None
        self._server: Server | None = None

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
        return self._server is not None

    @property
    def identity_url(self) -> str:
        """The issuer of the identity provider."""
        return self.base_url + identity_service.PATH

    @property
    def client_secret(self) -> str:
        """What the service client proves itself with; another at each start."""
        if self._provider is None or self._provider.clients.service.secret is None:
            raise RuntimeError("The hub has no secret yet; start() it first.")
        return self._provider.clients.service.secret

    @property
    def itwin_id(self) -> str:
        """GUID of the iTwin that the iModel belongs to."""
        return self._imodel.itwin_id

    @property
    def imodel_id(self) -> str:
        """GUID of the iModel."""
        return self._imodel.id

    @property
    def _imodel(self) -> IModel:
        return self._ledger.imodel if self._ledger else self._project.imodel

    @property
    def stories(self) -> tuple[Story, ...]:
        """What was planted in the project's timeline, with the index ranges where it can be found."""
        return self._project.stories

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
        if self._server:
            raise RuntimeError(f"This hub already serves at {self._base_url}; stop() it first, or make another.")
        with ExitStack() as undo:
            ledger = undo.enter_context(closing(Ledger(self._project, self._ledger_file)))
            beside = [undo.enter_context(closing(Ledger(project))) for project in self._neighbours]
            listening = undo.enter_context(closing(listen(self._host, self._port)))
            self._base_url = _url(self._host, listening.getsockname()[1])
            stock = Stock({one.imodel.id: one for one in (ledger, *beside)}, self._signer, self._clock)
            self._ledger, self._server = (
                ledger,
                Server(self._application(stock, ledger.all(User)), listening),
            )
            self._ledgers = undo.pop_all()
        if not _is_loopback(self._host):
            LOGGER.warning(_OPEN, self._host)
        return self

    def stop(self) -> None:
        """Hang up and forget what was pushed; a hub that does not run stays as it is."""
        if self._server and self._ledger:
            self._server.stop()
            self._ledgers.close()
        self._server = self._ledger = None

    def wait(self) -> None:
        """Block until `stop` is called from elsewhere."""
        if self._server:
            self._server.wait()

    def push(
        self,
        count: int = 1,
        *,
        description: str | None = "Pushed to the sample",
        containing_changes: int = 0,
        file_size: int = 20_000,
        state: str = "fileUploaded",
        gap: int = 0,
    ) -> list[dict[str, Any]]:
        """Append changesets to the timeline as if the sample's user had pushed them just now.

        Parameters
        ----------
        count
            How many.
        description, containing_changes, file_size, state
            As in the changesets.
        gap
            How many numbers of the index each of them leaves out.

        Returns
        -------
        list of dict
            The new changesets, in full, as the API writes them.

        Raises
        ------
        RuntimeError
            If the hub does not run.
        """
        if self._ledger is None:
            raise RuntimeError("Only a running hub takes pushes; start() it first, or another.")
        push, ledger = Push(description, containing_changes, file_size, state, gap), self._ledger
        application = ledger.own_application_id
        rows = [
            ledger.push(lambda head: push.onto(head, self._user_id, application, self._clock())) for _ in range(count)
        ]
        links = Links(self.base_url, self.imodel_id, self._signer if READ in self._permissions else None)
        return [one_changeset(ledger, row, links, self._clock()) for row in rows]

    def inject(self, *faults: str) -> None:
        """Let things go wrong from now on.

        Parameters
        ----------
        faults
            Orders such as ``"server-error:status=503,times=2"``; `FAULTS` tells the names.

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
        RuntimeError
            If the hub does not run.
        """
        if self._ledger is None:
            raise RuntimeError("Only a running hub can be rolled back; start() it first.")
        self._ledger.roll_back(count)

    def expire_tokens(self) -> None:
        """End every access token that the identity provider gave out; `token` stays good."""
        if self._provider:
            self._provider.expire_access_tokens()

    def now(self) -> float:
        """Tell the time by the hub's clock, in seconds since 1970."""
        return self._clock()

    def issue_token(self, user_id: str | None = None, permissions: Sequence[str] | None = None) -> str:
        """Make another access token that is always good, for a client that is somebody else.

        Parameters
        ----------
        user_id
            Whose token it is; by default the sample's user.
        permissions
            What that person may do; by default what the sample's user may.
        """
        token = secrets.token_urlsafe(24)
        given = self._permissions if permissions is None else tuple(permissions)
        self._issued[token] = Account(user_id or self._user_id, given)
        return token

    @property
    def _user_id(self) -> str:
        return next(iter(self._ledger.users)) if self._ledger else self._project.users[0].id

    def _account(self, token: str, provider: IdentityProvider) -> Account | None:
        """Tell who holds a token."""
        if secrets.compare_digest(token.encode(), self.token.encode()):
            return Account(self._user_id, self._permissions)
        holder = provider.holder(token)
        return Account(holder, self._permissions) if holder else self._issued.get(token)

    def _application(self, stock: Stock, users: Sequence[User]) -> Application:
        self._provider = provider = IdentityProvider(
            self.identity_url,
            users[0],
            auto_approve=self._auto_approve,
            clock=self._clock,
            token_lifetime=self._token_lifetime,
            service=users[-1],
            options=self._options,
        )
        api = service.Service(
            stock=stock,
            account=lambda token: self._account(token, provider),
            rate_limit=self._rate_limit,
            latency=self._latency,
            tell_remaining=self._tell_remaining,
            spoil=self._injection.around,
        )
        return Application(
            [
                *service.routes(api),
                *blobs.routes(stock, self._injection),
                *identity_service.routes(provider, self._injection),
            ],
            default_handler_class=UnknownRoute,
            log_function=lambda _: None,  # the handlers keep the journal themselves
            journal=self._journal,
        )


def _check_numbers(port: int, latency_ms: float) -> None:
    if not 0 <= port <= _LAST_PORT:
        raise ValueError(f"port should be a whole number from 0 (any free one) to {_LAST_PORT}, not {port!r}.")
    if not 0 <= latency_ms < inf:
        raise ValueError(f"latency_ms should be 0 or more milliseconds, not {latency_ms!r}.")


def _is_loopback(host: str) -> bool:
    """Tell addresses of this machine alone from all others; a name counts as other, but for one."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _url(host: str, port: int) -> str:
    name = _ANYWHERE.get(host, host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"
