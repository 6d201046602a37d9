"""A loopback service of the lists that a test gives it, with a record of requests."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Asked:
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]


@dataclass
class ScriptedService:
    """A service that sends the list of each path, in pages of `top`."""

    lists: dict[str, dict[str, list[Any]]]
    top: int = 2
    tokens: bool = True
    link: str | None = None  # the next link of every page; each page is the first
    base_url: str = ""
    asked: list[Asked] = field(default_factory=list)

    def page(self, asked: Asked) -> dict[str, Any]:
        self.asked.append(asked)
        ((name, rows),) = self.lists[asked.path].items()
        if self.link is not None:
            return {name: rows[: self.top], "_links": {"next": {"href": self.link}}}
        paging = "$continuationToken" if self.tokens else "$skip"
        start = int(asked.query.get(paging) or 0)
        end = start + self.top
        href = f"https://elsewhere.invalid/no?$top=7&filter=lost&{paging}={end}"
        return {name: rows[start:end], "_links": {"next": {"href": href} if end < len(rows) else None}}


@contextmanager
def serve_lists(lists: dict[str, Any], **options: Any) -> Iterator[ScriptedService]:
    service = ScriptedService(lists, **options)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
            text = json.dumps(service.page(Asked(parts.path, query, dict(self.headers)))).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # a client may hang up whenever it likes
    thread = Thread(target=server.serve_forever, args=[0.01])
    thread.start()
    service.base_url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
