"""A loopback service that serves what a test gives it, over real HTTP, and remembers what it was asked."""

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
    """Answers by path: a list is served in pages of `top`, anything else as it is, a number as that status."""

    answers: dict[str, Any]
    top: int = 2
    tokens: bool = True
    base_url: str = ""
    asked: list[Asked] = field(default_factory=list)

    def answer(self, asked: Asked) -> tuple[int, dict[str, Any]]:
        self.asked.append(asked)
        given = self.answers.get(asked.path, 404)
        if isinstance(given, int):
            return given, {"error": {"code": "Refused", "message": "No."}}
        name, value = next(iter(given.items()))
        return (200, self._page(asked, name, value)) if isinstance(value, list) else (200, given)

    def _page(self, asked: Asked, name: str, rows: list[Any]) -> dict[str, Any]:
        paging = "$continuationToken" if self.tokens else "$skip"
        start = int(asked.query.get(paging) or 0)
        end = start + self.top
        href = f"https://elsewhere.invalid/no?$top=7&filter=lost&{paging}={end}"
        return {name: rows[start:end], "_links": {"next": {"href": href} if end < len(rows) else None}}


@contextmanager
def serving(answers: dict[str, Any], **options: Any) -> Iterator[ScriptedService]:
    service = ScriptedService(answers, **options)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
            status, body = service.answer(Asked(parts.path, query, dict(self.headers)))
            text = json.dumps(body).encode()
            self.send_response(status)
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
