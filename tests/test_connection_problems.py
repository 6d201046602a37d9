import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from imodels_nb._connection_errors import ConnectionProblem, explain_connection_error, parse_retry_after

CLOSED_PORT = "https://127.0.0.1:9/"


@pytest.fixture
def plain_server() -> Iterator[str]:
    """Serve a plain 400 to a TLS handshake, and 407 to a CONNECT."""

    class Handler(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            self.send_error(407)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def explain(url: str, **options: Any) -> ConnectionProblem:
    with requests.Session() as session:
        session.trust_env = False
        with pytest.raises((requests.RequestException, OSError)) as raised:
            session.get(url, timeout=5, **options)
    return explain_connection_error(raised.value)


def test_ca_file_that_is_missing() -> None:
    problem = explain(CLOSED_PORT, verify="/no/such/ca.pem")
    assert problem == ConnectionProblem("there is no file of CA certificates /no/such/ca.pem", False, True)


def test_ca_file_without_certificates(tmp_path: Path, plain_server: str) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    problem = explain(f"https://{plain_server}/", verify=str(tmp_path / "ca.pem"))
    assert "cannot be read" in problem.cause
    assert not problem.is_retryable


def test_socks_proxy_without_pysocks() -> None:
    problem = explain(CLOSED_PORT, proxies={"https": "socks5://user:password@127.0.0.1:9"})
    assert "pip install pysocks" in problem.cause
    assert "password" not in problem.cause
    assert not problem.is_retryable


def test_proxy_that_wants_a_password(plain_server: str) -> None:
    problem = explain(CLOSED_PORT, proxies={"https": f"http://{plain_server}"})
    assert problem == ConnectionProblem("the proxy failed, it refused the connection (HTTP 407)", is_retryable=False)


@pytest.mark.parametrize("proxy", ["http://", "http://127.0.0.1:x"])
def test_proxy_that_is_no_url(proxy: str) -> None:
    problem = explain(CLOSED_PORT, proxies={"https": proxy})
    assert "invalid" in problem.cause
    assert not problem.is_retryable


def test_server_without_tls(plain_server: str) -> None:
    problem = explain(f"https://{plain_server}/")
    assert "does not use TLS" in problem.cause
    assert not problem.is_retryable


@pytest.mark.parametrize(("number", "is_retryable"), [(socket.EAI_NONAME, False), (socket.EAI_AGAIN, True)])
def test_unknown_host(monkeypatch: pytest.MonkeyPatch, number: int, is_retryable: bool) -> None:
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(number, "no")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    problem = explain("https://host.invalid/")
    assert "host name" in problem.cause
    assert problem.is_retryable is is_retryable


def test_refused_connection() -> None:
    assert explain(CLOSED_PORT) == ConnectionProblem("the connection was refused (ConnectionRefusedError)")


def test_error_that_contains_itself() -> None:
    error = ValueError("secret")
    error.args = (error,)
    assert explain_connection_error(error) == ConnectionProblem("the connection broke off (ValueError)")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        (" 0 ", 0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("Wed, 21 Oct 2915 07:28:00 GMT", None),
        ("250000000000", None),
        ("9" * 5000, None),
        ("-1", None),
        ("1.5", None),
        ("soon", None),
        ("\u0663", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after(header: str | None, seconds: float | None) -> None:
    assert parse_retry_after(header) == seconds
