"""Checks of the rules about secrets against variants that break one of them."""

import json
import logging
import pickle
from collections.abc import Callable
from typing import Any

import ipywidgets
import msal
import pytest
import requests
from helpers.scripted_provider import CANARY, ScriptedProvider, ScriptedResponse, SteppedClock, html, tokens
from helpers.secrets_in_text import contains_secret
from helpers.waiting import wait_until
from IPython.core.ultratb import VerboseTB

from imodels_nb._abortable_http import NoRedirectSession
from imodels_nb.auth import AccessToken, DeviceCodeCredential, IdentityProvider, LoginState
from imodels_nb.auth.credentials import NotPicklable
from imodels_nb.auth.msal_client import MsalPublicClient
from imodels_nb.auth.token_store import ScopedTokenCache
from imodels_nb.auth.transport import MsalTransport, ProviderResponse
from imodels_nb.widgets import login_html, login_widget
from imodels_nb.widgets.login import login


@pytest.fixture
def signed_in(idp: ScriptedProvider, credential: DeviceCodeCredential) -> DeviceCodeCredential:
    idp.script("token", tokens())
    assert credential.begin_authenticate().wait(10) is LoginState.SIGNED_IN
    return credential


def format_traceback(call: Callable[[], object]) -> str:
    with pytest.raises(Exception) as raised:  # noqa: PT011 - whatever the variant lets through
        call()
    return VerboseTB(theme_name="nocolor").text(raised.type, raised.value, raised.tb)


def test_s1_leaky_card_with_the_token_is_detected(
    signed_in: DeviceCodeCredential, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login_html, "build_account_line", lambda *_: signed_in.get_token().token)
    card = login(credential=signed_in)
    synced = json.dumps([widget.get_state() for widget in ipywidgets.widgets.widget._instances.values()], default=str)
    assert contains_secret(synced)
    card.close()


def test_s1_leaky_card_with_the_address_is_detected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login_widget.InteractiveLoginWidget, "_submit_pasted", lambda *_: None)
    card = login_widget.InteractiveLoginWidget(DeviceCodeCredential("native-1"))
    card._paste.value = f"?code={CANARY}-code"
    assert contains_secret(json.dumps(card._paste.get_state(), default=str))
    card.close()


def test_s3_leaky_access_token_is_detected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AccessToken, "__repr__", lambda self: f"AccessToken({self.token})")
    assert contains_secret(repr(AccessToken(f"{CANARY}-token")))
    monkeypatch.delattr(NotPicklable, "__reduce_ex__")
    assert contains_secret(pickle.dumps(AccessToken(f"{CANARY}-token")).decode("latin-1"))


def test_s4_leaky_error_of_msal_is_detected(
    idp: ScriptedProvider, signed_in: DeviceCodeCredential, monkeypatch: pytest.MonkeyPatch
) -> None:
    undecorated = MsalPublicClient.acquire_silently.__wrapped__
    monkeypatch.setattr(MsalPublicClient, "acquire_silently", undecorated)
    monkeypatch.setattr(MsalTransport, "send", MsalTransport.send.__wrapped__)
    idp.script("refresh", ScriptedResponse(b"", 503))
    assert contains_secret(format_traceback(lambda: signed_in.get_token(force_refresh=True)))


def test_s5_leaky_transport_is_detected(
    idp: ScriptedProvider,
    credential: DeviceCodeCredential,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def hand_over(self: MsalTransport, method: str, url: str, form: object = None) -> ProviderResponse:
        return ProviderResponse(200, self.send(method, url, form, 10)[2].decode())

    monkeypatch.setattr(MsalTransport, "_send_and_parse", hand_over)
    idp.script("token", html())
    with caplog.at_level(logging.DEBUG):
        credential.begin_authenticate().wait(10)
    assert contains_secret(caplog.text)


def test_s5_leaky_token_cache_is_detected(
    idp: ScriptedProvider,
    credential: DeviceCodeCredential,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(ScopedTokenCache, "add", msal.SerializableTokenCache.add)
    idp.script("token", tokens())
    with caplog.at_level(logging.DEBUG):
        credential.begin_authenticate().wait(10)
    assert contains_secret(caplog.text)


def test_s7_leaky_redirect_is_detected(
    idp: ScriptedProvider, signed_in: DeviceCodeCredential, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = requests.Session.request

    def follow(self: requests.Session, method: str, url: str, **options: Any) -> requests.Response:
        return request(self, method, url, **{**options, "allow_redirects": True})

    monkeypatch.setattr(requests.Session, "request", follow)
    monkeypatch.delattr(NoRedirectSession, "get_redirect_target")
    idp.script("refresh", ScriptedResponse(b"", 307, {"Location": f"{idp.identity_url}/elsewhere"}))
    signed_in.get_token(force_refresh=True)
    assert contains_secret(str(idp.find_requests("/elsewhere")))


def test_s10_unescaped_card_is_detected(
    idp: ScriptedProvider, provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login_html, "escape", str)
    idp.script("device", idp.grant(user_code="<img src=x onerror=alert(1)>"))
    card = login(credential=DeviceCodeCredential(provider=provider, clock=SteppedClock()))
    wait_until(lambda: "<img" in card._body.value)
    card.close()
