"""The reasons of failed connections: host, proxy, certificates."""

import socket
import ssl
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from helpers.raw_server import build_response, drip_headers, serve_requests

from imodels_nb.api import IModelsClient, throttle
from imodels_nb.auth import StaticTokenCredential
from imodels_nb.errors import ConnectionFailed
from imodels_nb.fetch import fetch_changesets, fetch_named_versions

IMODEL = "5e19bee0-3aea-4355-a9f0-c6df9989ee7d"
REMOTE = "https://api.example.invalid"
LONG = 100  # seconds: a test that waits that long has failed


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "_FIRST_DELAY", 0.001)


def _at_once(client: IModelsClient, said: str) -> None:
    begun = time.monotonic()
    with pytest.raises(ConnectionFailed, match=said) as caught:
        fetch_named_versions(client, IMODEL)
    assert not caught.value.is_retryable
    assert "Check the network" not in str(caught.value)
    assert time.monotonic() - begun < LONG


@pytest.fixture
def remote(monkeypatch: pytest.MonkeyPatch) -> IModelsClient:
    monkeypatch.setattr(throttle, "_FIRST_DELAY", LONG)  # a second try would not be at once
    certificates = ("IMODELS_NB_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", *certificates):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    return IModelsClient(StaticTokenCredential("t"), base_url=REMOTE)


def test_unknown_host_is_raised_at_once(remote: IModelsClient) -> None:
    _at_once(remote, rf"from {REMOTE}: its host name is not known here")


@pytest.mark.parametrize("variable", ["IMODELS_NB_CA_BUNDLE", "REQUESTS_CA_BUNDLE"])
def test_missing_ca_bundle_is_raised_at_once(
    remote: IModelsClient, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/other.pem")  # our own variable comes first
    monkeypatch.setenv(variable, "/no/such/ca.pem")
    _at_once(remote, r"no file of CA certificates /no/such/ca\.pem.*IMODELS_NB_CA_BUNDLE")


def test_empty_ca_bundle_is_raised_at_once(
    remote: IModelsClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "ca.pem").write_text("this is no certificate\n")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    with serve_requests(lambda connection, _: connection.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        _at_once(remote, "file of CA certificates cannot be read")


def test_socks_without_pysocks_is_raised_at_once(remote: IModelsClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://user:hunter2@127.0.0.1:9")
    _at_once(remote, "pip install pysocks")


@pytest.mark.parametrize(
    ("proxy", "said"),
    [
        ("http://proxy.invalid:8080", "the proxy failed, its host name is not known here"),
        ("ftp://127.0.0.1:9", "address of a proxy is invalid"),
        ("http://:8080", "address of a proxy is invalid"),
    ],
)
def test_wrong_proxy_is_raised_at_once(
    remote: IModelsClient, monkeypatch: pytest.MonkeyPatch, proxy: str, said: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    _at_once(remote, said)


def test_proxy_with_a_password_is_raised_at_once(remote: IModelsClient, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve_requests(lambda connection, _: connection.sendall(build_response(status=407))) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        _at_once(remote, r"the proxy failed, it refused the connection \(HTTP 407\)")


@pytest.mark.usefixtures("remote")
def test_slow_proxy_has_a_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve_requests(drip_headers) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        with (
            IModelsClient(StaticTokenCredential("t"), base_url=REMOTE, timeout=0.5) as client,
            pytest.raises(ConnectionFailed, match=r"within 0\.5 s"),
        ):
            fetch_named_versions(client, IMODEL)


def _write_certificate(path: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "api.example.invalid")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    pem = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    private = serialization.PrivateFormat.PKCS8
    path.write_bytes(pem + key.private_bytes(serialization.Encoding.PEM, private, serialization.NoEncryption()))
    return path


def test_untrusted_certificate_is_raised_at_once(
    remote: IModelsClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    certificate = _write_certificate(tmp_path / "server.pem")

    def respond(connection: socket.socket, _: str) -> None:
        connection.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        with context.wrap_socket(connection, server_side=True) as encrypted:
            encrypted.recv(1)

    with serve_requests(respond) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        _at_once(remote, "certificate is not trusted, self.signed certificate.*IMODELS_NB_CA_BUNDLE")


def test_service_without_tls_is_raised_at_once(remote: IModelsClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def respond(connection: socket.socket, target: str) -> None:
        connection.sendall(b"HTTP/1.1 200 Connected\r\n\r\n" if target.endswith(":443") else b"HTTP/1.1 400 No\r\n\r\n")

    with serve_requests(respond) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        _at_once(remote, "does not use TLS as expected")


def test_refused_connection_is_retried() -> None:
    with (
        IModelsClient(StaticTokenCredential("t"), base_url="http://127.0.0.1:9") as client,
        pytest.raises(ConnectionFailed, match=r"the connection was refused.*Check the network"),
    ):
        fetch_changesets(client, IMODEL)
