"""Lanes and time zones of the push timeline, compared with counts by hand."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
import vl_convert
from helpers.packed_grids import compute_packed_size
from helpers.timelines import (
    SECRET,
    Row,
    build_frame,
    make_rows,
    make_versions,
    marks,
    patient,
    timelines,
)
from hypothesis import given

from imodels_nb.aggregate import ChangesetColumns, Lanes, pack_grid, with_lanes
from imodels_nb.charts import define_push_timeline, push_timeline
from imodels_nb.frames import KINDS, pseudonymize


def _kinds(row: Row) -> list[str]:
    held = [kind.label for kind in KINDS.values() if row.flags & int(kind.flag)]
    return held or ["other" if row.flags else "regular"]


def _by_creator(counts: dict[str, int]) -> pd.DataFrame:
    """Build a frame in which each creator pushes so often."""
    creators = [creator for creator, pushes in counts.items() for _ in range(pushes)]
    return build_frame(
        [Row(1 + number, datetime(2024, 1, 1, tzinfo=UTC), 9, 4, uploaded=True) for number in range(len(creators))]
    ).assign(creator_id=pd.Categorical(creators))


def _with_lanes(frame: pd.DataFrame, lanes: str) -> tuple[ChangesetColumns, Lanes]:
    return with_lanes(ChangesetColumns.from_frame(frame), frame, lanes)


def _count(columns: ChangesetColumns, lanes: Lanes) -> Counter[str]:
    codes = columns.code[columns.uploaded].tolist()
    return Counter(lanes.labels[lane] for code in codes for lane in lanes.members[code])


def _draw(chart: Any) -> Any:
    return vl_convert.vegalite_to_scenegraph(chart.to_dict(validate=False) | {"width": 700})["scenegraph"]


def _texts(scenegraph: Any, role: str = "mark") -> list[str]:
    return [str(item["text"]) for item in marks(scenegraph, "text", role) if item.get("text")]


@patient
@given(timelines())
def test_a_changeset_is_in_the_lane_of_each_of_its_kinds(rows: list[Row]) -> None:
    frame = build_frame(rows)
    counted = _count(*_with_lanes(frame, "kind"))
    assert counted == Counter(kind for row in rows if row.uploaded for kind in _kinds(row))


def test_the_accounts_that_pushed_most_have_lanes_and_all_others_one() -> None:
    pushes = {f"account-{number}": 3 + number for number in range(12)}
    frame = _by_creator(pushes)
    columns, lanes = _with_lanes(frame, "creator")
    most = [f"account-{number}" for number in reversed(range(4, 12))]
    assert lanes.labels == (*map(pseudonymize, most), "4 others")
    assert _count(columns, lanes) == {pseudonymize(account): pushes[account] for account in most} | {
        "4 others": 3 + 4 + 5 + 6
    }


def test_nine_accounts_have_a_lane_each() -> None:
    frame = _by_creator({f"account-{number}": 9 - number for number in range(9)})
    assert _with_lanes(frame, "creator")[1].labels == tuple(pseudonymize(f"account-{number}") for number in range(9))


def test_order_of_rows_changes_no_lane() -> None:
    frame = _by_creator({"one": 5, "two": 3})
    turned = frame.iloc[::-1]
    assert _count(*_with_lanes(turned, "creator")) == {
        pseudonymize("one"): 5,
        pseudonymize("two"): 3,
    }


def test_a_changeset_without_a_known_creator_has_a_lane() -> None:
    frame = _by_creator({"one": 2, "two": 1})
    frame["creator_id"] = frame["creator_id"].cat.remove_categories("two")
    assert _count(*_with_lanes(frame, "creator")) == {
        pseudonymize("one"): 2,
        "unknown": 1,
    }


def test_creators_have_pseudonyms_unless_names_are_requested() -> None:
    frame = build_frame(make_rows(40))
    plain = json.dumps(push_timeline(frame, lanes="creator").to_dict(validate=False))
    assert pseudonymize(SECRET) in plain
    assert SECRET not in plain
    named = frame.assign(creator_name=pd.Categorical(["Ada Lovelace"] * 40))
    for lanes in ("creator", "creator_name"):
        assert "Lovelace" in json.dumps(push_timeline(named, lanes=lanes).to_dict(validate=False))
    assert "Lovelace" not in json.dumps(push_timeline(named, lanes="kind").to_dict(validate=False))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["</script><b>", "'] + alert(1) + ['", 'a "quoted" \\ name', "\u202ereversed\x00"])
def test_a_name_is_drawn_as_it_is_and_stays_text(name: str) -> None:
    frame = build_frame(make_rows(40)).assign(creator_name=pd.Categorical([name] * 40))
    chart = push_timeline(frame, lanes="creator_name")
    assert "</script" not in json.dumps(chart.to_dict(validate=False))
    shown = name.replace("\u202e", "\ufffd").replace("\x00", "\ufffd")
    assert shown in _texts(_draw(chart), "axis-label")


@pytest.mark.slow
def test_the_totals_beside_the_lanes_are_those_of_the_range() -> None:
    rows = [row for row in make_rows(900) if row.uploaded]
    scenegraph = _draw(push_timeline(build_frame(rows), make_versions(rows), lanes="kind"))
    output = _texts(scenegraph)
    expected = Counter(kind for row in rows for kind in _kinds(row))
    assert set(expected) <= set(_texts(scenegraph, "axis-label"))
    assert Counter(text for text in output if text.isdigit()) == Counter(str(count) for count in expected.values())
    assert f"Changesets 1 – {rows[-1].index:,} · {len(rows):,} uploaded" in output  # noqa: RUF001  # an en dash


def test_names_are_refused_where_the_frame_has_none() -> None:
    with pytest.raises(ValueError, match=r"lacks creator_name; pass with_creator_names\(changesets, users\)"):
        push_timeline(build_frame(make_rows(2)), lanes="creator_name")
    with pytest.raises(ValueError, match="lacks creator_id"):
        push_timeline(build_frame(make_rows(2)).drop(columns="creator_id"), lanes="creator")


@pytest.mark.slow
@pytest.mark.parametrize("lanes", ["kind", "creator"])
@pytest.mark.parametrize("count", [0, 1, 3])
def test_hardly_any_changesets_have_lanes_too(lanes: Any, count: int) -> None:
    texts = _texts(_draw(push_timeline(build_frame(make_rows(count)), lanes=lanes)))
    assert ("There are no changesets" in texts) == (count == 0)


def test_every_mix_of_kinds_makes_a_grid_no_larger_than_a_few_do() -> None:
    rows = [
        Row(1 + at, datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=at), 9, at % 128, uploaded=True)
        for at in range(50_000)
    ]
    columns, subject = define_push_timeline(build_frame(rows), lanes="kind")
    assert compute_packed_size(pack_grid(subject.build_grid(columns, 2_048))) < 200_000
    assert len(subject.count_cells(columns).to_csv(index=False)) < 1_000_000


def _days(frame: pd.DataFrame, time_zone: str) -> list[datetime]:
    """Read on which days of the chart's axis its grid has pushes."""
    columns, subject = define_push_timeline(frame, time_zone=time_zone)
    rows = subject.count_range(columns)
    return [datetime(1970, 1, 1) + timedelta(minutes=minute) for minute in rows["minute"]]  # noqa: DTZ001  # a wall has no zone


