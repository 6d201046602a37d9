import datetime as dt
import http.server
import json
import re
import ssl
import threading
from collections.abc import Iterator
from dataclasses import asdict, replace
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from helpers.scripted_provider import CANARY, ScriptedProvider, ScriptedResponse, html, refusal
from hypothesis import given
from hypothesis import strategies as st

from imodels_nb.auth import IMS, IdentityProvider
from imodels_nb.auth.msal_client import MsalPublicClient
from imodels_nb.auth.provider import Metadata
from imodels_nb.auth.transport import DISCOVERY_PATH, MsalTransport
from imodels_nb.errors import AuthenticationError, ConnectionFailed, RateLimited, ServerError, UnexpectedResponse
from imodels_nb.sample.provider import build_sample_provider

LOGICAL_TOKEN_URL = "https://sample-idp.invalid/idp/connect/token"
FORM = {"client_id": "sample"}


@pytest.fixture
def transport(provider: IdentityProvider) -> Iterator[MsalTransport]:
    opened = provider.build_transport()
    opened.get(provider.authority + DISCOVERY_PATH)
    yield opened
    opened.close()


def test_vendor_metadata_need_no_request() -> None:
    app = MsalPublicClient("native-1", IMS)._get_application()
    assert app.authority.device_authorization_endpoint == "https://ims.bentley.com/as/device_authz.oauth2"
    assert app.authority.token_endpoint == "https://ims.bentley.com/connect/token"


def test_sample_metadata_get_a_logical_https_origin(provider: IdentityProvider) -> None:
    transport_log = provider.build_transport()
    found = json.loads(transport_log.get(provider.authority + DISCOVERY_PATH).text)
    assert found["token_endpoint"] == LOGICAL_TOKEN_URL
    assert found["issuer"] == "https://sample-idp.invalid/idp"


@pytest.mark.parametrize(
    "address",
    [
        "http://example.com/idp",
        "http://localhost.example.com/idp",
        "http://127.0.0.1@example.com/idp",
        "http://user@127.0.0.1:1/idp",
        "https://127.0.0.1:1/idp",
        "http://10.0.0.1/idp",
        "http://127.0.0.1:1/",
        "http://127.0.0.1:1\\@example.com/idp",
        "http://example.com\\.127.0.0.1/idp",
        "http://:password@127.0.0.1:1/idp",
        "http://@127.0.0.1:1/idp",
        "http://127.0.0.1:1/idp\n",
        "http://127.0.0.1:99999/idp",
        "file:///idp",
        "127.0.0.1:1/idp",
    ],
)
def test_s7_sample_provider_is_on_this_machine(address: str) -> None:
    with pytest.raises(ValueError, match="identity_url") as raised:
        build_sample_provider(address)
    assert "password" not in str(raised.value)


def test_s12_sample_needs_an_address_on_this_machine() -> None:
    assert not IMS.is_sample
    with pytest.raises(ValueError, match="identity_url"):
        replace(build_sample_provider("http://127.0.0.1:1/idp"), identity_url="https://ims.bentley.com/connect")
    with pytest.raises(ValueError, match="Only the person"):
        IMS.approve_device_code("WDJB-MJHT")


def test_a_real_provider_needs_pinned_metadata() -> None:
    with pytest.raises(ValueError, match="metadata"):
        IdentityProvider(name="Other", authority="https://id.example.com/connect", metadata=None)


def test_s7_the_endpoints_of_a_real_provider_are_https() -> None:
    endpoints = asdict(IMS.metadata)
    with pytest.raises(ValueError, match="https endpoints"):
        replace(IMS, metadata=Metadata(**{**endpoints, "device_authorization_endpoint": "http://ims.bentley.com/as"}))
    with pytest.raises(ValueError, match="https endpoints"):
        replace(
            IMS, metadata=Metadata(**{**endpoints, "token_endpoint": "https://evil.invalid\\.ims.bentley.com/token"})
        )


@given(st.text() | st.sampled_from(["https://[", "http://127.0.0.1:1", "https://a@b.example/", "//x", "javascript:0"]))
def test_s10_any_link_is_checked(uri: str) -> None:
    sample = build_sample_provider("http://127.0.0.1:1/idp")
    assert not sample.trusts_link(uri) or re.match(r"https://\w|http://127\.0\.0\.1:1/idp/", uri.strip(), re.IGNORECASE)


