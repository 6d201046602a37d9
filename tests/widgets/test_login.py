"""Results of login() for each strategy, credential and environment."""

import re
from pathlib import Path
from threading import Event

import nbformat
import pytest
from helpers.login_cards import list_buttons, read_card, read_synced_state
from helpers.scripted_provider import (
    CANARY,
    USER_CODE,
    ScriptedProvider,
    ScriptedResponse,
    SteppedClock,
    html,
    id_token,
    refusal,
    tokens,
)
from helpers.waiting import wait_until
from nbclient import NotebookClient

from imodels_hub import Hub
from imodels_nb.auth import (
    ClientSecretCredential,
    EnvironmentCredential,
    IdentityProvider,
    LoginState,
    StaticTokenCredential,
)
from imodels_nb.errors import CredentialUnavailableError
from imodels_nb.sample.provider import build_sample_provider
from imodels_nb.widgets.login import login
from imodels_nb.widgets.login_widget import InteractiveLoginWidget

pytestmark = pytest.mark.usefixtures("no_widget_outlives_its_test")


def test_login_does_not_wait_for_the_provider(idp: ScriptedProvider) -> None:
    slow = idp.grant()
    slow.release = Event()
    idp.script("device", slow)
    card = login(provider=build_sample_provider(idp.identity_url))
    assert card.state is LoginState.STARTING
    assert list(list_buttons(card)) == ["Cancel"]
    slow.release.set()


def test_unknown_strategy_lists_the_strategies() -> None:
    with pytest.raises(ValueError, match="'auto', 'environment', 'stored', 'device_code', 'authorization_code'"):
        login("browser")


def test_environment_token_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMODELS_NB_ACCESS_TOKEN", f"{CANARY}-environment")
    for card in (login(), login("environment")):
        assert isinstance(card.credential, EnvironmentCredential)
        assert card.state is LoginState.SIGNED_IN
        assert "IMODELS_NB_ACCESS_TOKEN" in read_card(card)
        assert repr(card) == "LoginWidget(state='SIGNED_IN', credential='EnvironmentCredential')"


def test_passed_credential_comes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMODELS_NB_ACCESS_TOKEN", f"{CANARY}-environment")
    credential = StaticTokenCredential(f"{CANARY}-static")
    card = login(credential=credential)
    assert card.credential is credential
    assert "passed to login()" in read_card(card)


