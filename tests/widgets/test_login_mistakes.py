"""Invalid arguments of `login`: an error at once, without the value."""

from typing import Any

import pytest

from imodels_nb.auth import StaticTokenCredential
from imodels_nb.errors import CredentialUnavailableError
from imodels_nb.widgets import login

CANARY = "eyJ-canary-4be1"


def test_token_in_place_of_the_strategy_is_not_shown() -> None:
    with pytest.raises(ValueError, match=r"StaticTokenCredential\(token\)") as caught:
        login(CANARY)
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("credential", [CANARY, 5, object()])
def test_what_is_no_credential_shows_no_card(credential: Any) -> None:
    with pytest.raises(TypeError, match="get_token") as caught:
        login(credential=credential)
    assert CANARY not in str(caught.value)


def test_a_hub_in_the_place_of_its_provider_is_put_right() -> None:
    with pytest.raises(TypeError, match=r"the \.provider of a sample hub"):
        login(provider=object())  # type: ignore[arg-type]  # that is the point


@pytest.mark.parametrize("value", ["two words", "línea"])
def test_invalid_environment_token_is_refused_at_login(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMODELS_NB_ACCESS_TOKEN", value)
    with pytest.raises(CredentialUnavailableError, match="IMODELS_NB_ACCESS_TOKEN"):
        login()


@pytest.mark.parametrize("token", [None, b"secret", 5, "", "  ", "two words"])
def test_what_is_no_token_is_refused_in_our_own_words(token: Any) -> None:
    for given in (token, lambda: token):
        with pytest.raises(CredentialUnavailableError, match="one line of text"):
            StaticTokenCredential(given).get_token()


@pytest.mark.parametrize("token", [None, "", "two words"])
def test_what_is_no_token_shows_no_card(token: Any) -> None:
    with pytest.raises(CredentialUnavailableError, match="one line of text"):
        login(credential=StaticTokenCredential(token))
    assert login(credential=StaticTokenCredential(lambda: pytest.fail("called"))).state.value == "SIGNED_IN"


def test_a_strategy_is_not_ignored_beside_a_credential() -> None:
    with pytest.raises(ValueError, match="a strategy or a credential, not both: leave out 'device_code'"):
        login("device_code", credential=StaticTokenCredential("abc"))


@pytest.mark.parametrize("persist", ["yes", [1], 1])
def test_persist_of_another_type_is_refused(persist: Any) -> None:
    with pytest.raises(TypeError, match="persist should be True, False or TokenCachePersistenceOptions"):
        login("stored", client_id="native-1", persist=persist)


@pytest.mark.parametrize("token", ["Bearer abc", "bearer abc", " abc "])
def test_a_token_copied_with_its_scheme_is_taken_without(token: str) -> None:
    assert StaticTokenCredential(token).get_token().token == "abc"
