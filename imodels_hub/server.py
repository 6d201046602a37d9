"""The server of one hub: databases, identity provider and web server."""

import asyncio
import secrets
import socket
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from threading import Event, Thread
from typing import Any, TypedDict

from tornado.httpserver import HTTPServer
from tornado.web import Application

from imodels_hub.api.changesets import format_changeset
from imodels_hub.api.links import Links, Signer
from imodels_hub.api.requests import READ, Account, ServerState
from imodels_hub.database.databases import Databases
from imodels_hub.faults.schedule import FaultInjector
from imodels_hub.generator.formats import format_timestamp, generate_changeset_id
from imodels_hub.http.allowed_hosts import AllowedHosts
from imodels_hub.http.api_handler import ApiService, RateLimit, build_api_routes
from imodels_hub.http.blob_handler import build_blob_routes
from imodels_hub.http.handlers import LOGGER, MAX_BODY, RequestLog, UnknownRouteHandler
from imodels_hub.identity import handlers as identity_handlers
from imodels_hub.identity.provider import IdentityProvider
from imodels_hub.records import Changeset, User
from imodels_hub.settings import Settings

_FIRST_BRIEFCASE = 2
_REACHABLE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - the keys are what others bind to
_OPEN_TO_OTHERS = (
    "The sample hub listens on %r, so other machines can reach it. Everyone who reaches the port can approve a "
    "sign-in, and then read and change the data. Use host='127.0.0.1' unless you intend that."
)


class PushOptions(TypedDict, total=False):
    """Content of a push by name; `PushContent` explains it."""

    description: str | None
    containing_changes: int
    file_size: int
    state: str
    gap: int
    seconds_after_tip: int | None


@dataclass(frozen=True)
class PushContent:
    """The content of a push by the hub itself.

    Parameters
    ----------
    description, containing_changes, file_size, state
        As in the changeset.
    gap
        Number of indexes to leave out.
    seconds_after_tip
        Time of the push, in seconds after the newest changeset; ``None`` for now.
    """

    description: str | None = "Pushed to the sample"
    containing_changes: int = 0
    file_size: int = 20_000
    state: str = "fileUploaded"
    gap: int = 0
    seconds_after_tip: int | None = None

    def build_changeset(
        self, tip: Changeset | None, creator_id: str, application_id: str | None, now: float
    ) -> Changeset:
        """Build the changeset after `tip`; `now` is in seconds since 1970."""
        if tip is not None and self.seconds_after_tip is not None:
            now = datetime.fromisoformat(tip.push_date_time).timestamp() + self.seconds_after_tip
        index = (tip.changeset_index if tip else 0) + 1 + self.gap
        parent_id = tip.id if tip else ""
        timestamp = format_timestamp(now)
        return Changeset(
            changeset_index=index,
            id=generate_changeset_id(parent_id, f"{index}/{timestamp}/{self}"),
            parent_id=parent_id,
            description=self.description,
            creator_id=creator_id,
            push_date_time=timestamp,
            state=self.state,
            containing_changes=self.containing_changes,
            file_size=self.file_size,
            briefcase_id=tip.briefcase_id if tip else _FIRST_BRIEFCASE,
            group_id=None,
            application_id=application_id,
            synchronization_info=None,
        )


class Accounts:
    """The accounts of a hub, by their access tokens.

    Parameters
    ----------
    token
        Access token of the sample's user.
    permissions
        Permissions of the sample's user.

    Attributes
    ----------
    token : str
        As above; a new one replaces it at once.
    """

    def __init__(self, token: str, permissions: Sequence[str]) -> None:
        self.token = token
        self._permissions = tuple(permissions)
        self._issued: dict[str, Account] = {}

    def issue_token(self, user_id: str, permissions: Sequence[str] | None) -> str:
        """Return a new token that does not expire."""
        token = secrets.token_urlsafe(24)
        self._issued[token] = Account(user_id, self._permissions if permissions is None else tuple(permissions))
        return token

    def find_account(self, token: str, user_id: str, provider: IdentityProvider) -> Account | None:
        """Find the account of a token; `user_id` is the sample's user."""
        if secrets.compare_digest(token.encode(), self.token.encode()):
            return Account(user_id, self._permissions)
        signed_in = provider.find_user_id(token)
        return Account(signed_in, self._permissions) if signed_in else self._issued.get(token)


