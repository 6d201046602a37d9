"""Tests of ``make soak``, with a few rounds."""

import logging

import pytest

from benchmarks import soak

pytestmark = pytest.mark.slow


def test_a_few_rounds_lose_and_leak_nothing() -> None:
    figures = soak.run(8, 3)
    assert figures["fetches"] == 8
    assert not soak.find_missed(figures)


def test_a_lost_row_and_a_logged_token_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    fetch = soak.fetch_changesets
    monkeypatch.setattr(soak, "fetch_changesets", lambda *_, **options: fetch(*_, **options).iloc[:-1])
    get_token = soak.RenewingCredential.get_token

    def log_token(self: soak.RenewingCredential, *scopes: str, force_refresh: bool = False) -> object:
        logging.getLogger("any").debug("%s", self.tokens[-1])
        return get_token(self, *scopes, force_refresh=force_refresh)

    monkeypatch.setattr(soak.RenewingCredential, "get_token", log_token)
    assert {"lost", "secrets seen outside"} <= soak.find_missed(soak.run(2, 3))
