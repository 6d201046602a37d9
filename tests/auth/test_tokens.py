import json
from base64 import urlsafe_b64encode

import pytest
from helpers.scripted_provider import id_token
from hypothesis import given
from hypothesis import strategies as st

from imodels_nb.auth.tokens import decode_claims, read_account, read_expiry

JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=5)


@given(st.text() | st.text().map(lambda text: f"a.{text}.b"))
def test_a_token_of_any_kind_has_claims_or_none(token: str) -> None:
    assert isinstance(decode_claims(token), dict)


@given(st.dictionaries(st.sampled_from(["exp", "email", "name", "preferred_username"]), JSON))
def test_any_claims_give_a_name_and_an_expiry_or_nothing(claims: dict[str, object]) -> None:
    part = urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    read = decode_claims(f"e30.{part}.x")
    assert isinstance(read_account(read), str | None)
    assert isinstance(read_expiry(read), int | None)


@pytest.mark.parametrize(("claims", "account"), [({"email": "a@b"}, "a@b"), ({"client_id": "s-1"}, "s-1"), ({}, None)])
def test_account_is_the_first_readable_name(claims: dict[str, str], account: str | None) -> None:
    assert read_account(decode_claims(id_token(**claims))) == account


@pytest.mark.parametrize("claims", [b"[" * 60_000, b"[]", b"\xff", b"{}"])
def test_a_token_that_is_no_object_or_too_long_has_none(claims: bytes) -> None:
    assert decode_claims(f"e30.{urlsafe_b64encode(claims).decode()}.x") == {}
