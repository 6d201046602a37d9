"""The sample hub: a project's ledger, the iModels API on it, and an identity provider, on one loopback port."""

import secrets
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Any, Self

from tornado.web import Application

from imodels_nb.sample.hub.api import operations
from imodels_nb.sample.hub.identity import service as identity_service
from imodels_nb.sample.hub.identity.provider import CLIENT_ID, IdentityProvider
from imodels_nb.sample.hub.ledger.ledger import Ledger
from imodels_nb.sample.hub.ledger.pushing import Push
from imodels_nb.sample.hub.project.records import Project
from imodels_nb.sample.hub.project.synthesis import synthesise
from imodels_nb.sample.hub.web import service
from imodels_nb.sample.hub.web.handlers import UnknownRoute
from imodels_nb.sample.hub.web.journal import Journal
from imodels_nb.sample.hub.web.pacing import RateLimit
from imodels_nb.sample.hub.web.server import Server, listen

if TYPE_CHECKING:
    from imodels_nb.sample.hub.api.answers import Fault

_ANYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - names what others bind to


class Hub:
    """A sample hub; `start` it, `stop` it, or use it as a context manager. Many can run in one process.

    Parameters
    ----------
    project
        What it serves: `synthesise` draws one, `recorded` takes one in. By default the 12,000 changesets that
        `synthesise` draws.
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
    token_lifetime
        Seconds that the access tokens of the identity provider are good for.
    clock
        Seconds since 1970; tests put their own in.

    Attributes
    ----------
    client_id : str
        The OAuth client that the identity provider knows.
    faults : collections.deque
        Functions from `Answer` to `Answer`; each is used up by one coming answer of the API, in their order.
    """

    client_id = CLIENT_ID

    def __init__(
        self,
        project: Project | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        token: str | None = None,
        auto_approve: bool = False,
        latency_ms: float = 0,
        rate_limit: float | None = None,
        token_lifetime: int = 3600,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.token = token or secrets.token_urlsafe(24)
        self.faults: deque[Fault] = deque()
        self._project = project or synthesise()
        self._host, self._port = host, port
        self._auto_approve = auto_approve
        self._latency = latency_ms / 1000
        self._rate_limit = RateLimit(rate_limit, clock)
        self._token_lifetime = token_lifetime
        self._clock = clock
        self._journal = Journal()
        self._base_url: str | None = None
        self._ledger: Ledger | None = None
        self._server: Server | None = None

    def __repr__(self) -> str:
        return f"<Hub at {self._base_url}>" if self._server else "<Hub, not running>"

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
    def identity_url(self) -> str:
        """The issuer of the identity provider."""
        return self.base_url + identity_service.PATH

    @property
    def itwin_id(self) -> str:
        """GUID of the iTwin that the iModel belongs to."""
        return self._project.imodel.itwin_id

    @property
    def imodel_id(self) -> str:
        """GUID of the iModel."""
        return self._project.imodel.id

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
            ledger = undo.enter_context(closing(Ledger(self._project)))
            listening = undo.enter_context(closing(listen(self._host, self._port)))
            self._base_url = _url(self._host, listening.getsockname()[1])
            self._ledger, self._server = ledger, Server(self._application(ledger), listening)
            undo.pop_all()
        return self

    def stop(self) -> None:
        """Hang up and forget what was pushed; a hub that does not run stays as it is."""
        if self._server and self._ledger:
            self._server.stop()
            self._ledger.close()
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
    ) -> list[dict[str, Any]]:
        """Append changesets to the timeline as if the sample's user had pushed them just now.

        Parameters
        ----------
        count
            How many.
        description, containing_changes, file_size, state
            As in the changesets.

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
            raise RuntimeError("Only a running hub takes pushes; start() it first.")
        push = Push(description, containing_changes, file_size, state)
        rows = [self._ledger.push(lambda head: push.onto(head, self._project, self._clock())) for _ in range(count)]
        return [operations.full(self._ledger, row, self.base_url) for row in rows]

    def _application(self, ledger: Ledger) -> Application:
        provider = IdentityProvider(
            self.identity_url,
            self._project.users[0],
            auto_approve=self._auto_approve,
            clock=self._clock,
            token_lifetime=self._token_lifetime,
        )
        api = service.Service(
            ledger=ledger,
            accepts=lambda token: (
                secrets.compare_digest(token.encode(), self.token.encode()) or provider.accepts(token)
            ),
            rate_limit=self._rate_limit,
            latency=self._latency,
            faults=self.faults,
        )
        return Application(
            [*service.routes(api), *identity_service.routes(provider)],
            default_handler_class=UnknownRoute,
            log_function=lambda _: None,  # the handlers keep the journal themselves
            journal=self._journal,
        )


def _url(host: str, port: int) -> str:
    name = _ANYWHERE.get(host, host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"
