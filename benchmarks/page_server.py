"""A sample hub that serves its pages from memory, in its own process.

A benchmark then times the client, not the hub. The program prints one JSON line once it accepts requests, and serves
until its standard input ends. ``/configure?latency_ms=50&rate=20&remaining=1`` sets the latency of each response, the
limit of requests a second (0: no limit), and whether responses have the header of remaining calls. It returns the
counts so far.
"""

import argparse
import asyncio
import json
import sys
import time

from tornado.httpclient import AsyncHTTPClient, HTTPResponse
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from imodels_hub import Hub, generate_project


class PageServer:
    """The pages by request, and the settings of the service."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.pages: dict[tuple[str, str], HTTPResponse] = {}
        self.configure(0.0, 0.0, remaining=False)

    def configure(self, latency: float, rate: float, *, remaining: bool) -> None:
        """Set latency and limit, with a full bucket of calls."""
        self.latency = latency
        self.rate = rate
        self.remaining = remaining
        self.calls_left = rate
        self.updated = time.monotonic()
        self.counts = {"requests": 0, "refused": 0}

    def accept_call(self) -> bool:
        """Remove a call from the bucket; return whether there was one."""
        self.counts["requests"] += 1
        if not self.rate:
            return True
        now = time.monotonic()
        self.calls_left = min(self.rate, self.calls_left + (now - self.updated) * self.rate)
        self.updated = now
        if self.calls_left < 1:
            self.counts["refused"] += 1
            return False
        self.calls_left -= 1
        return True

    async def fetch_page(self, uri: str, prefer: str, host: str) -> HTTPResponse:
        """Return a page, which the hub builds once."""
        if (uri, prefer) not in self.pages:
            headers = {"Authorization": f"Bearer {self.hub.token}", "Prefer": prefer, "Host": host}
            client = AsyncHTTPClient()
            headers["Accept-Encoding"] = "gzip"
            self.pages[uri, prefer] = await client.fetch(
                self.hub.base_url + uri, headers=headers, decompress_response=False, request_timeout=120
            )
        return self.pages[uri, prefer]


class PageHandler(RequestHandler):
    """Handler of all pages."""

    def initialize(self, server: PageServer) -> None:
        """Set the server."""
        self.server = server

    async def get(self) -> None:
        """Send a page after the latency."""
        is_accepted = self.server.accept_call()
        calls_left = int(self.server.calls_left)
        await asyncio.sleep(self.server.latency)
        if not is_accepted:
            self.set_status(429)
            self.set_header("Retry-After", "1")
            return
        request = self.request
        page = await self.server.fetch_page(request.uri or "", request.headers.get("Prefer", ""), request.host)
        self.set_header("Content-Type", "application/json")
        if encoding := page.headers.get("Content-Encoding"):
            self.set_header("Content-Encoding", encoding)
        if self.server.remaining:
            self.set_header("iTwinPlatform-RateLimit-RemainingCalls", str(calls_left))
        self.write(page.body)

    def compute_etag(self) -> None:
        """Return no ETag, which would take time."""


class SettingsHandler(PageHandler):
    """Handler of the settings."""

    async def get(self) -> None:
        """Send the counts, and set them to zero."""
        counts = dict(self.server.counts)
        latency = float(self.get_argument("latency_ms", "0")) / 1000
        rate = float(self.get_argument("rate", "0"))
        self.server.configure(latency, rate, remaining=self.get_argument("remaining", "0") == "1")
        self.write(counts)


async def serve(hub: Hub) -> None:
    """Serve until the standard input ends."""
    server = {"server": PageServer(hub)}
    application = Application([("/configure", SettingsHandler, server), (".*", PageHandler, server)])
    sockets = bind_sockets(0, "127.0.0.1")
    HTTPServer(application).add_sockets(sockets)
    base_url = f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
    print(json.dumps({"base_url": base_url, "token": hub.token, "imodel_id": hub.imodel_id}), flush=True)
    await asyncio.to_thread(sys.stdin.read)


def main() -> None:
    """Start the hub and its page server."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--changesets", type=int, default=100_000)
    parser.add_argument("--gaps", action="store_true")
    options = parser.parse_args()
    with Hub(generate_project(options.changesets, gaps=options.gaps)) as hub:
        asyncio.run(serve(hub))


if __name__ == "__main__":
    main()