def test_s10_https_links_and_sample_links_are_safe() -> None:
    sample = build_sample_provider("http://127.0.0.1:1/idp")
    assert sample.trusts_link("http://127.0.0.1:1/idp/device?user_code=A")
    assert sample.trusts_link("https://ims.bentley.com/device")
    assert IMS.trusts_link("https://ims.bentley.com/device")
    assert not IMS.trusts_link("http://127.0.0.1:1/idp/device")
    assert not IMS.trusts_link("https://ims.bentley.com@example.com/device")
    assert not IMS.trusts_link("https://example.com\\.ims.bentley.com/device")
    assert not IMS.trusts_link("https://:password@ims.bentley.com/device")
    for character in ("\u202e", "\x1b", "\n"):
        assert not sample.trusts_link(f"http://127.0.0.1:1/idp/{character}device")
        assert not IMS.trusts_link(f"https://ims.bentley.com/{character}device")


def test_s7_sample_metadata_may_not_name_another_host(idp: ScriptedProvider, provider: IdentityProvider) -> None:
    idp.script(
        "discovery", ScriptedResponse({**idp.metadata(), "token_endpoint": "http://127.0.0.2:9/idp/connect/token"})
    )
    with pytest.raises(UnexpectedResponse, match="not its own"):
        provider.build_transport().get(provider.authority + DISCOVERY_PATH)


def test_s7_nothing_is_posted_but_to_the_endpoints(transport: MsalTransport, idp: ScriptedProvider) -> None:
    before = len(idp.requests)
    for url in ("https://sample-idp.invalid/idp/other", f"{idp.identity_url}/connect/token", "https://example.com/"):
        with pytest.raises(UnexpectedResponse, match="not the provider's"):
            transport.post(url, data=FORM)
    assert len(idp.requests) == before


def test_s7_nothing_is_read_but_the_metadata(transport: MsalTransport) -> None:
    with pytest.raises(UnexpectedResponse, match="not the provider's"):
        transport.get("https://login.microsoftonline.com/common/discovery/instance")


def test_s7_a_redirect_is_not_followed(transport: MsalTransport, idp: ScriptedProvider) -> None:
    idp.script("token", ScriptedResponse(b"", 307, {"Location": f"{idp.identity_url}/elsewhere"}))
    with pytest.raises(UnexpectedResponse, match="307"):
        transport.post(LOGICAL_TOKEN_URL, data={**FORM, "refresh_token": CANARY})
    assert idp.find_requests("/elsewhere") == []


def test_s7_a_redirect_to_nowhere_is_not_followed(transport: MsalTransport, idp: ScriptedProvider) -> None:
    for endpoint in ("token", "revocation"):
        idp.script(endpoint, ScriptedResponse(b"", 302, {"Location": "http://[::1"}))
    with pytest.raises(UnexpectedResponse, match="302"):
        transport.post(LOGICAL_TOKEN_URL, data=FORM)
    assert transport.revoke({"token": CANARY}) is False


def test_s7_hanging_provider_times_out(provider: IdentityProvider, idp: ScriptedProvider) -> None:
    transport_log = replace(provider, timeout=0.2).build_transport()
    transport_log.get(provider.authority + DISCOVERY_PATH)
    barrier = threading.Event()
    idp.script("token", ScriptedResponse({}, release=barrier))
    with pytest.raises(ConnectionFailed, match="ReadTimeout"):
        transport_log.post(LOGICAL_TOKEN_URL, data=FORM)
    barrier.set()


def test_s7_a_proxy_is_not_asked_for_this_machine(transport: MsalTransport, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    assert transport.post(LOGICAL_TOKEN_URL, data=FORM).status_code == 400


def test_s5_an_html_answer_is_refused_without_its_text(transport: MsalTransport, idp: ScriptedProvider) -> None:
    idp.script("token", html())
    with pytest.raises(UnexpectedResponse, match="responded with HTTP 200, and the body is not JSON") as raised:
        transport.post(LOGICAL_TOKEN_URL, data=FORM)
    assert CANARY not in str(raised.value)


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"null", b"\xff", b"[" * 100_000])
def test_an_answer_that_is_no_json_object_is_refused(
    transport: MsalTransport, idp: ScriptedProvider, body: bytes
) -> None:
    idp.script("token", ScriptedResponse(body))
    with pytest.raises(UnexpectedResponse):
        transport.post(LOGICAL_TOKEN_URL, data=FORM)


