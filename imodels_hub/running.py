"""A hub while it runs: the ledgers, the identity provider and the server, which all end together."""

from contextlib import ExitStack, closing
from os import fspath
from typing import Any

from tornado.web import Application

from imodels_hub.accounts import Accounts
from imodels_hub.api.call import READ, Account, Stock
from imodels_hub.api.changesets import one_changeset
from imodels_hub.api.links import Links
from imodels_hub.api.signing import Signer
from imodels_hub.faults.injection import Injection
from imodels_hub.identity import service as identity_service
from imodels_hub.identity.provider import IdentityProvider
from imodels_hub.ledger.database import MEMORY
from imodels_hub.ledger.ledger import Ledger
from imodels_hub.ledger.pushing import Push
from imodels_hub.project.records import User
from imodels_hub.settings import Settings
from imodels_hub.web import blobs, service
from imodels_hub.web.address import is_open, url_of
from imodels_hub.web.handlers import UnknownRoute
from imodels_hub.web.hosts import AllowedHosts
from imodels_hub.web.journal import LOGGER, Journal
from imodels_hub.web.pacing import RateLimit
from imodels_hub.web.server import Server, listen

_OPEN = (
    "The sample hub listens on %r, which is not this machine alone: everybody who reaches the port can approve a "
    "sign-in, and then read and change what it serves. Use host='127.0.0.1' unless you mean that."
)


class Running:
    """Serves from the moment it is made until `stop`.

    Parameters
    ----------
    settings
        What, where, to whom, and how well.
    accounts
        Who may ask.
    signer
        Signs links to files.
    injection
        What goes wrong.
    journal
        Where every answer is noted.

    Attributes
    ----------
    base_url : str
        Scheme, host and port.
    ledger : Ledger
        The project's.
    provider : IdentityProvider
        Where people and services sign in.

    Raises
    ------
    OSError
        If the address cannot be had.
    """

    def __init__(
        self, settings: Settings, accounts: Accounts, signer: Signer, injection: Injection, journal: Journal
    ) -> None:
        self._settings, self._accounts, self._signer = settings, accounts, signer
        self._injection, self._journal = injection, journal
        path = MEMORY if settings.ledger_file is None else fspath(settings.ledger_file)
        with ExitStack() as undo:
            self.ledger = undo.enter_context(closing(Ledger(settings.project, path)))
            beside = [undo.enter_context(closing(Ledger(project))) for project in settings.neighbours]
            listening = undo.enter_context(closing(listen(settings.host, settings.port)))
            self.base_url = url_of(listening)
            self.provider = self._identity_provider()
            stock = Stock({one.imodel.id: one for one in (self.ledger, *beside)}, signer, settings.clock)
            self._server = Server(self._application(stock), listening)
            self._held = undo.pop_all()
        if is_open(listening):
            LOGGER.warning(_OPEN, settings.host)

    @property
    def user_id(self) -> str:
        """Whom the sample's user is."""
        return next(iter(self.ledger.users))

    def push(self, push: Push) -> dict[str, Any]:
        """Append a changeset as if the sample's user had pushed it just now; give it in full, as the API writes it."""
        now, ledger = self._settings.clock, self.ledger
        row = ledger.push(lambda head: push.onto(head, self.user_id, ledger.own_application_id, now()))
        signer = self._signer if READ in self._settings.permissions else None
        return one_changeset(ledger, row, Links(self.base_url, ledger.imodel.id, signer), now())

    def stop(self) -> None:
        """Hang up, and forget what is kept in memory."""
        self._server.stop()
        self._held.close()

    def _identity_provider(self) -> IdentityProvider:
        users = self.ledger.all(User)
        return IdentityProvider(
            self.base_url + identity_service.PATH,
            users[0],
            auto_approve=self._settings.auto_approve,
            clock=self._settings.clock,
            token_lifetime=self._settings.token_lifetime,
            service=users[-1],
            options=self._settings.options,
        )

    def _account(self, token: str) -> Account | None:
        return self._accounts.holder(token, self.user_id, self.provider)

    def _application(self, stock: Stock) -> Application:
        api = service.Service(
            stock=stock,
            account=self._account,
            rate_limit=RateLimit(self._settings.rate_limit, self._settings.clock),
            latency=self._settings.latency_ms / 1000,
            tell_remaining=self._settings.tell_remaining,
            spoil=self._injection.around,
        )
        return Application(
            [
                *service.routes(api),
                *blobs.routes(stock, self._injection),
                *identity_service.routes(self.provider, self._injection),
            ],
            default_handler_class=UnknownRoute,
            log_function=lambda _: None,  # the handlers keep the journal themselves
            journal=self._journal,
            hosts=AllowedHosts(self._settings.host, self._settings.allowed_hosts),
        )
