"""Tests of ``python -m benchmarks.kills``, with a few kills."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks import kills
from benchmarks.kills import Confirmed, Kills
from benchmarks.pushing_client import iterate_reports

pytestmark = pytest.mark.slow


def test_a_few_kills_lose_nothing() -> None:
    figures = kills.run(5, 3)
    assert figures["kills of the hub"] + figures["kills of the client"] == 5
    assert figures["responses with 2xx"] > 0
    assert not kills.find_missed(figures)


def test_lost_rows_are_counted(tmp_path: Path) -> None:
    with Kills(tmp_path, 3) as rounds:
        rounds.run_round()
        rounds._running.close()
        with closing(sqlite3.connect(rounds._ledger, isolation_level=None)) as db:
            db.execute("DELETE FROM briefcases")
            db.execute("DELETE FROM timeline WHERE changeset_index IN (7, 21)")
        rounds._start_hub()
        rounds._confirmed.pushed["a" * 40] = "digest"
        rounds._compare(kills.Api(rounds._address["base_url"], rounds._address["token"]))
        assert {"changesets lost", "briefcases lost", "broken chains"} <= kills.find_missed(dict(rounds.count))


def test_a_request_without_a_response_is_unsure() -> None:
    lines = ['{"try": {"what": "data", "id": "a"}}', '{"done": {"what": "data", "id": "a"}}', '{"try": {"what": "da']
    confirmed = Confirmed()
    for report in iterate_reports(lines):
        confirmed.record(report)
    assert (confirmed.data, confirmed.unsure) == ({"a"}, None)
    confirmed.record({"try": {"what": "unlock", "object": "0x1"}})
    assert confirmed.unsure == {"what": "unlock", "object": "0x1"}