def test_s5_free_text_of_an_error_is_dropped(transport: MsalTransport, idp: ScriptedProvider) -> None:
    idp.script(
        "token", refusal("invalid_grant"), refusal(f"{CANARY}-error"), ScriptedResponse({"error": [CANARY]}, 403)
    )
    idp.script("token", ScriptedResponse({"message": CANARY}, 403))
    seen = [transport.post(LOGICAL_TOKEN_URL, data=FORM).text for _ in range(4)]
    unrecognized = '{"error": "unrecognized_error"}'
    assert seen == ['{"error": "invalid_grant"}', unrecognized, unrecognized, unrecognized]


def test_retry_after_of_an_unavailable_provider_is_passed_on(transport: MsalTransport, idp: ScriptedProvider) -> None:
    idp.script(
        "token", ScriptedResponse(b"", 503, {"Retry-After": "7"}), ScriptedResponse(b"", 429, {"Retry-After": "soon"})
    )
    with pytest.raises(ServerError) as down:
        transport.post(LOGICAL_TOKEN_URL, data=FORM)
    with pytest.raises(RateLimited) as busy:
        transport.post(LOGICAL_TOKEN_URL, data=FORM)
    assert (down.value.retry_after, busy.value.retry_after) == (7, None)


def test_dropped_scopes_are_not_sent(idp: ScriptedProvider) -> None:
    picky = replace(build_sample_provider(idp.identity_url), drop_scopes=IMS.drop_scopes)
    MsalPublicClient("sample", picky).request_device_code(("itwin-platform",))
    assert [form["scope"] for form in idp.find_requests("/connect/device_authorization")] == [
        "itwin-platform offline_access"
    ]


def test_sample_user_approves_or_declines(idp: ScriptedProvider, provider: IdentityProvider) -> None:
    provider.approve_device_code("WDJB-MJHT")
    provider.approve_device_code("WDJB-MJHT", approve=False)
    assert idp.find_requests("/device") == [
        {"user_code": "WDJB-MJHT", "decision": "approve"},
        {"user_code": "WDJB-MJHT", "decision": "deny"},
    ]


def test_a_decision_on_a_code_that_is_gone_is_refused(idp: ScriptedProvider, provider: IdentityProvider) -> None:
    idp.script("decide", html(404))
    with pytest.raises(AuthenticationError, match="Get a new code"):
        provider.approve_device_code("WDJB-MJHT")


def test_a_decision_needs_a_running_sample(idp: ScriptedProvider, provider: IdentityProvider) -> None:
    idp.stop()
    with pytest.raises(ConnectionFailed, match="Check that it is running"):
        provider.approve_device_code("WDJB-MJHT")


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + dt.timedelta(days=1))
    address = x509.IPAddress(ip_address("127.0.0.1"))
    builder = builder.add_extension(x509.SubjectAlternativeName([address]), critical=False)
    path = tmp_path / "own-authority.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    )
    return path


def test_s7_only_our_own_variable_changes_trusted_certificates(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    monkeypatch.setenv("CURL_CA_BUNDLE", str(certificate))
    url = f"https://127.0.0.1:{server.server_port}/connect/token"
    untrusted = replace(IMS, metadata=Metadata(issuer=url, authorization_endpoint=url, token_endpoint=url))
    with pytest.raises(ConnectionFailed, match=r"not trusted.*SSLError.*IMODELS_NB_CA_BUNDLE") as raised:
        untrusted.build_transport().post(url, data={**FORM, "refresh_token": CANARY})
    assert not raised.value.is_retryable
    monkeypatch.setenv("IMODELS_NB_CA_BUNDLE", str(certificate))
    with pytest.raises(ServerError, match="501"):
        untrusted.build_transport().post(url, data=FORM)
    monkeypatch.delenv("IMODELS_NB_CA_BUNDLE")
    with pytest.raises(ServerError, match="501"):
        replace(untrusted, ca_bundle=str(certificate)).build_transport().post(url, data=FORM)
    server.shutdown()
    thread.join()
    server.server_close()
