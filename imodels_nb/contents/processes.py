"""Reading of many changeset files in several processes."""

import os
import pickle
import subprocess
import sys
from bisect import bisect
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from itertools import accumulate
from pathlib import Path
from typing import Any, Self

from imodels_nb.contents.changeset_file import get_file_size
from imodels_nb.contents.file_list import ChangesetEntry
from imodels_nb.contents.read_task import ReadResult, ReadTask, read_task
from imodels_nb.errors import UnreadableChangeset

# Bytes of changeset files. Below, the start of a process takes longer than it saves.
_MIN_SIZES = {"elements": 8 << 20, "properties": 2 << 20, "tables": 16 << 20}

# To read a file for names only takes this part of the time to read its rows.
_NAME_COSTS = {"elements": 0.7, "properties": 0.4, "tables": 0.0}

# Each process has the names of all earlier elements in memory, and with more processes, most of the work is names.
_MAX_PROCESSES = {"elements": 2, "properties": 4, "tables": 4}

_CPU_LIMIT = Path("/sys/fs/cgroup/cpu.max")  # microseconds of CPU time in each period, for a container

# multiprocessing would need a `__main__` guard in every script that reads changes. The folders of the script come last,
# since a file such as calendar.py in them would run as if it were Python's own. So the package is loaded by its path.
_WORKER_CODE = """
import importlib.util, pickle, sys
package, path, task = pickle.load(sys.stdin.buffer)
sys.path += [folder for folder in path if folder not in sys.path]
spec = importlib.util.spec_from_file_location("imodels_nb", package)
sys.modules["imodels_nb"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sys.modules["imodels_nb"])
from imodels_nb.contents.processes import run_worker
run_worker(task)
"""
_PACKAGE = Path(__file__).parents[1] / "__init__.py"
_RESULT_MARK = b"imodels_nb: result\n"  # after what other programs may print when Python starts


def read_in_processes(task: ReadTask, on_file: Callable[[ChangesetEntry], None] | None = None) -> ReadResult:
    """Read the files of a task; large ones in several processes at the same time.

    Rows are decoded by Python, one thread at a time. Each process reads the rows of some files. Before, it reads all
    earlier files for names, as a second call of `read_changes` does.
    """
    first, *others = split_task(task)
    with ExitStack() as stack:
        workers = [stack.enter_context(_Worker(other)) for other in others]
        builder, failures = read_task(first, on_file)
        for other, worker in zip(others, workers, strict=True):
            rows, more_failures = worker.load_result()
            builder.add_rows(rows)
            failures.extend(more_failures)
            if on_file is not None:
                for entry in other.selected_entries:
                    on_file(entry)
    return ReadResult(builder, failures)


def run_worker(task: bytes) -> None:
    """Read a pickled task, and write the result to the standard output."""
    builder, failures = read_task(pickle.loads(task))  # noqa: S301  # from the process that started this one
    with open(sys.stdout.fileno(), "wb", closefd=False) as output:
        output.write(b"\n" + _RESULT_MARK)
        pickle.dump((builder.take_rows(), failures), output, pickle.HIGHEST_PROTOCOL)


def split_task(task: ReadTask) -> list[ReadTask]:
    """Split a task into tasks for several processes, which take about the same time.

    The first one has the most files. Each other one also has all earlier files, to read them for names.
    """
    entries = task.selected_entries
    sizes = [get_file_size(entry.path) for entry in entries]
    count = min(count_cores(), _MAX_PROCESSES[task.detail])
    if count == 1 or sum(sizes) < _MIN_SIZES[task.detail]:
        return [task]
    # A share s of the files takes the time s, and c times the shares before it. So each share is 1 - c of the last one.
    shares = [(1 - _NAME_COSTS[task.detail]) ** number for number in range(count)]
    ends = [sum(sizes) * end / sum(shares) for end in accumulate(shares)]
    groups: list[list[ChangesetEntry]] = [[] for _ in shares]
    for entry, size, read in zip(entries, sizes, accumulate(sizes), strict=True):
        number = bisect(ends[:-1], read - size / 2)  # by the middle of the file
        groups[number].append(entry)
    return [_select_entries(task, group) for group in groups if group]


def _select_entries(task: ReadTask, selected: Sequence[ChangesetEntry]) -> ReadTask:
    earlier = [entry for entry in task.entries if entry.index <= selected[-1].index]
    return task._replace(
        entries=selected if task.detail == "tables" else earlier, selected=frozenset(entry.id for entry in selected)
    )


def count_cores() -> int:
    """Return the number of cores that this process, or its container, may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with suppress(OSError, ValueError):  # no container, or no limit
        quota, period = map(int, _CPU_LIMIT.read_text("ascii").split())
        cores = min(cores, max(1, quota // period))
    return cores


class _Worker:
    """A Python process that reads one task; a context manager.

    Parameters
    ----------
    task
        Files to read.
    """

    def __init__(self, task: ReadTask) -> None:
        self._task = task
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        if sys.executable and not getattr(sys, "frozen", False):  # a frozen program is no Python
            with suppress(OSError):  # where no program can be started, load_result reads the files
                self._start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            with self._process:  # closes the pipes, and waits for the end
                self._process.kill()

    def load_result(self) -> tuple[Any, list[UnreadableChangeset]]:
        """Return the rows of the task, and the errors of its files.

        If the process could not be started or was ended, the files are read here.
        """
        if self._process is not None and self._process.stdout is not None:
            while self._process.stdout.readline() not in {_RESULT_MARK, b""}:
                pass
            with suppress(Exception):  # whatever is wrong, reading the files here shows it
                rows, failures = pickle.load(self._process.stdout)  # noqa: S301  # from our own process
                return rows, failures
        builder, failures = read_task(self._task)
        return builder.take_rows(), failures

    def _start(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603  # this Python
            [sys.executable, "-P", "-c", _WORKER_CODE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # an interrupt reaches this process only, which then ends the other one
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        if self._process.stdin is not None:
            with self._process.stdin as standard_input:
                pickle.dump((str(_PACKAGE), sys.path, pickle.dumps(self._task)), standard_input)
