"""Each threshold from both sides, and the words of some sentences."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers.projects import TIME
from test_findings import PEOPLE, START, checkpoints, select_rule, timeline, versions, with_value

from imodels_nb import findings

Given = dict[str, Any]


def has_finding(rule: str, given: Given, severity: str = "") -> bool:
    return any(severity in found[0] for found in select_rule(rule, findings(**given)))


def turns(*seconds: float, **columns: Any) -> Given:
    """Build pushes so many seconds apart by several briefcases, among calm ones."""
    frame = timeline(**columns)
    times = frame["push_date_time"].copy()
    times.iloc[101 : 101 + len(seconds)] = times.iloc[100] + pd.to_timedelta(np.cumsum(seconds), unit="s")
    return {"changesets": frame.assign(push_date_time=times)}


def days_of_bursts(usual: int, once: int) -> Given:
    """Build pushes of two briefcases, a minute apart each morning, more on one day."""
    counts = [once if day == 20 else usual for day in range(40)]
    times = [START + timedelta(days=day, minutes=number) for day, count in enumerate(counts) for number in range(count)]
    count = sum(counts)
    columns = {"push_date_time": pd.Series(times, dtype=TIME).array, "briefcase_id": 2 + np.arange(count) % 2}
    return {"changesets": timeline(count, **columns)}


def heavy(size: int, count: int = 400, *, other: int = 0) -> Given:
    """Build a timeline with one large file, and perhaps another."""
    frame = with_value("file_size", 9, size, count=count)
    if other:
        frame.loc[12, "file_size"] = other
    return {"changesets": frame}


def one_of(pushes: int, by_one: int, *, before: float = 0) -> Given:
    """Build pushes of which one account made so many; some of them long before."""
    who = [PEOPLE[0] if number < by_one else PEOPLE[1 + number % 2] for number in range(pushes)]
    frame = timeline(pushes, creator_id=pd.Categorical(who))
    times = frame["push_date_time"].where(frame.index > 10, frame["push_date_time"] - timedelta(days=before))
    return {"changesets": frame.assign(push_date_time=times)}


def schema_at(*at: int) -> Given:
    return {"changesets": timeline(containing_changes=np.isin(np.arange(1, 401), at).astype(np.int64))}


def late(pushes: int) -> Given:
    """Push four times each working day, and so many times in one night."""
    at = [24 * day + number for day in range(140) if day % 7 < 5 for number in range(4)]
    times = pd.Series(START + pd.to_timedelta(at, unit="h"))
    times.iloc[200 : 200 + pushes] = times.iloc[200].normalize() + timedelta(hours=21)
    return {"changesets": timeline(len(times), push_date_time=times.sort_values().astype(TIME).array)}


def handing_over(leaver: int, heir: int, *, between: int = 0) -> Given:
    """Build pushes of one account, then of two in turn, then of a new one."""
    others = [f"{3 + number % 2}" * 8 for number in range(between)]
    who = [PEOPLE[0]] * leaver + others + [PEOPLE[1]] * heir
    return {"changesets": timeline(len(who), creator_id=pd.Categorical(who))}


EDGES: dict[str, tuple[str, str, Callable[[], Given], Callable[[], Given]]] = {
    "eight turns": ("contention", "", lambda: turns(*[60] * 8), lambda: turns(*[60] * 7)),
    "five minutes": ("contention", "", lambda: turns(*[60] * 7, 300), lambda: turns(*[60] * 7, 301)),
    "half an hour": ("contention", "", lambda: turns(*[210] * 8), lambda: turns(*[290] * 8)),
    "other briefcases": ("contention", "", lambda: turns(*[60] * 9), lambda: turns(*[60] * 9, briefcase_id=2)),
    "three usual days": ("contention", "", lambda: days_of_bursts(5, 13), lambda: days_of_bursts(5, 12)),
    "five minutes of clocks": (
        "dates backwards",
        "warning",
        lambda: turns(0, -301),
        lambda: turns(0, -300),
    ),
    "twenty files": ("size outlier", "", lambda: heavy(10**9, 20), lambda: heavy(10**9, 19)),
    "400 MB": ("size outlier", "warning", lambda: heavy(400_000_000), lambda: heavy(399_999_999)),
    "alone": (
        "size outlier",
        "",
        lambda: heavy(2_500_000, other=70_000),
        lambda: heavy(174_999, other=70_000),
    ),
    "four fifths": ("concentration", "", lambda: one_of(50, 40), lambda: one_of(50, 39)),
    "twenty pushes": ("concentration", "", lambda: one_of(20, 20), lambda: one_of(19, 19)),
    "ninety days": ("concentration", "", lambda: one_of(25, 25, before=85), lambda: one_of(25, 25, before=92)),
    "five of each": ("hand-over", "", lambda: handing_over(5, 5), lambda: handing_over(6, 4)),
    "eight pushes": (
        "hand-over",
        "",
        lambda: handing_over(50, 50, between=7),
        lambda: handing_over(50, 50, between=8),
    ),
    "five schemas": (
        "schema storm",
        "",
        lambda: schema_at(100, 102, 104, 106, 108),
        lambda: schema_at(100, 102, 104, 106),
    ),
    "three apart": (
        "schema storm",
        "",
        lambda: schema_at(100, 103, 106, 109, 112),
        lambda: schema_at(100, 103, 106, 109, 113),
    ),
    "ten at night": ("off hours", "", lambda: late(10), lambda: late(9)),
    "sixty changesets": (
        "checkpoint debt",
        "",
        lambda: {"changesets": timeline(61), "named_versions": versions(0)},
        lambda: {"changesets": timeline(60), "named_versions": versions(0)},
    ),
    "two in a row": (
        "failed checkpoints",
        "warning",
        lambda: {"changesets": timeline(), "checkpoints": checkpoints({9: "failed", 50: "failed"})},
        lambda: {"changesets": timeline(), "checkpoints": checkpoints({9: "failed", 50: "successful", 60: "failed"})},
    ),
}


@pytest.mark.parametrize("edge", EDGES)
def test_threshold_separates(edge: str) -> None:
    rule, severity, above, below = EDGES[edge]
    assert has_finding(rule, above(), severity)
    assert not has_finding(rule, below(), severity)


def test_singular_and_plural() -> None:
    frame = with_value("state", 9, "waitingForFile").drop(index=[50])
    assert findings(frame)["sentence"].tolist()[0].endswith(". 1 index number is missing in between.")
    assert "The file of changeset 9 is not uploaded. person-" in findings(frame)["sentence"].tolist()[1]
    frame = timeline().drop(index=[50, 51])
    frame.loc[[9, 10], "state"] = "waitingForFile"
    assert findings(frame)["sentence"].tolist()[0].endswith(". 2 index numbers are missing in between.")
    assert "The files of 2 changesets from 9 to 10 are not uploaded. person-" in findings(frame)["sentence"][1]


def test_duration_has_the_largest_unit() -> None:
    for seconds, words in ((59, "59 seconds"), (120, "2 minutes"), (3600, "1 hour"), (200_000, "2 days")):
        sentence = findings(**turns(0, -seconds)).query("rule == 'dates backwards'")["sentence"].iloc[0]
        assert f"is dated {words} before" in sentence
