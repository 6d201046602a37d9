"""Nothing that a person did not ask for shows a secret: logs, tracebacks, widgets."""

import logging
from collections.abc import Iterator
from contextlib import nullcontext

import pytest
import requests
from helpers.scripted_provider import CANARY, ScriptedProvider, ScriptedResponse, html, refusal, tokens
from helpers.secrets_in_text import contains_secret, verbose_traceback

from imodels_nb.auth import DeviceCodeCredential, EnvironmentCredential, LoginState, StaticTokenCredential
from imodels_nb.errors import AuthenticationRequiredError, ServerError, UnexpectedResponse


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.DEBUG):
        yield caplog


def test_verbose_traceback_shows_a_secret() -> None:
    def leak() -> None:
        secret = f"{CANARY}-leak"
        raise ValueError(len(secret))

    assert contains_secret(verbose_traceback(leak))


@pytest.fixture
def signed_in(idp: ScriptedProvider, credential: DeviceCodeCredential) -> DeviceCodeCredential:
    idp.script("token", tokens())
    assert credential.begin_authenticate().wait(10) is LoginState.SIGNED_IN
    return credential


@pytest.mark.parametrize(
    "response",
    [
        ScriptedResponse(b"", 503),
        html(),
        html(404),
        refusal("invalid_grant"),
        refusal("temporarily_unavailable"),
        tokens(expires_in=[CANARY]),
        tokens(access_token=f"{CANARY}\n{CANARY}"),
        ScriptedResponse(b"[]"),
    ],
    ids=["503", "html", "404", "invalid_grant", "unavailable", "unreadable", "broken token", "no object"],
)
def test_s4_a_refresh_that_fails_prints_no_secret(
    idp: ScriptedProvider, signed_in: DeviceCodeCredential, response: ScriptedResponse
) -> None:
    idp.script("refresh", response)
    assert not contains_secret(verbose_traceback(lambda: signed_in.get_token(force_refresh=True)))


def test_s4_no_network_prints_no_secret(idp: ScriptedProvider, signed_in: DeviceCodeCredential) -> None:
    idp.stop()
    assert not contains_secret(verbose_traceback(lambda: signed_in.get_token(force_refresh=True)))


def test_s4_an_interrupted_refresh_prints_no_secret(
    signed_in: DeviceCodeCredential, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_arguments: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(requests.Session, "request", interrupt)
    printed = verbose_traceback(lambda: signed_in.get_token(force_refresh=True))
    assert "KeyboardInterrupt" in printed
    assert not contains_secret(printed)


@pytest.mark.parametrize(
    "response", [refusal("access_denied"), refusal(f"{CANARY}-code"), html()], ids=["declined", "new", "html"]
)
def test_s4_a_sign_in_that_ended_badly_prints_no_secret(
    idp: ScriptedProvider, credential: DeviceCodeCredential, response: ScriptedResponse
) -> None:
    idp.script("token", *[response] * 1000)
    credential.begin_authenticate().wait(10)
    assert not contains_secret(verbose_traceback(credential.get_token))


def test_s4_a_token_that_is_not_usable_is_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMODELS_NB_ACCESS_TOKEN", f"{CANARY}-one {CANARY}-two")
    supply = StaticTokenCredential(f"{CANARY}-one\n{CANARY}-two")
    assert not contains_secret(verbose_traceback(supply.get_token))
    assert not contains_secret(verbose_traceback(EnvironmentCredential().get_token))


def test_s5_at_debug_nothing_logs_a_secret(
    idp: ScriptedProvider, credential: DeviceCodeCredential, log: pytest.LogCaptureFixture
) -> None:
    trouble = [html(), ScriptedResponse(b"", 503), refusal("slow_down"), refusal("authorization_pending")]
    idp.script("token", *trouble, tokens())
    idp.script("refresh", refusal("temporarily_unavailable"), html(), tokens(2), refusal("invalid_grant"))
    assert credential.begin_authenticate().wait(10) is LoginState.SIGNED_IN
    for outcome in (ServerError, UnexpectedResponse, None, AuthenticationRequiredError):
        with pytest.raises(outcome) if outcome else nullcontext():
            credential.get_token(force_refresh=True)
    assert "msal" in log.text  # it did log
    assert not contains_secret(log.text)
