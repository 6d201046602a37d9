"""The report: seconds and memory at a hundred thousand changesets, and its size at a million."""

import tempfile
import time
import tracemalloc
from pathlib import Path

import pandas as pd

from benchmarks.table import Row
from imodels_nb import sample, write_report

CHANGESETS, MANY = 100_000, 1_000_000
MOST_SECONDS, MOST_FRAMES, MOST_BYTES = 20, 3, 3_000_000

Frames = tuple[pd.DataFrame, pd.DataFrame]


def measure() -> list[Row]:
    """Measure all of this topic."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.html"
        frames = _frames(CHANGESETS)
        return [_seconds(file, frames), _memory(file, frames), _size(file, _frames(MANY))]


def _frames(count: int) -> Frames:
    return sample.load_changesets(changesets=count), sample.load_named_versions(changesets=count)


def _seconds(file: Path, frames: Frames) -> Row:
    """Time the first report of a process, the bundling of its JavaScript included."""
    began = time.perf_counter()
    write_report(file, *frames)
    taken = time.perf_counter() - began
    return Row(f"report on {CHANGESETS:,}", f"{taken:.1f} s", f"≤ {MOST_SECONDS} s", taken <= MOST_SECONDS)


def _memory(file: Path, frames: Frames) -> Row:
    """Measure what Python and NumPy hold at the peak, the frame included."""
    size = int(frames[0].memory_usage(deep=True).sum())
    tracemalloc.start()
    write_report(file, *frames)
    peak = (size + tracemalloc.get_traced_memory()[1]) / size
    tracemalloc.stop()
    figure = f"{peak:.2f} x the frame of {size / 1e6:.0f} MB"
    return Row(f"report on {CHANGESETS:,}: peak memory", figure, f"≤ {MOST_FRAMES} x the frame", peak <= MOST_FRAMES)


def _size(file: Path, frames: Frames) -> Row:
    size = write_report(file, *frames).stat().st_size
    what = f"report on {MANY:,}: size, Vega included"
    return Row(what, f"{size / 1e6:.2f} MB", f"≤ {MOST_BYTES / 1e6:.0f} MB", size <= MOST_BYTES)
