"""A loopback identity provider whose responses a test sets, over real HTTP."""

import base64
import hashlib
import json
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Semaphore, Thread
from urllib.parse import parse_qs, parse_qsl, urlencode

from imodels_nb.auth.polling import Clock

CANARY = "CANARY"  # in every secret, so that one search finds them all
USER_CODE = "WDJB-MJHT"


@dataclass
class ScriptedResponse:
    """The response to send, once `release` is set."""

    body: dict[str, object] | bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    release: Event | None = None


def refusal(code: str, status: int = 400) -> ScriptedResponse:
    return ScriptedResponse({"error": code, "error_description": f"{CANARY}-server-text"}, status)


def html(status: int = 200) -> ScriptedResponse:
    return ScriptedResponse(f"<html>{CANARY}-page</html>".encode(), status, {"Content-Type": "text/html"})


def id_token(**claims: object) -> str:
    payload = base64.urlsafe_b64encode(json.dumps({"sub": "u1", **claims}).encode()).decode().rstrip("=")
    return f"e30.{payload}.{CANARY}-signature"


def tokens(number: int = 1, **changes: object) -> ScriptedResponse:
    body = {
        "access_token": f"{CANARY}-access-{number}",
        "refresh_token": f"{CANARY}-refresh-{number}",
        "id_token": id_token(preferred_username="ada@example.com"),
        "token_type": "Bearer",
        "expires_in": 3600,
        "scope": "itwin-platform openid profile offline_access",
        **changes,
    }
    return ScriptedResponse({key: value for key, value in body.items() if value is not None})


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_arguments: object) -> None:
        """Handle a connection that its client has closed: nothing is printed."""


