"""HTTP handlers of the identity provider."""

from collections.abc import Callable
from http import HTTPStatus

from tornado.routing import URLSpec

from imodels_hub.api.responses import Response, build_ok_response, encode_json
from imodels_hub.faults.schedule import FaultInjector
from imodels_hub.http.handlers import Handler
from imodels_hub.identity import pages
from imodels_hub.identity.clients import OAuthError
from imodels_hub.identity.provider import REFRESH_TOKEN, Form, IdentityProvider
from imodels_hub.identity.tokens import Json

PATH = "/idp"
"""Path of the provider on the hub."""


class IdentityHandler(Handler):
    """A handler of the provider; its log line holds no text of the client."""

    def initialize(self, provider: IdentityProvider, faults: FaultInjector) -> None:
        """Set the arguments of `build_identity_routes`."""
        self.provider = provider
        self._faults = faults
        self.outcome = ""

    def format_log_line(self) -> str:
        """Format the line for the request log, for example ``token slow_down``."""
        return f"{self.route} {self.outcome or self.get_status()}"

    def parse_form(self) -> dict[str, str]:
        """Parse the form; of a repeated field, the last value."""
        fields = self.request.body_arguments
        return {name: values[-1].decode("utf-8", "replace") for name, values in fields.items() if values}

    async def respond(self, run: Callable[[Form, str], Json]) -> None:
        """Send the result of the provider for the form, or its error, with faults."""
        self.set_header("Cache-Control", "no-store")
        await self.send_response(self._faults.apply(lambda: self._run(run), f"{PATH}/{self.route}"))

    def _run(self, run: Callable[[Form, str], Json]) -> Response:
        try:
            return build_ok_response(run(self.parse_form(), self.request.headers.get("Authorization", "")))
        except OAuthError as error:
            self.outcome = error.code
            return Response(error.status, encode_json({"error": error.code}), {"Content-Type": "application/json"})

    def send_page(self, page: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        """Send a page for a person."""
        self.set_status(status)
        for name, value in pages.HEADERS.items():
            self.set_header(name, value)
        self.finish(page)


class DiscoveryHandler(IdentityHandler):
    """The handler of ``GET .well-known/openid-configuration``."""

    route = "discovery"

    async def get(self) -> None:
        """Send the metadata."""
        await self.respond(lambda *_: self.provider.build_metadata())


class DeviceAuthorizationHandler(IdentityHandler):
    """The handler of ``POST connect/device_authorization`` (RFC 8628 section 3.1)."""

    route = "device_authorization"
    allowed = "POST"

    async def post(self) -> None:
        """Start a sign-in."""
        await self.respond(self.provider.start_device_code)


class TokenHandler(IdentityHandler):
    """The handler of ``POST connect/token``."""

    route = "token"
    allowed = "POST"

    async def post(self) -> None:
        """Send tokens or an error."""
        self.outcome = "refresh" if self.parse_form().get("grant_type") == REFRESH_TOKEN else "success"
        await self.respond(self.provider.grant_tokens)


class RevocationHandler(IdentityHandler):
    """The handler of ``POST connect/revocation``."""

    route = "revocation"
    allowed = "POST"

    async def post(self) -> None:
        """Revoke a token."""
        await self.respond(self.provider.revoke)


class VerificationHandler(IdentityHandler):
    """The handler of ``device``: the page where a person enters a code."""

    route = "device"
    allowed = "GET, POST"

    def get(self) -> None:
        """Send the form."""
        self.send_page(pages.build_form_page(self.get_query_argument("user_code", "")))

    def post(self) -> None:
        """Record the decision."""
        form = self.parse_form()
        user_code = form.get("user_code", "")
        decision = form.get("decision", "")
        is_approval = decision == "approve"
        if decision not in ("approve", "deny"):
            self.send_page(pages.build_form_page(user_code), HTTPStatus.BAD_REQUEST)
        elif not self.provider.device_codes.decide(user_code, approve=is_approval):
            self.send_page(pages.build_unknown_code_page(user_code), HTTPStatus.NOT_FOUND)
        else:
            self.outcome = decision
            self.send_page(pages.build_approved_page() if is_approval else pages.build_denied_page())


class AuthorizationHandler(IdentityHandler):
    """The handler of ``connect/authorize``: the page of a sign-in with a redirect."""

    route = "authorize"
    allowed = "GET, POST"

    def get(self) -> None:
        """Send the page, or redirect at once."""
        query = {name: values[-1].decode("utf-8", "replace") for name, values in self.request.query_arguments.items()}
        try:
            redirect, request = self.provider.authorization_codes.start(self.provider.clients.public, query)
        except OAuthError as error:
            self.outcome = error.code
            self.send_page(pages.build_unknown_request_page(), HTTPStatus.BAD_REQUEST)
            return
        if redirect:
            self._redirect(redirect)
        else:
            user = self.provider.user
            self.send_page(pages.build_consent_page(f"{user.given_name} {user.surname}", request))

    def post(self) -> None:
        """Record the decision, and redirect."""
        form = self.parse_form()
        decision = form.get("decision", "")
        redirect = None
        if decision in ("approve", "deny"):
            sessions = self.provider.authorization_codes
            redirect = sessions.decide(form.get("request", ""), approve=decision == "approve")
        if redirect:
            self.outcome = decision
            self._redirect(redirect)
        else:
            self.send_page(pages.build_unknown_request_page(), HTTPStatus.BAD_REQUEST)

    def _redirect(self, address: str) -> None:
        self.set_header("Cache-Control", "no-store")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("Location", address)
        self.set_status(HTTPStatus.FOUND)
        self.finish()


def build_identity_routes(provider: IdentityProvider, faults: FaultInjector) -> list[URLSpec]:
    """Build the routes of the provider."""
    table: tuple[tuple[str, type[IdentityHandler]], ...] = (
        (r"/\.well-known/openid-configuration", DiscoveryHandler),
        ("/connect/device_authorization", DeviceAuthorizationHandler),
        ("/connect/token", TokenHandler),
        ("/connect/revocation", RevocationHandler),
        ("/connect/authorize", AuthorizationHandler),
        ("/device", VerificationHandler),
    )
    return [URLSpec(PATH + path, handler, {"provider": provider, "faults": faults}) for path, handler in table]