class HubServer:
    """A running hub, from its construction until `stop`.

    Parameters
    ----------
    settings
        Settings of the hub.
    accounts
        Accounts of the hub.
    signer
        Signs links to files.
    faults
        Faults of the hub.
    request_log
        The log of all responses.

    Attributes
    ----------
    base_url : str
        Scheme, host and port.
    database : IModelDatabase
        The database of the project.
    provider : IdentityProvider
        The identity provider.

    Raises
    ------
    OSError
        If the address is not available.
    """

    def __init__(
        self, settings: Settings, accounts: Accounts, signer: Signer, faults: FaultInjector, request_log: RequestLog
    ) -> None:
        self._settings = settings
        self._accounts = accounts
        self._signer = signer
        self._faults = faults
        self._request_log = request_log
        path = None if settings.ledger_file is None else Path(settings.ledger_file)
        with ExitStack() as undo:
            databases = undo.enter_context(Databases(settings.project, settings.neighbors, path))
            self.database = databases.main
            listening = undo.enter_context(closing(_listen(settings.host, settings.port)))
            self.base_url = _format_url(listening)
            self.provider = self._build_provider()
            application = self._build_application(ServerState(databases, signer, settings.clock))
            self._web_server = WebServer(application, listening)
            self._resources = undo.pop_all()
        if not ip_address(listening.getsockname()[0]).is_loopback:
            LOGGER.warning(_OPEN_TO_OTHERS, settings.host)

    @property
    def user_id(self) -> str:
        """Id of the sample's user."""
        return next(iter(self.database.users))

    def push(self, push: PushContent) -> dict[str, Any]:
        """Push a changeset as the sample's user, and return it in the form of the API."""
        now = self._settings.clock
        database = self.database
        row = database.push(lambda tip: push.build_changeset(tip, self.user_id, database.own_application_id, now()))
        signer = self._signer if READ in self._settings.permissions else None
        return format_changeset(database, row, Links(self.base_url, database.imodel.id, signer), now())

    def stop(self) -> None:
        """Stop the server, and close the databases."""
        self._web_server.stop()
        self._resources.close()

    def _build_provider(self) -> IdentityProvider:
        users = self.database.read_all(User)
        return IdentityProvider(
            self.base_url + identity_handlers.PATH,
            users[0],
            auto_approve=self._settings.auto_approve,
            clock=self._settings.clock,
            token_lifetime=self._settings.token_lifetime,
            service=users[-1],
            options=self._settings.provider_options,
        )

    def _build_application(self, state: ServerState) -> Application:
        service = ApiService(
            state=state,
            find_account=lambda token: self._accounts.find_account(token, self.user_id, self.provider),
            rate_limit=RateLimit(self._settings.rate_limit, self._settings.clock),
            latency=self._settings.latency_ms / 1000,
            show_remaining=self._settings.show_remaining,
            apply_faults=self._faults.apply,
        )
        return Application(
            [
                *build_api_routes(service),
                *build_blob_routes(state, self._faults),
                *identity_handlers.build_identity_routes(self.provider, self._faults),
            ],
            default_handler_class=UnknownRouteHandler,
            log_function=lambda _: None,  # the handlers write the request log
            request_log=self._request_log,
            allowed_hosts=AllowedHosts(self._settings.host, self._settings.allowed_hosts),
        )


class WebServer:
    """A web server in a thread of its own, from its construction until `stop`.

    Parameters
    ----------
    application
        The application to serve.
    listening
        The socket, which the server closes.
    """

    def __init__(self, application: Application, listening: socket.socket) -> None:
        self._is_ready = Event()
        self._thread = Thread(target=asyncio.run, args=(self._serve(application, listening),), daemon=True)
        self._thread.name = f"imodels_nb.sample:{listening.getsockname()[1]}"
        self._thread.start()
        self._is_ready.wait()

    async def _serve(self, application: Application, listening: socket.socket) -> None:
        self._loop = asyncio.get_running_loop()
        self._end = asyncio.Event()
        server = HTTPServer(application, max_body_size=MAX_BODY)
        server.add_socket(listening)
        self._is_ready.set()
        await self._end.wait()
        server.stop()
        await server.close_all_connections()

    def stop(self) -> None:
        """Close all connections; thread, sockets and loop have ended when this returns."""
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()


def _listen(host: str, port: int) -> socket.socket:
    """Open the socket first, so that the port is known.

    Raises
    ------
    OSError
        If the address is not available.
    """
    listening = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    listening.setblocking(False)
    return listening


def _format_url(listening: socket.socket) -> str:
    """Format the URL of a socket for this machine, with an address instead of a name."""
    host, port, *_ = listening.getsockname()
    name = _REACHABLE.get(host, host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"
