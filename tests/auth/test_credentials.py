import copy
import pickle
import pprint
from collections.abc import Callable
from dataclasses import replace

import pytest
from helpers.scripted_provider import CANARY
from hypothesis import given
from hypothesis import strategies as st

from imodels_nb.api import IModelsClient
from imodels_nb.auth import (
    IMS,
    AccessToken,
    AuthorizationCodeCredential,
    ClientSecretCredential,
    DeviceCodeCredential,
    EnvironmentCredential,
    StaticTokenCredential,
)
from imodels_nb.auth.authorization_code_flow import PendingAuthorization
from imodels_nb.auth.device_code_flow import PendingDeviceCode
from imodels_nb.auth.msal_client import MsalConfidentialClient, MsalPublicClient
from imodels_nb.auth.token_store import StoredSignIn
from imodels_nb.errors import CredentialUnavailableError

SECRET = f"{CANARY}-token"


def sealed_objects() -> list[object]:
    grant = {"device_code": SECRET, "user_code": "A", "verification_uri": "https://x", "interval": 1, "expires_in": 9}
    return [
        AccessToken(SECRET, 1),
        StaticTokenCredential(SECRET),
        EnvironmentCredential(),
        ClientSecretCredential("service-1", SECRET),
        MsalConfidentialClient("service-1", IMS, lambda: SECRET),
        AuthorizationCodeCredential("native-1"),
        PendingAuthorization(
            {"redirect_uri": "http://x", "auth_uri": "https://x?scope=a", "state": SECRET, "code_verifier": SECRET},
            frozenset(),
        ),
        StoredSignIn("ada@example.com", 1, SECRET),
        DeviceCodeCredential("native-1"),
        MsalPublicClient("native-1", IMS),
        PendingDeviceCode(grant, ["itwin-platform"]),
    ]


@pytest.mark.parametrize("show", [repr, str, format, pprint.pformat], ids=lambda show: show.__name__)
@pytest.mark.parametrize("sealed", sealed_objects(), ids=lambda sealed: type(sealed).__name__)
def test_s3_no_display_of_a_credential_has_the_secret(sealed: object, show: Callable[[object], str]) -> None:
    assert CANARY not in show(sealed)


@pytest.mark.parametrize("sealed", sealed_objects(), ids=lambda sealed: type(sealed).__name__)
def test_s3_attributes_have_no_secret(sealed: object) -> None:
    assert CANARY not in repr(getattr(sealed, "__dict__", {}))


@pytest.mark.parametrize("take", [pickle.dumps, copy.copy, copy.deepcopy], ids=lambda take: take.__name__)
@pytest.mark.parametrize("sealed", sealed_objects(), ids=lambda sealed: type(sealed).__name__)
def test_s3_a_credential_is_neither_pickled_nor_copied(sealed: object, take: Callable[[object], object]) -> None:
    with pytest.raises(TypeError, match="neither pickled nor copied"):
        take(sealed)


def test_access_token_shows_its_secret_on_request_only() -> None:
    assert AccessToken(SECRET, 1).token == SECRET


def test_an_access_token_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        AccessToken(SECRET).token = "other"  # type: ignore[misc]  # that it cannot is the point


def test_a_static_token_is_taken_as_people_paste_it() -> None:
    assert StaticTokenCredential(f"  Bearer {SECRET}\n").get_token("itwin-platform").token == SECRET


def test_a_callable_is_asked_for_the_token_each_time() -> None:
    given_out = iter(["first", "second"])
    credential = StaticTokenCredential(lambda: next(given_out))
    assert [credential.get_token().token, credential.get_token(force_refresh=True).token] == ["first", "second"]


@given(st.text())
def test_static_token_is_valid_in_a_header_or_refused(text: str) -> None:
    try:
        token = StaticTokenCredential(text).get_token().token
    except CredentialUnavailableError as error:
        assert len(text.strip()) < 4 or text.strip() not in str(error)  # noqa: PT017 - either outcome is right
    else:
        assert token
        assert token.isascii()
        assert token.isprintable()
        assert " " not in token


def test_environment_credential_names_its_missing_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IMODELS_NB_ACCESS_TOKEN", raising=False)
    assert not EnvironmentCredential().available
    with pytest.raises(CredentialUnavailableError, match="IMODELS_NB_ACCESS_TOKEN"):
        EnvironmentCredential().get_token()


def test_environment_credential_reads_its_variable_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    credential = EnvironmentCredential()
    monkeypatch.setenv("IMODELS_NB_ACCESS_TOKEN", SECRET)
    assert credential.available
    assert credential.get_token().token == SECRET


def test_s8_environment_token_is_not_sent_to_this_machine() -> None:
    with pytest.raises(ValueError, match="This credential belongs to"):
        IModelsClient(EnvironmentCredential(), base_url="http://127.0.0.1:8123")


def test_s8_token_of_the_vendor_is_not_sent_to_this_machine() -> None:
    with pytest.raises(ValueError, match="This credential belongs to"):
        IModelsClient(DeviceCodeCredential("native-1"), base_url="http://127.0.0.1:8123")


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        f"Bearer {SECRET}",
        f"bearer   {SECRET}",
        f"Bearer\t{SECRET}",
        f"Authorization: Bearer {SECRET}",
        f'"{SECRET}"',
        f"'Bearer {SECRET}'\n",
        f'Bearer "{SECRET}"',
    ],
)
def test_decoration_of_a_pasted_token_is_removed(text: str) -> None:
    assert StaticTokenCredential(text).get_token().token == SECRET


@pytest.mark.parametrize(
    ("token", "problem"),
    [
        ("", "it is empty"),
        ("  ", "it is empty"),
        ("Bearer", None),
        ("Bearer eyJ\u2026", "the … of a shortened text"),
        (f"{SECRET}\x00", "control characters"),
        (f"{SECRET} {SECRET}", "blanks"),
        (f"{SECRET}\n{SECRET}", "line breaks"),
        (None, "a token is text, not NoneType"),
        (SECRET.encode(), "a token is text, not bytes"),
    ],
    ids=ascii,
)
def test_unusable_token_is_explained(token: object, problem: str | None) -> None:
    credential = StaticTokenCredential(token)  # type: ignore[arg-type]
    if problem is None:
        assert credential.get_token().token == token
        return
    with pytest.raises(CredentialUnavailableError, match=problem) as raised:
        credential.get_token()
    assert CANARY not in str(raised.value)
    with pytest.raises(CredentialUnavailableError, match=problem):
        StaticTokenCredential(lambda: token).get_token()  # type: ignore[arg-type, return-value]


def test_environment_uses_the_settings_of_its_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IMODELS_NB_PROVIDER", raising=False)
    mine = replace(IMS, ca_bundle="/ca.pem", timeout=7)
    assert EnvironmentCredential(mine).provider is mine
    assert EnvironmentCredential(replace(IMS, name="Other")).provider is IMS
