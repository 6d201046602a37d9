"""A sample hub behind a shelf: pages are made once and then served from bytes, in a process of their own.

So that a benchmark times the client, and not the making of pages. Prints one JSON line once it accepts requests, then
serves until its input ends. ``/shelf?latency_ms=50&rate=20&remaining=1`` sets the latency before each answer, a limit
of so many requests a second (0: none), and whether the remaining calls are told. It gives the counts until now.
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


class Shelf:
    """Pages by what was asked, and how the service is to behave."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.pages: dict[tuple[str, str], HTTPResponse] = {}
        self.behave(0.0, 0.0, remaining=False)

    def behave(self, latency: float, rate: float, *, remaining: bool) -> None:
        """Behave in another way from now on, with a full bucket of calls."""
        self.latency, self.rate, self.remaining = latency, rate, remaining
        self.left, self.then = rate, time.monotonic()
        self.counts = {"requests": 0, "refused": 0}

    def admits(self) -> bool:
        """Take a call out of the bucket, if there is one."""
        self.counts["requests"] += 1
        if not self.rate:
            return True
        now = time.monotonic()
        self.left, self.then = min(self.rate, self.left + (now - self.then) * self.rate), now
        if self.left < 1:
            self.counts["refused"] += 1
            return False
        self.left -= 1
        return True

    async def page(self, uri: str, prefer: str, host: str) -> HTTPResponse:
        """Have a page made, the first time."""
        if (uri, prefer) not in self.pages:
            headers = {"Authorization": f"Bearer {self.hub.token}", "Prefer": prefer, "Host": host}
            client = AsyncHTTPClient()
            headers["Accept-Encoding"] = "gzip"
            self.pages[uri, prefer] = await client.fetch(
                self.hub.base_url + uri, headers=headers, decompress_response=False, request_timeout=120
            )
        return self.pages[uri, prefer]


class Page(RequestHandler):
    """Serves a page from the shelf."""

    def initialize(self, shelf: Shelf) -> None:
        """Take what the application gives."""
        self.shelf = shelf

    async def get(self) -> None:
        """Wait as long as the network would take, then answer."""
        admitted, left = self.shelf.admits(), int(self.shelf.left)
        await asyncio.sleep(self.shelf.latency)
        if not admitted:
            self.set_status(429)
            self.set_header("Retry-After", "1")
            return
        request = self.request
        page = await self.shelf.page(request.uri or "", request.headers.get("Prefer", ""), request.host)
        self.set_header("Content-Type", "application/json")
        if encoding := page.headers.get("Content-Encoding"):
            self.set_header("Content-Encoding", encoding)
        if self.shelf.remaining:
            self.set_header("iTwinPlatform-RateLimit-RemainingCalls", str(left))
        self.write(page.body)

    def compute_etag(self) -> None:
        """Hash nothing."""


class Control(Page):
    """Changes the behaviour, and gives the counts."""

    async def get(self) -> None:
        """Give the counts up to now, then begin anew."""
        counts = dict(self.shelf.counts)
        latency, rate = float(self.get_argument("latency_ms", "0")) / 1000, float(self.get_argument("rate", "0"))
        self.shelf.behave(latency, rate, remaining=self.get_argument("remaining", "0") == "1")
        self.write(counts)


async def serve(hub: Hub) -> None:
    """Serve until the input ends."""
    shelf = Shelf(hub)
    application = Application([("/shelf", Control, {"shelf": shelf}), (".*", Page, {"shelf": shelf})])
    sockets = bind_sockets(0, "127.0.0.1")
    HTTPServer(application).add_sockets(sockets)
    base_url = f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
    print(json.dumps({"base_url": base_url, "token": hub.token, "imodel_id": hub.imodel_id}), flush=True)
    await asyncio.to_thread(sys.stdin.read)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--changesets", type=int, default=100_000)
    parser.add_argument("--gaps", action="store_true")
    options = parser.parse_args()
    with Hub(generate_project(options.changesets, gaps=options.gaps)) as hub:
        asyncio.run(serve(hub))


if __name__ == "__main__":
    main()
