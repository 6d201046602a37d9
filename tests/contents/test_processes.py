"""Reading of changeset files in several processes."""

import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from helpers.changeset_files import list_plant_changesets
from hypothesis import given
from hypothesis import strategies as st

from imodels_nb import read_changes
from imodels_nb.contents import processes
from imodels_nb.contents.changeset_file import ReadLimits
from imodels_nb.contents.file_list import ChangesetEntry
from imodels_nb.contents.processes import count_cores, read_in_processes, split_task
from imodels_nb.contents.read_task import Detail, ReadTask, read_task
from imodels_nb.errors import UnreadableChangeset

_DETAILS: list[Detail] = ["elements", "properties", "tables"]


@pytest.fixture
def many_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read small files in three processes, too."""
    monkeypatch.setattr(processes, "_MIN_SIZES", dict.fromkeys(_DETAILS, 0))
    monkeypatch.setattr(processes, "count_cores", lambda: 3)


@pytest.fixture
def no_processes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Split the files for three processes, where none can be started."""
    request.getfixturevalue("many_processes")
    monkeypatch.setattr(sys, "executable", "")


def _read(folder: Path, **options: Any) -> tuple[pd.DataFrame, str]:
    """Return the changes in all files of the plant, and the message of the error."""
    try:
        return read_changes(folder, list_plant_changesets().loc[:120], schema=folder / "baseline.bim", **options), ""
    except UnreadableChangeset as error:
        return error.changes, "\n".join(map(str, [error, *error.failures]))


def _damage(plant: Path, folder: Path) -> Path:
    """Return a copy of the plant with two damaged files and a missing one."""
    changesets = list_plant_changesets()
    for file in plant.iterdir():
        shutil.copy(file, folder)
    for index in (40, 100):
        file = folder / f"{changesets['id'][index]}.cs"
        file.write_bytes(file.read_bytes()[:-3])
    (folder / f"{changesets['id'][110]}.cs").unlink()
    return folder


@pytest.mark.parametrize("is_damaged", [False, True])
@pytest.mark.parametrize("detail", _DETAILS)
def test_a_split_changes_no_row_and_no_error(
    plant: Path, tmp_path: Path, detail: Detail, is_damaged: bool, request: pytest.FixtureRequest
) -> None:
    folder = _damage(plant, tmp_path) if is_damaged else plant
    changes, message = _read(folder, detail=detail)
    request.getfixturevalue("no_processes")
    again, again_message = _read(folder, detail=detail)
    pd.testing.assert_frame_equal(again, changes)
    assert again_message == message
    assert bool(message) == is_damaged


@pytest.mark.usefixtures("many_processes")
def test_other_processes_read_the_later_files(plant: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = _damage(plant, tmp_path)
    _disturb_new_processes(tmp_path, monkeypatch)
    read_here: list[ReadTask] = []

    def read(task: ReadTask, on_file: Any = None) -> Any:
        read_here.append(task)
        return read_task(task, on_file)

    monkeypatch.setattr(processes, "read_task", read)
    changes, message = _read(folder)
    assert [len(task.entries) for task in read_here] == [len(read_here[0].selected)]
    assert len(read_here[0].selected) < 120
    monkeypatch.setattr(processes, "count_cores", lambda: 1)
    expected, expected_message = _read(folder)
    pd.testing.assert_frame_equal(changes, expected)
    assert message == expected_message
    assert not (tmp_path / "was_run").exists()


def _disturb_new_processes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set up an environment in which Python prints text, and has a wrong module."""
    (folder / "start").mkdir()
    (folder / "start/sitecustomize.py").write_text("print('Loading the profile', end='')")
    monkeypatch.setenv("PYTHONPATH", str(folder / "start"))
    (folder / "script").mkdir()
    (folder / "script/calendar.py").write_text(f"open({str(folder / 'was_run')!r}, 'w')")
    monkeypatch.syspath_prepend(folder / "script")


@pytest.mark.usefixtures("many_processes")
def test_a_process_that_ends_too_early_loses_no_row(plant: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_WORKER_CODE", "import os; os.write(1, bytes(3)); os._exit(1)")
    changes, _ = _read(plant)
    monkeypatch.setattr(processes, "count_cores", lambda: 1)
    pd.testing.assert_frame_equal(changes, _read(plant)[0])


@pytest.mark.usefixtures("many_processes")
def test_an_interrupt_ends_the_other_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pids: list[int] = []
    start = processes._Worker._start

    def record(worker: Any) -> None:
        start(worker)
        pids.append(worker._process.pid)

    def interrupt(_: ChangesetEntry) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(processes._Worker, "_start", record)
    monkeypatch.setattr(processes, "_WORKER_CODE", "import time; time.sleep(60)")
    task = _build_task([10] * 9, "properties", tmp_path)
    with pytest.raises(KeyboardInterrupt):
        read_in_processes(task, interrupt)
    assert len(pids) == 2
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def _build_task(sizes: list[int], detail: Detail, folder: Path) -> ReadTask:
    entries = []
    for index, size in enumerate(sizes, start=1):
        path = folder / f"{index}.cs"
        path.write_bytes(bytes(size))
        entries.append(ChangesetEntry(index, f"{index:040x}", f"{index - 1:040x}", path))
    selected = frozenset(entry.id for entry in entries if entry.index % 5)
    return ReadTask(entries, selected, None, detail, ReadLimits())


@given(
    sizes=st.lists(st.integers(0, 30), min_size=1, max_size=12),
    detail=st.sampled_from(_DETAILS),
    cores=st.integers(1, 8),
)
def test_each_selected_file_is_read_once_after_all_earlier_ones(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], detail: Detail, cores: int
) -> None:
    task = _build_task(sizes, detail, tmp_path_factory.mktemp("sizes"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(processes, "_MIN_SIZES", dict.fromkeys(_DETAILS, 1))
        patch.setattr(processes, "count_cores", lambda: cores)
        tasks = split_task(task)
    assert [entry.id for part in tasks for entry in part.entries if entry.id in part.selected] == [
        entry.id for entry in task.entries if entry.id in task.selected
    ]
    assert len(tasks) <= min(cores, 2 if detail == "elements" else 4)
    for part in tasks:
        last = part.entries[-1].index
        earlier = [entry for entry in task.entries if entry.index <= last]
        assert part.entries == earlier if detail != "tables" else set(part.entries) <= set(earlier)


def test_processes_take_the_same_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_MIN_SIZES", dict.fromkeys(_DETAILS, 1))
    monkeypatch.setattr(processes, "count_cores", lambda: 2)
    shares = {detail: len(split_task(_build_task([1] * 90, detail, tmp_path))[0].selected) for detail in _DETAILS}
    # Of 72 selected files: 1/1.3, 1/1.6 and 1/2, since the second process also reads the first ones for names.
    assert shares == {"elements": 55, "properties": 45, "tables": 36}


@pytest.mark.parametrize(("limit", "cores"), [("max 100000", 8), ("250000 100000", 2), ("50000 100000", 1), ("", 8)])
def test_a_container_may_have_fewer_cores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, cores: int
) -> None:
    (tmp_path / "cpu.max").write_text(f"{limit}\n")
    monkeypatch.setattr(processes, "_CPU_LIMIT", tmp_path / "cpu.max")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    assert count_cores() == cores
