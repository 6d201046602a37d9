"""A short soak; ``make soak`` runs a long one."""

import logging

import pytest

from benchmarks import soak

pytestmark = pytest.mark.slow


def test_a_short_soak_finds_nothing() -> None:
    figures = soak.run(8, 3)
    assert figures["fetches"] == 8
    assert not soak.missed(figures)


def test_a_soak_detects_a_lost_row_and_a_logged_token(monkeypatch: pytest.MonkeyPatch) -> None:
    fetch = soak.fetch_changesets
    monkeypatch.setattr(soak, "fetch_changesets", lambda *_, **options: fetch(*_, **options).iloc[:-1])
    give = soak.Renewing.get_token

    def told(self: soak.Renewing, *scopes: str, force_refresh: bool = False) -> object:
        logging.getLogger("anybody").debug("%s", self.given[-1])
        return give(self, *scopes, force_refresh=force_refresh)

    monkeypatch.setattr(soak.Renewing, "get_token", told)
    assert {"lost", "secrets seen outside"} <= soak.missed(soak.run(2, 3))
