"""Segments of a stored timeline: damaged, joined, written by several processes."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from time import sleep

import pandas as pd
import pyarrow as pa
import pytest
from helpers import store_writer
from helpers.hub_faults import count_requests
from helpers.stored_timelines import build_rows, find_folder
from hypothesis import given, settings
from hypothesis import strategies as st

from imodels_hub import Hub
from imodels_nb.api import IModelsClient
from imodels_nb.fetch import fetch_changesets
from imodels_nb.store import ChangesetStore, list_stored

IMODEL = "5e19bee0-3aea-4355-a9f0-c6df9989ee7d"
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
    timeline, settled = build_rows(WHOLE, **changes), (waiting or WHOLE + 1) - 1
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


def test_damaged_and_unknown_segments_are_ignored_and_fetched_again(
    own_hub: Hub, reader: IModelsClient, tmp_path: Path
) -> None:
    fresh = fetch_changesets(reader, own_hub.imodel_id, cache=tmp_path)
    (segment,) = find_folder(own_hub, tmp_path).iterdir()
    for damage in (b"", b"PAR1 nonsense PAR1", segment.read_bytes()[:-9]):
        segment.write_bytes(damage)
        pd.testing.assert_frame_equal(fetch_changesets(reader, own_hub.imodel_id, cache=tmp_path), fresh)


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
    own_hub: Hub, reader: IModelsClient, tmp_path: Path, change: Callable[[pa.Table], pa.Table]
) -> None:
    fresh = fetch_changesets(reader, own_hub.imodel_id, cache=tmp_path)
    (segment,) = find_folder(own_hub, tmp_path).iterdir()
    pa.parquet.write_table(change(pa.parquet.read_table(segment)), segment)
    before = count_requests(own_hub)
    pd.testing.assert_frame_equal(fetch_changesets(reader, own_hub.imodel_id, cache=tmp_path), fresh)
    assert count_requests(own_hub) - before == 2


def test_a_gap_between_segments_ends_the_stored_timeline(tmp_path: Path) -> None:
    here, rows = ChangesetStore(tmp_path, "https://a.example", IMODEL), build_rows(30)
    here.append(rows.slice(0, 10), after=0)
    here.append(rows.slice(20), after=20)
    assert here.read().num_rows == 10
    here.append(rows.slice(8, 14), after=8)
    assert here.read().equals(rows)


def test_segments_of_another_chain_are_removed(tmp_path: Path) -> None:
    here = ChangesetStore(tmp_path, "https://a.example", IMODEL)
    here.append(build_rows(10), after=0)
    here.append(build_rows(20, at_11={"parentId": "0" * 40}).slice(10), after=10)
    assert here.read().num_rows <= 10
    assert len(list(here.folder.iterdir())) == 1


def test_many_small_segments_become_one(tmp_path: Path) -> None:
    here, rows = ChangesetStore(tmp_path, "https://a.example", IMODEL), build_rows(40)
    for number in range(40):
        here.append(rows.slice(number, 1), after=number)
        assert here.read().num_rows == number + 1
        assert len(list(here.folder.iterdir())) <= 16
    assert here.read().equals(rows)


def test_files_of_a_killed_process_are_removed(tmp_path: Path) -> None:
    here = ChangesetStore(tmp_path, "https://a.example", IMODEL)
    here.append(build_rows(3), after=0)
    old, young = here.folder / ".1-aa.tmp", here.folder / ".2-bb.tmp"
    for file in (old, young):
        file.write_bytes(b"half")
    os.utime(old, (time.time() - 7200,) * 2)
    here.append(build_rows(5).slice(3), after=3)
    assert (old.exists(), young.exists()) == (False, True)


@pytest.mark.slow
def test_killed_and_concurrent_writers_leave_an_unbroken_chain(tmp_path: Path) -> None:
    rows, file, root = build_rows(3_000), tmp_path / "timeline.parquet", tmp_path / "cache"
    pa.parquet.write_table(rows, file)
    here, seen = ChangesetStore(root, store_writer.ORIGIN, store_writer.IMODEL), 5
    here.append(rows.slice(0, seen), after=0)
    command = [sys.executable, "-m", "helpers.store_writer", str(root), str(file)]
    helpers = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
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
def test_a_changed_byte_is_detected_and_fetched_again(own_hub: Hub, reader: IModelsClient, tmp_path: Path) -> None:
    fresh = fetch_changesets(reader, own_hub.imodel_id, cache=tmp_path)
    (segment,) = find_folder(own_hub, tmp_path).iterdir()
    sound = segment.read_bytes()
    for offset in range(100, len(sound), len(sound) // 12):
        segment.write_bytes(sound[:offset] + bytes([sound[offset] ^ 0x55]) + sound[offset + 1 :])
        pd.testing.assert_frame_equal(fetch_changesets(reader, own_hub.imodel_id, cache=tmp_path), fresh)


def test_a_damaged_segment_is_listed_and_can_be_cleared(tmp_path: Path) -> None:
    here = ChangesetStore(tmp_path, "https://a.example", IMODEL)
    here.append(build_rows(3), after=0)
    next(here.folder.iterdir()).write_bytes(b"nonsense")
    (entry,) = list_stored(tmp_path)
    assert (entry.origin, entry.changesets, entry.size) == ("unknown", 0, 8)
    entry.clear()
    assert list_stored(tmp_path) == []