def test_environment_token_never_goes_to_the_sample(idp: ScriptedProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMODELS_NB_ACCESS_TOKEN", f"{CANARY}-environment")
    assert isinstance(login(provider=build_sample_provider(idp.identity_url)), InteractiveLoginWidget)
    with pytest.raises(CredentialUnavailableError, match="go to no other provider"):
        login("environment", provider=build_sample_provider(idp.identity_url))


def test_login_without_token_or_client_id_says_what_to_do() -> None:
    with pytest.raises(CredentialUnavailableError, match="IMODELS_NB_ACCESS_TOKEN"):
        login("environment")
    with pytest.raises(CredentialUnavailableError, match="client_id"):
        login()


def test_signed_in_credential_is_not_asked_again(
    card: InteractiveLoginWidget, clock: SteppedClock, idp: ScriptedProvider
) -> None:
    idp.decision = "approve"
    clock.tick()
    wait_until(lambda: card.state is LoginState.SIGNED_IN)
    again = login(credential=card.credential)
    assert again.state is LoginState.SIGNED_IN
    assert len(idp.find_requests("/connect/device_authorization")) == 1


def test_the_sample_hub_signs_its_user_in() -> None:
    with Hub() as hub:
        card = login(provider=build_sample_provider(hub.identity_url, hub.client_id))
        wait_until(lambda: card.state is LoginState.AWAITING_USER)
        list_buttons(card)["Approve as sample user"].click()
        wait_until(lambda: card.state is LoginState.SIGNED_IN)
        wait_until(lambda: "Sign out" in list_buttons(card))
        first, second = card.credential.get_token(), card.credential.get_token(force_refresh=True)
    assert card.credential.account in read_card(card)
    assert first.token != second.token


def test_service_card_signs_in_in_the_background(idp: ScriptedProvider, provider: IdentityProvider) -> None:
    card = login(credential=ClientSecretCredential("service-1", f"{CANARY}-client-secret", provider=provider))
    wait_until(lambda: "Signed in as a service" in read_card(card))
    assert card.state is LoginState.SIGNED_IN
    assert "service-1" in read_card(card)
    assert "until" in read_card(card)
    assert CANARY not in read_synced_state()
    idp.script("service", refusal("invalid_client", 401), refusal("unauthorized_client"))
    for state in (LoginState.FAILED, LoginState.UNSUPPORTED):
        wrong = login(credential=ClientSecretCredential("service-1", f"{CANARY}-client-secret", provider=provider))
        wait_until(lambda wrong=wrong: "Check the client id" in read_card(wrong))
        assert wrong.state is state
        assert CANARY not in read_synced_state()


def test_card_shows_account_and_expiry_of_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    token = id_token(preferred_username="ada@example.com", exp=4_102_444_800)
    monkeypatch.setenv("IMODELS_NB_ACCESS_TOKEN", token)
    for card in (login(), login(credential=StaticTokenCredential(token))):
        assert "ada@example.com" in read_card(card)
        assert "until" in read_card(card)
        assert CANARY not in read_synced_state()
    assert StaticTokenCredential(token).get_token().expires_on == 4_102_444_800


NOTEBOOK = [
    """\
import sys
sys.path.insert(0, {tests!r})
from helpers.scripted_provider import SteppedClock
from helpers.waiting import wait_until
from imodels_nb.auth import DeviceCodeCredential, LoginState
from imodels_nb.sample.provider import SampleProvider, build_sample_provider
from imodels_nb.widgets.login import login

def new_card():
    card = login(credential=DeviceCodeCredential(provider=build_sample_provider({url!r}), clock=SteppedClock()))
    wait_until(lambda: card.credential._clock.waiting)
    return card

def go_on(card):  # to its end within this cell: nbclient keeps no update that comes between two cells
    card.credential._clock.free = True
    card.credential.flow.wait()
    return card.credential
""",
    "card = new_card()\ncard",
    "go_on(card)",
    "card = new_card()\ncard",
    "go_on(card)",
    "card = new_card()\ncard",
    """\
try:
    card.credential.get_token()
except Exception as error:
    print(type(error).__name__)
card.cancel()
""",
]


@pytest.mark.slow
def test_s2_s6_executed_notebook_has_no_secret_and_no_stray_output(
    idp: ScriptedProvider, pytestconfig: pytest.Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    idp.script("token", ScriptedResponse(b"", 503), html(), tokens())
    idp.script("token", refusal("authorization_pending"), refusal("access_denied"))
    names = {"tests": str(pytestconfig.rootpath / "tests"), "url": idp.identity_url}
    first, *others = NOTEBOOK
    cells = [nbformat.v4.new_code_cell(source) for source in (first.format(**names), *others)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, kernel_name="python3").execute()  # keeps the state of every widget, as JupyterLab can

    written = nbformat.writes(notebook)
    assert "application/vnd.jupyter.widget-state+json" in written
    assert not re.search(rf"{CANARY}-\w", written)
    assert USER_CODE not in written
    assert "/idp/device" not in written
    texts = [[output.get("text") or output["data"]["text/plain"] for output in cell.outputs] for cell in cells]
    card = re.compile(r"LoginWidget\(state='\w+', provider='sample'\)")
    assert [len(outputs) for outputs in texts] == [0, 1, 1, 1, 1, 1, 1]
    assert all(card.fullmatch(texts[number][0]) for number in (1, 3, 5))
    assert texts[2] == ["DeviceCodeCredential(state='SIGNED_IN', provider='sample')"]
    assert texts[4] == ["DeviceCodeCredential(state='DECLINED', provider='sample')"]
    assert texts[6] == ["AuthenticationRequiredError\n"]  # without a user it does not wait
