"""Invalid arguments of the functions of insights, the report and the explorer."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from helpers.projects import draw_frames

from imodels_nb import ChangesetExplorer, audit_ledger, charts, checkpoint_debt, findings, milestones, write_report
from imodels_nb.aggregate import ChangesetColumns, with_lanes

Frames = dict[str, pd.DataFrame]

CALLS: dict[str, Callable[[Frames], Any]] = {
    "findings": lambda frames: findings(**frames),
    "audit_ledger": lambda frames: audit_ledger(frames["changesets"]),
    "checkpoint_debt": lambda frames: checkpoint_debt(frames["changesets"], frames["checkpoints"]),
    "milestones": lambda frames: milestones(frames["changesets"], frames["named_versions"]),
    "write_report": lambda frames: write_report("never-written.html", **frames),
    "ChangesetExplorer": lambda frames: ChangesetExplorer(**frames),
}


@pytest.fixture(scope="module")
def frames() -> Frames:
    return draw_frames(300, 3)


SENSELESS: list[tuple[Callable[[pd.DataFrame], pd.DataFrame], str]] = [
    (
        lambda all_: all_.assign(push_date_time=all_["push_date_time"].where(all_.index > 1)),
        "push_date_time is missing",
    ),
    (
        lambda all_: all_.assign(push_date_time=all_["push_date_time"].astype("str")),
        "push_date_time should contain times",
    ),
    (lambda all_: all_.assign(push_date_time=all_["push_date_time"].dt.tz_localize(None)), "times with a time zone"),
    (lambda all_: all_.assign(file_size=all_["file_size"].where(all_.index > 2)), "file_size is missing at .* 1 more;"),
    (lambda all_: all_.assign(file_size=-all_["file_size"] - 1), "file_size is below 0 at changeset 1 and 299 more"),
    (lambda all_: all_.assign(file_size=all_["file_size"] + 0.5), "file_size is not a whole number at changeset 1"),
    (lambda all_: all_.assign(briefcase_id="two"), "briefcase_id should contain whole numbers, not str"),
    (lambda all_: all_.assign(briefcase_id=pd.array([None] * 300, dtype="Int64")), "briefcase_id is missing"),
    (lambda all_: all_.assign(containing_changes=None), "containing_changes should contain whole numbers, not object"),
    (lambda all_: all_.assign(id=range(300)), "id should contain text, not int64; .*astype"),
    (lambda all_: all_.assign(parent_id=[["a"]] * 300), "parent_id should contain text, not object"),
    (lambda all_: all_.assign(state=1.5), "state should contain text, not float64"),
    (lambda all_: all_.assign(creator_id=[{"a": 1}] * 300), "creator_id should contain text, not object"),
    (lambda all_: all_.set_axis((all_.index - 9).rename("changeset_index")), "whole numbers from 0 on; .* from -8"),
    (lambda all_: pd.concat([all_, all_[["id", "file_size"]]], axis=1), "changesets frame has twice id, file_size;"),
    (lambda all_: all_.set_axis(all_.index.astype("float64")), "changesets frame should be indexed by changeset_index"),
    (lambda all_: pd.concat({"iModel": all_}), "changesets frame should be indexed by changeset_index"),
]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(("spoil", "words"), SENSELESS, ids=range(len(SENSELESS)))
def test_invalid_changesets_are_refused_by_name(
    frames: Frames, call: str, spoil: Callable[[pd.DataFrame], pd.DataFrame], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        CALLS[call](frames | {"changesets": spoil(frames["changesets"])})


@pytest.mark.parametrize(
    ("name", "spoil", "words"),
    [
        ("named_versions", {"created_date_time": "2026-01-31"}, "created_date_time should contain times"),
        ("groups", {"created_date_time": datetime(2026, 1, 31)}, "created_date_time should contain times"),  # noqa: DTZ001
        ("groups", {"changesets": -1}, "changesets is below 0 at row "),
    ],
)
def test_other_invalid_frames_are_refused_by_name(frames: Frames, name: str, spoil: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        findings(**frames | {name: frames[name].assign(**spoil)})


@pytest.mark.parametrize("hidden", [None, "no", 1, pd.Series([True])])
def test_hidden_is_a_boolean(frames: Frames, hidden: Any) -> None:
    with pytest.raises(TypeError, match="hidden should be True or False"):
        milestones(frames["changesets"], frames["named_versions"], hidden=hidden)


def test_creators_may_be_numbers(frames: Frames) -> None:
    numbers = frames["changesets"].assign(creator_id=frames["changesets"]["creator_id"].cat.codes.astype("int64"))
    expected = findings(**frames)[["rule", "first_index", "last_index"]]
    pd.testing.assert_frame_equal(findings(**frames | {"changesets": numbers})[expected.columns.tolist()], expected)


def test_texts_may_be_categories(frames: Frames) -> None:
    categories = frames["changesets"].astype({"id": "category", "parent_id": "category"})
    pd.testing.assert_frame_equal(
        audit_ledger(categories, now="2030-01-01"), audit_ledger(frames["changesets"], now="2030-01-01")
    )
    versions = frames["named_versions"].astype({"name": "category", "id": "category"})
    found = findings(**frames | {"changesets": categories, "named_versions": versions})
    pd.testing.assert_frame_equal(found, findings(**frames))


def test_a_repeated_version_is_refused(frames: Frames) -> None:
    versions = frames["named_versions"].assign(id=[f"v{number}" for number in range(len(frames["named_versions"]))])
    checkpoints = frames["checkpoints"].assign(
        named_version_id=[f"v{number}" for number in range(len(frames["checkpoints"]))]
    )
    twice = {"named_versions": pd.concat([versions, versions]), "checkpoints": pd.concat([checkpoints, checkpoints])}
    with pytest.raises(ValueError, match="named versions frame repeats id at changeset"):
        milestones(frames["changesets"], twice["named_versions"])
    with pytest.raises(ValueError, match="checkpoints frame repeats named_version_id at changeset"):
        milestones(frames["changesets"], versions, twice["checkpoints"])
    for name, frame in twice.items():
        with pytest.raises(ValueError, match="frame repeats"):
            findings(**frames | {name: frame})
        with pytest.raises(ValueError, match="frame repeats"):
            checkpoint_debt(frames["changesets"], **{name: frame})


def test_a_named_version_without_a_state_is_refused(frames: Frames, tmp_path: Path) -> None:
    versions = frames["named_versions"].assign(state=None)
    changesets = frames["changesets"]
    for call in (
        lambda: milestones(changesets, versions),
        lambda: findings(changesets, versions),
        lambda: charts.push_timeline(changesets, versions),
        lambda: ChangesetExplorer(changesets, versions),
        lambda: write_report(tmp_path / "report.html", changesets, versions),
    ):
        with pytest.raises(ValueError, match="state is missing, so a hidden named version could show"):
            call()


def test_ids_of_people_differ_in_case_only(frames: Frames) -> None:
    ids = frames["changesets"]["creator_id"].astype("str")
    mixed = frames["changesets"].assign(creator_id=ids.where(ids.index % 2 == 0, ids.str.upper()))
    versions = frames["named_versions"]
    pd.testing.assert_frame_equal(milestones(mixed, versions), milestones(frames["changesets"], versions))
    people = pd.DataFrame({"label": ids.unique()}, index=pd.Index(ids.str.upper().unique(), name="id"))
    named = {"users": people, "named_versions": versions}
    pd.testing.assert_frame_equal(findings(mixed, **named), findings(frames["changesets"], **named))
    assert len(with_lanes(ChangesetColumns.from_frame(mixed), mixed, "creator")[1].labels) == len(
        with_lanes(ChangesetColumns.from_frame(mixed), frames["changesets"], "creator")[1].labels
    )


def test_repeated_user_is_refused(frames: Frames) -> None:
    users = pd.DataFrame({"label": ["a", "b"]}, index=pd.Index(["same", "same"], name="id"))
    with pytest.raises(ValueError, match="users frame should be indexed by unique ids"):
        findings(frames["changesets"], users=users)


def test_run_with_one_unknown_end_has_no_range(frames: Frames) -> None:
    groups = frames["groups"].iloc[:1].assign(state="timedOut", last_index=pd.array([None], dtype="Int64"))
    found = findings(frames["changesets"], groups=groups)
    assert found.loc[found["rule"] == "failed run", ["first_index", "last_index"]].isna().all(axis=None)


@pytest.mark.parametrize("zone", [None, 5, (1, 2), "", "localtime", "../etc/passwd", "\0"])
def test_invalid_time_zone_is_refused(frames: Frames, zone: Any) -> None:
    with pytest.raises(ValueError, match=r"There is no time zone .* IANA name"):
        findings(frames["changesets"], time_zone=zone)


@pytest.mark.parametrize("now", [5, 1.7e9, True, "", "soon", pd.NaT, ["2026-01-31"], "20000-01-01"])
def test_invalid_now_is_refused(frames: Frames, now: Any) -> None:
    with pytest.raises(ValueError, match="now should be a time"):
        findings(frames["changesets"], now=now)


@pytest.mark.parametrize("now", [datetime(2030, 1, 1, tzinfo=UTC), date(2030, 1, 1), "2030-01-01T09:00+09:00"])
def test_now_is_converted_to_utc(frames: Frames, now: Any) -> None:
    assert findings(frames["changesets"], now=now).attrs["now"] == "2030-01-01T00:00:00+00:00"


def test_now_before_the_data_gives_no_warning() -> None:
    calm = draw_frames(300, 3, anomalies=False)
    assert (findings(**calm, now="1990-01-01")["severity"] < "warning").all()


@pytest.mark.slow
def test_now_does_not_depend_on_the_machine() -> None:
    script = "from imodels_nb.insights import parse_timestamp; print(parse_timestamp('now').timestamp())"
    output = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, env={**os.environ, "TZ": "Asia/Tokyo"}
    )
    assert abs(float(output.stdout) - datetime.now(UTC).timestamp()) < 600
