"""The identity provider over HTTP: metadata, device authorization, tokens, and the page for the person."""

from collections.abc import Callable
from http import HTTPStatus

from tornado.routing import URLSpec

from imodels_hub.api.answers import Answer, found
from imodels_hub.api.bodies import body_of
from imodels_hub.faults.injection import Injection
from imodels_hub.identity import pages
from imodels_hub.identity.device_grant import OAuthError
from imodels_hub.identity.metadata import REFRESH_TOKEN
from imodels_hub.identity.provider import Form, IdentityProvider, Json
from imodels_hub.web.handlers import Handler

PATH = "/idp"
"""Where the provider stands on the hub."""


class IdentityHandler(Handler):
    """A handler of the provider; what it did is one word or two, chosen here and not by the client."""

    what = ""

    def initialize(self, provider: IdentityProvider, faults: Injection) -> None:
        """Take what `routes` gives."""
        self.provider, self._faults = provider, faults
        self.outcome = ""
        self.route = self.what

    def line(self) -> str:
        """Tell what happened, for example ``token slow_down``."""
        return f"{self.what} {self.outcome or self.get_status()}"

    def form(self) -> dict[str, str]:
        """Read the form; of a repeated field, the last."""
        fields = self.request.body_arguments
        return {name: values[-1].decode("utf-8", "replace") for name, values in fields.items() if values}

    async def answer(self, give: Callable[[Form, str], Json]) -> None:
        """Send what the provider gives for the form, or why it does not, or whatever fault is in the way."""
        self.set_header("Cache-Control", "no-store")
        answer = self._faults.around(lambda: self._given(give), f"{PATH}/{self.what}")
        await self.send_answer(answer)

    def _given(self, give: Callable[[Form, str], Json]) -> Answer:
        try:
            return found(give(self.form(), self.request.headers.get("Authorization", "")))
        except OAuthError as error:
            self.outcome = error.code
            return Answer(error.status, body_of({"error": error.code}), {"Content-Type": "application/json"})

    def send_page(self, page: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        """Answer with a page for a person."""
        self.set_status(status)
        for name, value in pages.HEADERS.items():
            self.set_header(name, value)
        self.finish(page)


class Discovery(IdentityHandler):
    """``GET .well-known/openid-configuration``."""

    what = "discovery"

    async def get(self) -> None:
        """Give the metadata."""
        await self.answer(lambda *_: self.provider.discovery())


class DeviceAuthorization(IdentityHandler):
    """``POST connect/device_authorization``: RFC 8628 section 3.1."""

    what, allowed = "device_authorization", "POST"

    async def post(self) -> None:
        """Begin a sign-in."""
        await self.answer(self.provider.authorize_device)


class Token(IdentityHandler):
    """``POST connect/token``."""

    what, allowed = "token", "POST"

    async def post(self) -> None:
        """Grant tokens, or say why not."""
        self.outcome = "refresh" if self.form().get("grant_type") == REFRESH_TOKEN else "success"
        await self.answer(self.provider.token)


class Revocation(IdentityHandler):
    """``POST connect/revocation``."""

    what, allowed = "revocation", "POST"

    async def post(self) -> None:
        """Take a token back."""
        await self.answer(self.provider.revoke)


class Verification(IdentityHandler):
    """``GET`` and ``POST device``: the page for the person."""

    what, allowed = "device", "GET, POST"

    def get(self) -> None:
        """Show the form."""
        self.send_page(pages.form_page(self.get_query_argument("user_code", "")))

    def post(self) -> None:
        """Take the decision."""
        form = self.form()
        user_code, decision = form.get("user_code", ""), form.get("decision", "")
        if decision not in ("approve", "deny"):
            self.send_page(pages.form_page(user_code), HTTPStatus.BAD_REQUEST)
        elif not self.provider.by_device.decide(user_code, approve=decision == "approve"):
            self.send_page(pages.unknown_code_page(user_code), HTTPStatus.NOT_FOUND)
        else:
            self.outcome = decision
            self.send_page(pages.approved_page() if decision == "approve" else pages.denied_page())


class Authorization(IdentityHandler):
    """``GET`` and ``POST connect/authorize``: a sign-in by authorization code, and the page for the person."""

    what, allowed = "authorize", "GET, POST"

    def get(self) -> None:
        """Ask the person, or go back at once."""
        query = {name: values[-1].decode("utf-8", "replace") for name, values in self.request.query_arguments.items()}
        try:
            address, request = self.provider.by_code.begin(self.provider.clients.public, query)
        except OAuthError as error:
            self.outcome = error.code
            self.send_page(pages.wrong_client_page(), HTTPStatus.BAD_REQUEST)
            return
        if address:
            self._go_back(address)
        else:
            user = self.provider.user
            self.send_page(pages.consent_page(f"{user.given_name} {user.surname}", request))

    def post(self) -> None:
        """Take the decision."""
        form = self.form()
        decision = form.get("decision", "")
        known = decision in ("approve", "deny")
        address = (
            self.provider.by_code.decide(form.get("request", ""), approve=decision == "approve") if known else None
        )
        if address:
            self.outcome = decision
            self._go_back(address)
        else:
            self.send_page(pages.wrong_client_page(), HTTPStatus.BAD_REQUEST)

    def _go_back(self, address: str) -> None:
        self.set_header("Cache-Control", "no-store")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("Location", address)
        self.set_status(HTTPStatus.FOUND)
        self.finish()


def routes(provider: IdentityProvider, faults: Injection) -> list[URLSpec]:
    """Lay out the provider's paths."""
    table: tuple[tuple[str, type[IdentityHandler]], ...] = (
        (r"/\.well-known/openid-configuration", Discovery),
        ("/connect/device_authorization", DeviceAuthorization),
        ("/connect/token", Token),
        ("/connect/revocation", Revocation),
        ("/connect/authorize", Authorization),
        ("/device", Verification),
    )
    return [URLSpec(PATH + path, handler, {"provider": provider, "faults": faults}) for path, handler in table]