def test_bins_are_the_days_of_the_zone_when_clocks_change_too() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    days = [
        datetime(2024, 3, 25, tzinfo=berlin) + timedelta(days=number) for number in range(220)
    ]  # both changes are in there
    ends = [moment for day in days for moment in (day, day + timedelta(hours=23, minutes=59))]
    rows = [Row(1 + number, end.astimezone(UTC), 9, 4, uploaded=True) for number, end in enumerate(ends)]
    frame = build_frame(rows[:380])
    assert _days(frame, "Europe/Berlin") == [day.replace(tzinfo=None) for day in days[:190]]
    assert _days(frame, "UTC") != _days(frame, "Europe/Berlin")


@pytest.mark.slow
def test_the_axis_shows_the_time_zone_and_local_time() -> None:
    rows = [
        Row(1 + number, datetime(2024, 7, 1, 23, 30 + number, tzinfo=UTC), 9, 4, uploaded=True) for number in range(2)
    ]
    scenegraph = _draw(push_timeline(build_frame(rows), time_zone="Europe/Berlin"))
    assert "Time of push (Europe/Berlin)" in _texts(scenegraph, "axis-title")
    assert "['01:30', '']" in _texts(scenegraph, "axis-label")
    assert "2 Jul 2024" in str(_texts(scenegraph, "axis-label"))


@pytest.mark.parametrize("time_zone", ["Berlin", "", "../etc/passwd", "Europe", None, 2])
def test_an_invalid_time_zone_is_refused_with_advice(time_zone: Any) -> None:
    with pytest.raises(
        ValueError, match=r"There is no time zone .* give an IANA name such as 'Europe/London', or 'UTC'"
    ):
        push_timeline(build_frame(make_rows(2)), time_zone=time_zone)
