"""Stored changesets: one request, complete, never shown without permission."""

import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from time import sleep
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from helpers import store_writer
from helpers.hub_faults import count_requests, without_rows
from hypothesis import given, settings
from hypothesis import strategies as st

from imodels_hub import Hub, Response, build_recorded_project, generate_project, iterate_changeset_pages
from imodels_nb.api import IModelsClient
from imodels_nb.api.decode import decode
from imodels_nb.api.schemas import CHANGESETS
from imodels_nb.auth import StaticTokenCredential
from imodels_nb.errors import Forbidden, IModelsError, IncompleteTimeline, NotFound, Unauthorized
from imodels_nb.fetch import fetch_changesets
from imodels_nb.store import ChangesetStore, list_stored

IMODEL = "5e19bee0-3aea-4355-a9f0-c6df9989ee7d"


@pytest.fixture
def ledger() -> Iterator[Hub]:
    with Hub(generate_project(1_200)) as hub:
        yield hub


@pytest.fixture
def reader(ledger: Hub) -> Iterator[IModelsClient]:
    with IModelsClient(StaticTokenCredential(ledger.token), base_url=ledger.base_url) as client:
        yield client


def _folder(hub: Hub, root: Path) -> Path:
    return ChangesetStore(root, hub.base_url, hub.imodel_id).folder


def _rows(count: int, **changes: Any) -> pa.Table:
    """Give a timeline as the wire brings it; a change is a dict by index."""
    document = [
        row for page in iterate_changeset_pages(generate_project(count)) for row in json.loads(page)["changesets"]
    ]
    for row in document:
        row.update(changes.get(f"at_{row['index']}", {}))
    body = json.dumps({"changesets": document}).encode()
    return pa.Table.from_batches([decode(body, CHANGESETS).rows])


WHOLE = 30


@settings(max_examples=25)
@given(
    ends=st.sets(st.integers(1, WHOLE), max_size=3),
    waiting=st.none() | st.integers(1, WHOLE),
    spoiled=st.lists(st.tuples(st.integers(0, WHOLE), st.sampled_from(["gone", "cut", "turned"])), max_size=3),
)
def test_damaged_segments_never_break_the_stored_timeline(
    ends: set[int], waiting: int | None, spoiled: list[tuple[int, str]]
) -> None:
    changes = {f"at_{waiting}": {"state": "waitingForFile"}} if waiting else {}
    timeline, settled = _rows(WHOLE, **changes), (waiting or WHOLE + 1) - 1
    with tempfile.TemporaryDirectory() as root:
        store = ChangesetStore(Path(root), "https://api.bentley.com", IMODEL)
        after = 0
        for end in sorted({*ends, WHOLE}):
            store.append(timeline.slice(after, end - after), after=after)
            after = end
        if not spoiled:
            assert store.read().column("index").to_pylist() == list(range(1, settled + 1))
        for number, how in spoiled:
            _spoil(sorted(store.folder.glob("*.parquet")), number, how)
        left = store.read()
        assert left.equals(timeline.select(left.column_names).slice(0, left.num_rows))
        assert left.num_rows <= settled


