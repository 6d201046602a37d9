import json
from base64 import urlsafe_b64encode

import pytest
from helpers.scripted_provider import id_token
from hypothesis import given
from hypothesis import strategies as st

from imodels_nb.auth.claims import account_of, claims_of, end_of

JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=5)


@given(st.text() | st.text().map(lambda text: f"a.{text}.b"))
def test_a_token_of_any_kind_has_claims_or_none(token: str) -> None:
    assert isinstance(claims_of(token), dict)


@given(st.dictionaries(st.sampled_from(["exp", "email", "name", "preferred_username"]), JSON))
def test_whatever_the_claims_hold_gives_a_name_and_an_end_or_none(claims: dict[str, object]) -> None:
    part = urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    read = claims_of(f"e30.{part}.x")
    assert isinstance(account_of(read), str | None)
    assert isinstance(end_of(read), int | None)


@pytest.mark.parametrize(("claims", "account"), [({"email": "a@b"}, "a@b"), ({"client_id": "s-1"}, "s-1"), ({}, None)])
def test_the_account_is_the_name_that_a_person_knows(claims: dict[str, str], account: str | None) -> None:
    assert account_of(claims_of(id_token(**claims))) == account


@pytest.mark.parametrize("claims", [b"[" * 60_000, b"[]", b"\xff", b"{}"])
def test_a_token_that_is_no_object_or_too_long_has_none(claims: bytes) -> None:
    assert claims_of(f"e30.{urlsafe_b64encode(claims).decode()}.x") == {}