class ScriptedProvider:
    """An identity provider on loopback, whose next responses a test can queue.

    Where no response is queued, it sends a code, then ``authorization_pending`` until a user decides.
    """

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.queues: dict[str, deque[ScriptedResponse]] = defaultdict(deque)
        self.decision: str | None = None
        self.refreshes = 0
        self.services = 0
        self.hurried = True  # signs in whoever comes, with no page
        self.request: dict[str, str] = {}
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        self.identity_url = f"{self.origin}/idp"

    def script(self, endpoint: str, *responses: ScriptedResponse) -> None:
        """Add the next responses of an endpoint.

        It is ``discovery``, ``device``, ``token``, ``refresh``, ``service``, ``authorize``, ``code``, ``revocation``
        or ``decide``.
        """
        self.queues[endpoint].extend(responses)

    def find_requests(self, path: str) -> list[dict[str, str]]:
        return [form for requested, form in self.requests if requested == f"/idp{path}"]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def respond(self, path: str, form: dict[str, str]) -> ScriptedResponse:
        self.requests.append((path, form))
        endpoint = self._endpoint(path, form)
        queue = self.queues[endpoint]
        return queue.popleft() if queue else getattr(self, f"_{endpoint}")(form)

    @staticmethod
    def _endpoint(path: str, form: dict[str, str]) -> str:
        by_grant = {"refresh_token": "refresh", "client_credentials": "service", "authorization_code": "code"}
        if (grant_type := form.get("grant_type", "")) in by_grant:
            return by_grant[grant_type]
        return {
            "/idp/.well-known/openid-configuration": "discovery",
            "/idp/connect/device_authorization": "device",
            "/idp/connect/token": "token",
            "/idp/connect/authorize": "authorize",
            "/idp/connect/revocation": "revocation",
            "/idp/device": "decide",
        }.get(path, "nothing")

    def metadata(self) -> dict[str, object]:
        return {
            "issuer": self.identity_url,
            "authorization_endpoint": f"{self.identity_url}/connect/authorize",
            "token_endpoint": f"{self.identity_url}/connect/token",
            "device_authorization_endpoint": f"{self.identity_url}/connect/device_authorization",
            "revocation_endpoint": f"{self.identity_url}/connect/revocation",
        }

    def grant(self, **changes: object) -> ScriptedResponse:
        page = f"{self.identity_url}/device"
        body = {
            "device_code": f"{CANARY}-device",
            "user_code": USER_CODE,
            "verification_uri": page,
            "verification_uri_complete": f"{page}?user_code={USER_CODE}",
            "expires_in": 900,
            "interval": 5,
            **changes,
        }
        return ScriptedResponse({key: value for key, value in body.items() if value is not None})

    def _discovery(self, _form: dict[str, str]) -> ScriptedResponse:
        return ScriptedResponse(self.metadata())

    def _device(self, _form: dict[str, str]) -> ScriptedResponse:
        return self.grant()

    def _token(self, _form: dict[str, str]) -> ScriptedResponse:
        outcomes = {None: refusal("authorization_pending"), "deny": refusal("access_denied"), "approve": tokens()}
        return outcomes[self.decision]

    def _refresh(self, _form: dict[str, str]) -> ScriptedResponse:
        self.refreshes += 1
        return tokens(1 + self.refreshes, id_token=None)

    def _service(self, _form: dict[str, str]) -> ScriptedResponse:
        self.services += 1
        return tokens(self.services, refresh_token=None, id_token=None)

    def _authorize(self, form: dict[str, str]) -> ScriptedResponse:
        """Send a page with the question, and after it a redirection with a code."""
        if "decision" not in form and not self.hurried:
            self.request = form
            return ScriptedResponse(b'<form method="post"><input type="hidden" name="request" value="this"></form>')
        form = form if self.hurried else {**self.request, **form}
        self.request = form
        outcome = {"error": "access_denied"} if form.get("decision") == "deny" else {"code": f"{CANARY}-code"}
        return ScriptedResponse(
            b"", 302, {"Location": f"{form['redirect_uri']}?{urlencode({**outcome, 'state': form['state']})}"}
        )

    def _code(self, form: dict[str, str]) -> ScriptedResponse:
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        proven = base64.urlsafe_b64encode(digest).decode().rstrip("=") == self.request["code_challenge"]
        agreed = proven and form["code"] == f"{CANARY}-code" and form["redirect_uri"] == self.request["redirect_uri"]
        claims = {"preferred_username": "ada@example.com", "nonce": self.request["nonce"]}
        return tokens(id_token=id_token(**claims)) if agreed else refusal("invalid_grant")

    def _revocation(self, _form: dict[str, str]) -> ScriptedResponse:
        return ScriptedResponse()

    def _decide(self, form: dict[str, str]) -> ScriptedResponse:
        self.decision = form["decision"]
        return ScriptedResponse(b"<p>Thank you.</p>")

    def _nothing(self, _form: dict[str, str]) -> ScriptedResponse:
        return html(404)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path, _, query = self.path.partition("?")
                self._write_response(provider.respond(path, dict(parse_qsl(query))))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                form = {key: values[0] for key, values in parse_qs(body).items()}
                self._write_response(provider.respond(self.path, form))

            def _write_response(self, response: ScriptedResponse) -> None:
                if response.release:
                    response.release.wait(30)
                body = response.body if isinstance(response.body, bytes) else json.dumps(response.body).encode()
                self.send_response(response.status)
                for name, value in {"Content-Length": str(len(body)), **response.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments: object) -> None:
                pass

        return Handler


class SteppedClock(Clock):
    """Waits take no time, but each needs a :meth:`tick`, unless the clock runs freely."""

    def __init__(self, *, free: bool = False) -> None:
        self.waits: list[float] = []
        self.free = free
        self.waiting = False
        self._ticks = Semaphore(0)

    def now(self) -> float:
        return time.monotonic() + sum(self.waits)

    def tick(self, times: int = 1) -> None:
        self._ticks.release(times)

    def wait(self, event: Event, seconds: float) -> bool:
        self.waiting = True
        while not event.is_set() and not self.free and not self._ticks.acquire(timeout=0.005):
            pass
        self.waiting = False
        self.waits.append(seconds)
        return event.is_set()