def _spoil(files: list[Path], number: int, how: str) -> None:
    if not files:
        return
    file = files[number % len(files)]
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    if how == "gone":
        file.unlink()
    else:
        file.write_bytes(content if how == "turned" else content[: len(content) // 2])


@pytest.mark.slow
@pytest.mark.parametrize("new", [0, 1, 37, 999, 1000])
def test_a_refresh_takes_one_request_and_equals_a_new_fetch(
    ledger: Hub, reader: IModelsClient, tmp_path: Path, new: int
) -> None:
    fetch_changesets(reader, ledger.imodel_id, cache=tmp_path)
    ledger.push(new)
    before = count_requests(ledger)
    again = fetch_changesets(reader, ledger.imodel_id, cache=tmp_path)
    assert count_requests(ledger) - before == 1
    assert len(again) == 1_200 + new
    pd.testing.assert_frame_equal(again, fetch_changesets(reader, ledger.imodel_id))


@pytest.mark.parametrize("lost", [range(1201, 1211), range(1200, 1211), range(1211, 1216)], ids=str)
def test_rows_missing_after_stored_ones_are_fetched_again(
    ledger: Hub, reader: IModelsClient, tmp_path: Path, lost: range
) -> None:
    fetch_changesets(reader, ledger.imodel_id, cache=tmp_path)
    ledger.push(30)
    ledger.inject(without_rows(*lost))
    again = fetch_changesets(reader, ledger.imodel_id, cache=tmp_path)
    pd.testing.assert_frame_equal(again, fetch_changesets(reader, ledger.imodel_id))
    assert ChangesetStore(tmp_path, ledger.base_url, ledger.imodel_id).read().num_rows == 1_230


def test_rows_missing_after_stored_ones_for_good_are_an_error(
    ledger: Hub, reader: IModelsClient, tmp_path: Path
) -> None:
    fetch_changesets(reader, ledger.imodel_id, cache=tmp_path)
    ledger.push(30)
    ledger.inject(*[without_rows(*range(1201, 1211))] * 4)
    with pytest.raises(IncompleteTimeline, match="between changesets 1200 and 1211"):
        fetch_changesets(reader, ledger.imodel_id, cache=tmp_path)
    assert ChangesetStore(tmp_path, ledger.base_url, ledger.imodel_id).read().num_rows == 1_200


@pytest.mark.slow
def test_stored_changesets_are_not_fetched_again(ledger: Hub, reader: IModelsClient, tmp_path: Path) -> None:
    fetch_changesets(reader, ledger.imodel_id, cache=tmp_path)
    ledger.push(2_500)
    before = count_requests(ledger)
    again = fetch_changesets(reader, ledger.imodel_id, cache=tmp_path)
    assert count_requests(ledger) - before == 3
    pd.testing.assert_frame_equal(again, fetch_changesets(reader, ledger.imodel_id))


def test_a_range_is_selected_from_stored_changesets(ledger: Hub, reader: IModelsClient, tmp_path: Path) -> None:
    arguments: dict[str, Any] = {"after_index": 100, "last_index": 230}
    fetch_changesets(reader, ledger.imodel_id, cache=tmp_path)
    part = fetch_changesets(reader, ledger.imodel_id, cache=tmp_path, **arguments)
    pd.testing.assert_frame_equal(part, fetch_changesets(reader, ledger.imodel_id, **arguments))


@pytest.mark.slow
@pytest.mark.parametrize("more", [0, 400, 2_000])
def test_a_rolled_back_timeline_is_fetched_anew(tmp_path: Path, more: int) -> None:
    old, new = generate_project(1_200), generate_project(700 + more, seed=8)
    port = _keep(old, tmp_path)
    with Hub(_as(old, new), port=port, token="t") as hub, _client(hub) as client:
        again = fetch_changesets(client, hub.imodel_id, cache=tmp_path)
        pd.testing.assert_frame_equal(again, fetch_changesets(client, hub.imodel_id))
        pd.testing.assert_frame_equal(again, fetch_changesets(client, hub.imodel_id, cache=tmp_path))
    assert len(again) == 700 + more


def test_a_timeline_that_branches_before_the_stored_end_is_fetched_anew(
    ledger: Hub, reader: IModelsClient, tmp_path: Path
) -> None:
    fetch_changesets(reader, ledger.imodel_id, cache=tmp_path)
    ledger.roll_back(1)
    ledger.push(2, gap=3)
    again = fetch_changesets(reader, ledger.imodel_id, cache=tmp_path)
    pd.testing.assert_frame_equal(again, fetch_changesets(reader, ledger.imodel_id))


def test_a_shortened_timeline_is_returned_shortened(tmp_path: Path) -> None:
    port = _keep(generate_project(1_200), tmp_path)
    rows = [row for page in iterate_changeset_pages(generate_project(1_200)) for row in json.loads(page)["changesets"]]
    with (
        Hub(build_recorded_project(rows[:900], imodel_id=generate_project(1).imodel.id), port=port, token="t") as hub,
        _client(hub) as cl,
    ):
        assert len(fetch_changesets(cl, hub.imodel_id, cache=tmp_path)) == 900


def _client(hub: Hub) -> IModelsClient:
    return IModelsClient(StaticTokenCredential("t"), base_url=hub.base_url)


def _keep(project: Any, root: Path) -> int:
    """Keep a project's timeline, and give the port it was served at."""
    with Hub(project, token="t") as hub, _client(hub) as client:
        fetch_changesets(client, hub.imodel_id, cache=root)
        return int(hub.base_url.rpartition(":")[2])


def _as(old: Any, new: Any) -> Any:
    """Give the new project under the old one's ids."""
    rows = [row for page in iterate_changeset_pages(new) for row in json.loads(page)["changesets"]]
    return build_recorded_project(rows, imodel_id=old.imodel.id)


@pytest.mark.parametrize(("status", "kind"), [(401, Unauthorized), (403, Forbidden), (404, NotFound)])
def test_stored_changesets_are_hidden_without_permission(
    ledger: Hub, reader: IModelsClient, tmp_path: Path, status: int, kind: type[IModelsError]
) -> None:
    fetch_changesets(reader, ledger.imodel_id, cache=tmp_path)
    ledger.inject(lambda _: Response(status, b"{}"))
    with pytest.raises(kind):
        fetch_changesets(reader, ledger.imodel_id, cache=tmp_path)


def test_changesets_that_wait_for_their_file_are_not_stored(ledger: Hub, reader: IModelsClient, tmp_path: Path) -> None:
    ledger.push(2, state="waitingForFile")
    ledger.push(3)
    assert len(fetch_changesets(reader, ledger.imodel_id, cache=tmp_path)) == 1_205
    assert ChangesetStore(tmp_path, ledger.base_url, ledger.imodel_id).read().num_rows == 1_200
    before = count_requests(ledger)
    assert fetch_changesets(reader, ledger.imodel_id, cache=tmp_path)["state"].value_counts()["waitingForFile"] == 2
    assert count_requests(ledger) - before == 1


def test_the_full_detail_cannot_be_stored(ledger: Hub, reader: IModelsClient, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="can still change"):
        fetch_changesets(reader, ledger.imodel_id, detail="full", cache=tmp_path)
    assert count_requests(ledger) == 0


def test_stored_files_are_private_and_hold_no_secret(ledger: Hub, reader: IModelsClient, tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        fetch_changesets(reader, ledger.imodel_id, cache=tmp_path / "deep" / "cache")
    finally:
        os.umask(umask)
    folder = _folder(ledger, tmp_path / "deep" / "cache")
    for level in (folder, *folder.parents[:3]):
        assert stat.S_IMODE(level.stat().st_mode) == 0o700
    for file in folder.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert ledger.token.encode() not in file.read_bytes()


def test_the_same_id_at_another_service_is_another_imodel(tmp_path: Path) -> None:
    first, second = (ChangesetStore(tmp_path, origin, IMODEL) for origin in ("https://a.example", "https://b.example"))
    first.append(_rows(10), after=0)
    assert (first.read().num_rows, second.read().num_rows) == (10, 0)


def test_damaged_and_unknown_segments_are_ignored_and_fetched_again(
    ledger: Hub, reader: IModelsClient, tmp_path: Path
) -> None:
    fresh = fetch_changesets(reader, ledger.imodel_id, cache=tmp_path)
    (segment,) = _folder(ledger, tmp_path).iterdir()
    for damage in (b"", b"PAR1 nonsense PAR1", segment.read_bytes()[:-9]):
        segment.write_bytes(damage)
        pd.testing.assert_frame_equal(fetch_changesets(reader, ledger.imodel_id, cache=tmp_path), fresh)


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows.replace_schema_metadata({"version": "v0"}),
        lambda rows: rows.append_column("more", rows["id"]),
        lambda rows: rows.drop_columns(["groupId"]),
    ],
    ids=["another version", "a column more", "a column less"],
)
def test_a_segment_of_another_version_is_fetched_again(
    ledger: Hub, reader: IModelsClient, tmp_path: Path, change: Callable[[pa.Table], pa.Table]
) -> None:
    fresh = fetch_changesets(reader, ledger.imodel_id, cache=tmp_path)
    (segment,) = _folder(ledger, tmp_path).iterdir()
    pa.parquet.write_table(change(pa.parquet.read_table(segment)), segment)
    before = count_requests(ledger)
    pd.testing.assert_frame_equal(fetch_changesets(reader, ledger.imodel_id, cache=tmp_path), fresh)
    assert count_requests(ledger) - before == 2


def test_a_gap_between_segments_ends_the_stored_timeline(tmp_path: Path) -> None:
    here, rows = ChangesetStore(tmp_path, "https://a.example", IMODEL), _rows(30)
    here.append(rows.slice(0, 10), after=0)
    here.append(rows.slice(20), after=20)
    assert here.read().num_rows == 10
    here.append(rows.slice(8, 14), after=8)
    assert here.read().equals(rows)


def test_segments_of_another_chain_are_removed(tmp_path: Path) -> None:
    here = ChangesetStore(tmp_path, "https://a.example", IMODEL)
    here.append(_rows(10), after=0)
    here.append(_rows(20, at_11={"parentId": "0" * 40}).slice(10), after=10)
    assert here.read().num_rows <= 10
    assert len(list(here.folder.iterdir())) == 1


def test_many_small_segments_become_one(tmp_path: Path) -> None:
    here, rows = ChangesetStore(tmp_path, "https://a.example", IMODEL), _rows(40)
    for number in range(40):
        here.append(rows.slice(number, 1), after=number)
        assert here.read().num_rows == number + 1
        assert len(list(here.folder.iterdir())) <= 16
    assert here.read().equals(rows)


def test_files_of_a_killed_process_are_removed(tmp_path: Path) -> None:
    here = ChangesetStore(tmp_path, "https://a.example", IMODEL)
    here.append(_rows(3), after=0)
    old, young = here.folder / ".1-aa.tmp", here.folder / ".2-bb.tmp"
    for file in (old, young):
        file.write_bytes(b"half")
    os.utime(old, (time.time() - 7200,) * 2)
    here.append(_rows(5).slice(3), after=3)
    assert (old.exists(), young.exists()) == (False, True)


@pytest.mark.parametrize("step", ["store.pq.write_table", "_files.os.fsync"])
def test_a_full_disk_is_a_warning_not_an_error(
    ledger: Hub, reader: IModelsClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(f"imodels_nb.{step}", full)
    with pytest.warns(UserWarning, match="could not be stored in .* \\(No space left on device\\)"):
        assert len(fetch_changesets(reader, ledger.imodel_id, cache=tmp_path)) == 1_200
    assert not list(_folder(ledger, tmp_path).iterdir())


def test_stored_timelines_are_listed(ledger: Hub, reader: IModelsClient, tmp_path: Path) -> None:
    assert list_stored(tmp_path) == []
    fetch_changesets(reader, ledger.imodel_id, cache=tmp_path)
    (entry,) = list_stored(tmp_path)
    assert (entry.origin, entry.imodel_id) == (ledger.base_url, ledger.imodel_id)
    assert (entry.changesets, entry.last_index) == (1_200, 1_200)
    assert entry.size > 1_000


@pytest.mark.slow
def test_killed_and_concurrent_writers_leave_an_unbroken_chain(tmp_path: Path) -> None:
    rows, file, root = _rows(3_000), tmp_path / "timeline.parquet", tmp_path / "cache"
    pa.parquet.write_table(rows, file)
    here, seen = ChangesetStore(root, store_writer.ORIGIN, store_writer.IMODEL), 5
    here.append(rows.slice(0, seen), after=0)
    command = [sys.executable, "-m", "helpers.store_writer", str(root), str(file)]
    helpers = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=helpers) as writers:
        assert writers.stdout
        pids = json.loads(writers.stdout.readline())
        while here.read().num_rows == seen:
            sleep(0.01)  # on a busy machine it takes a while until the first of them has written
        for number, writer in enumerate(pids):
            for _ in range(2 + number):
                read = here.read()
                assert read.equals(rows.slice(0, read.num_rows))
                assert read.num_rows >= seen
                seen = read.num_rows
            os.kill(writer, signal.SIGKILL)
    read = here.read()
    assert read.num_rows > 5
    here.append(rows.slice(read.num_rows), after=read.num_rows)
    assert here.read().equals(rows)


@pytest.mark.slow
def test_a_changed_byte_is_detected_and_fetched_again(ledger: Hub, reader: IModelsClient, tmp_path: Path) -> None:
    fresh = fetch_changesets(reader, ledger.imodel_id, cache=tmp_path)
    (segment,) = _folder(ledger, tmp_path).iterdir()
    sound = segment.read_bytes()
    for place in range(100, len(sound), len(sound) // 12):
        segment.write_bytes(sound[:place] + bytes([sound[place] ^ 0x55]) + sound[place + 1 :])
        pd.testing.assert_frame_equal(fetch_changesets(reader, ledger.imodel_id, cache=tmp_path), fresh)


def _open_to_others(folder: Path, how: str) -> None:
    if how == "mode":
        folder.chmod(0o777)
    elif os.getuid() == 0:
        os.chown(folder, 12_345, -1)
    else:
        pytest.skip("only root can give a folder away")


@pytest.mark.parametrize("level", [0, 1], ids=["the version", "the service"])
@pytest.mark.parametrize("how", ["owner", "mode"])
def test_a_folder_that_others_can_write_in_is_not_used(
    ledger: Hub, reader: IModelsClient, tmp_path: Path, how: str, level: int
) -> None:
    fetch_changesets(reader, ledger.imodel_id, cache=tmp_path)
    _open_to_others(_folder(ledger, tmp_path).parents[1 - level], how)
    before = count_requests(ledger)
    with pytest.warns(UserWarning, match="others can write there"):
        assert len(fetch_changesets(reader, ledger.imodel_id, cache=tmp_path)) == 1_200
    assert count_requests(ledger) - before == 2


@pytest.mark.parametrize("how", ["owner", "mode"])
def test_an_imodel_folder_that_others_can_write_in_is_created_anew(
    ledger: Hub, reader: IModelsClient, tmp_path: Path, how: str
) -> None:
    fetch_changesets(reader, ledger.imodel_id, cache=tmp_path)
    folder = _folder(ledger, tmp_path)
    _open_to_others(folder, how)
    before = count_requests(ledger)
    assert len(fetch_changesets(reader, ledger.imodel_id, cache=tmp_path)) == 1_200
    assert count_requests(ledger) - before == 2
    assert (folder.stat().st_uid, stat.S_IMODE(folder.stat().st_mode)) == (os.getuid(), 0o700)


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_an_unwritable_folder_is_a_warning_not_an_error(
    ledger: Hub, reader: IModelsClient, tmp_path: Path, place: str
) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.warns(UserWarning, match="could not be stored in .* the next fetch is slower"):
        assert len(fetch_changesets(reader, ledger.imodel_id, cache=tmp_path / place)) == 1_200


def test_a_read_only_store_is_still_read(
    ledger: Hub, reader: IModelsClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch_changesets(reader, ledger.imodel_id, cache=tmp_path)
    here = ChangesetStore(tmp_path, ledger.base_url, ledger.imodel_id)
    here.append(_rows(1_210, at_1201={"parentId": "0" * 40}).slice(1_200), after=1_200)

    def denied(*_: Any, **__: Any) -> None:
        raise PermissionError(30, "Read-only file system")

    for change in ("unlink", "mkdir"):
        monkeypatch.setattr(Path, change, denied)
    before = count_requests(ledger)
    with pytest.warns(UserWarning, match="Read-only file system"):
        assert len(fetch_changesets(reader, ledger.imodel_id, cache=tmp_path)) == 1_200
    assert count_requests(ledger) - before == 1


def test_an_imodel_without_changesets_is_fetched_with_a_cache(tmp_path: Path) -> None:
    with (
        Hub(generate_project(0)) as hub,
        IModelsClient(StaticTokenCredential(hub.token), base_url=hub.base_url) as client,
    ):
        assert fetch_changesets(client, hub.imodel_id, cache=tmp_path).empty
        assert list_stored(tmp_path) == []
        hub.push(3)
        assert len(fetch_changesets(client, hub.imodel_id, cache=tmp_path)) == 3
        assert list_stored(tmp_path)[0].changesets == 3


def test_a_damaged_segment_is_listed_and_can_be_cleared(tmp_path: Path) -> None:
    here = ChangesetStore(tmp_path, "https://a.example", IMODEL)
    here.append(_rows(3), after=0)
    next(here.folder.iterdir()).write_bytes(b"nonsense")
    (entry,) = list_stored(tmp_path)
    assert (entry.origin, entry.changesets, entry.size) == ("unknown", 0, 8)
    entry.clear()
    assert list_stored(tmp_path) == []
