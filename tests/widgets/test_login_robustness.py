"""The card with any response of a provider, and with any credential."""

from collections.abc import Iterator

import ipywidgets
import pytest
from helpers.scripted_provider import USER_CODE, ScriptedProvider, ScriptedResponse, SteppedClock, id_token, tokens
from helpers.waiting import wait_until

from imodels_nb.auth import (
    AccessToken,
    ClientSecretCredential,
    DeviceCodeCredential,
    IdentityProvider,
    LoginState,
    StaticTokenCredential,
)
from imodels_nb.widgets import login_html
from imodels_nb.widgets.login import login
from imodels_nb.widgets.login_widget import InteractiveLoginWidget


@pytest.fixture
def card(provider: IdentityProvider) -> Iterator[InteractiveLoginWidget]:
    clock = SteppedClock()
    shown = login(credential=DeviceCodeCredential(provider=provider, clock=clock))
    assert isinstance(shown, InteractiveLoginWidget)
    wait_until(lambda: clock.waiting)
    yield shown
    shown.close()


def clock_of(card: InteractiveLoginWidget) -> SteppedClock:
    clock = card.credential._clock
    assert isinstance(clock, SteppedClock)
    return clock


def test_lifetime_beyond_the_year_9999_leaves_no_code_on_the_card(
    card: InteractiveLoginWidget, idp: ScriptedProvider
) -> None:
    assert USER_CODE in card._body.value
    idp.script("token", tokens(expires_in=10**12))
    clock_of(card).tick()
    wait_until(lambda: card.state is LoginState.SIGNED_IN)
    assert USER_CODE not in card._body.value
    assert "Signed in" in card._title.value


def test_card_that_cannot_be_drawn_keeps_no_code(
    card: InteractiveLoginWidget, idp: ScriptedProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> str:
        raise OverflowError

    monkeypatch.setattr(login_html, "build_account_line", fail)
    idp.decision = "approve"
    clock_of(card).tick()
    wait_until(lambda: card.state is LoginState.SIGNED_IN)
    assert USER_CODE not in card._body.value
    assert card._copy.text == ""
    assert "The sign-in is signed in." in card._body.value
    assert card.credential.get_token().token


def test_connection_to_the_browser_that_has_gone_stops_no_fetch(
    card: InteractiveLoginWidget, idp: ScriptedProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("the socket is closed")

    monkeypatch.setattr(ipywidgets.Widget, "_send", fail)
    idp.decision = "approve"
    clock_of(card).free = True
    assert card.credential.flow is not None
    assert card.credential.flow.wait(10) is LoginState.SIGNED_IN
    assert card.credential.get_token(force_refresh=True).token


def test_trouble_is_shown_with_its_cause(card: InteractiveLoginWidget, idp: ScriptedProvider) -> None:
    idp.script("token", ScriptedResponse(b"", 503))
    clock_of(card).tick()
    wait_until(lambda: card.state is LoginState.RETRYING)
    wait_until(lambda: "next try follows automatically" in card._body.value)
    assert "sample is temporarily unavailable (HTTP 503). The next try follows automatically." in card._body.value


class Foreign:
    """A credential that is not of this package."""

    def __init__(self, **attributes: object) -> None:
        vars(self).update(attributes)

    def get_token(self, *_scopes: str, force_refresh: bool = False) -> AccessToken:
        raise ZeroDivisionError(force_refresh)


@pytest.mark.parametrize("end", [10**20, -(10**20), float("nan"), "soon", 253_402_300_799], ids=str)
def test_end_that_no_clock_shows_is_left_out(end: object) -> None:
    card = login(credential=Foreign(account=7, expires_on=end))
    assert ">7<" in card._body.value


def test_token_whose_claims_are_out_of_range_is_shown() -> None:
    token = id_token(preferred_username="ada\u202e@example.com", exp=253_402_300_798)
    card = login(credential=StaticTokenCredential(token))
    assert "ada\ufffd@example.com" in card._body.value
    assert "until " not in card._body.value


def test_secret_that_cannot_be_read_is_a_failure_of_the_card(provider: IdentityProvider) -> None:
    def fail() -> str:
        raise KeyError("vault")

    card = login(credential=ClientSecretCredential("service-1", fail, provider=provider))
    wait_until(lambda: card.state is LoginState.FAILED)
    wait_until(lambda: "KeyError" in card._body.value)


def test_credential_that_fails_in_its_own_way_is_a_failure_of_the_card() -> None:
    card = login(credential=Foreign(is_service=True))
    wait_until(lambda: card.state is LoginState.FAILED)
    wait_until(lambda: "ZeroDivisionError" in card._body.value)


@pytest.mark.parametrize("client_id", ["native-abc123", "Service-XYZ", "spa-1"])
def test_client_id_in_the_wrong_place_gets_a_hint(client_id: str) -> None:
    with pytest.raises(ValueError, match=r"A client id goes to login\(client_id=\.\.\.\)") as raised:
        login(client_id)  # type: ignore[arg-type]
    assert client_id not in str(raised.value)


def test_card_that_can_be_drawn_again_has_its_code_again(
    card: InteractiveLoginWidget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login_html, "build_countdown", lambda _: 1 / 0)
    card._render()
    assert USER_CODE not in card._body.value
    monkeypatch.undo()
    card._render()
    assert USER_CODE in card._body.value
