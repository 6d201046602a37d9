"""Insights: what it costs to say in words what a million changesets hold, against `frame.describe()`."""

import statistics
import time
import tracemalloc

import pandas as pd

from benchmarks.table import Row
from imodels_nb import findings, sample

CHANGESETS = 1_000_000
ROUNDS = 7
MOST_RATIO, MOST_FRAMES = 5, 3


def measure() -> list[Row]:
    """Measure all of this topic."""
    frame = sample.load_changesets(changesets=CHANGESETS)
    versions = sample.load_named_versions(changesets=CHANGESETS)
    ratio, taken = _against_describe(frame, versions)
    what = f"findings on {CHANGESETS:,}"
    return [
        Row(
            f"{what}, against frame.describe()",
            f"{ratio:.1f} x ({1000 * taken:.0f} ms)",
            f"≤ {MOST_RATIO} x",
            ratio <= MOST_RATIO,
        ),
        _memory(what, frame, versions),
    ]


def _against_describe(frame: pd.DataFrame, versions: pd.DataFrame) -> tuple[float, float]:
    """Give the median ratio of runs in turn, and the median seconds of findings."""
    pairs = [(_seconds(frame), _seconds(frame, versions)) for _ in range(ROUNDS)]
    return statistics.median(ours / theirs for theirs, ours in pairs), statistics.median(ours for _, ours in pairs)


def _seconds(frame: pd.DataFrame, versions: pd.DataFrame | None = None) -> float:
    began = time.perf_counter()
    if versions is None:
        frame.describe()
    else:
        findings(frame, versions)
    return time.perf_counter() - began


def _memory(what: str, frame: pd.DataFrame, versions: pd.DataFrame) -> Row:
    """Measure what Python and NumPy hold at the peak, the frame included."""
    size = int(frame.memory_usage(deep=True).sum())
    tracemalloc.start()
    findings(frame, versions)
    peak = size + tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    figure = f"{peak / size:.2f} x the frame of {size / 1e6:.0f} MB"
    return Row(f"{what}: peak memory", figure, f"≤ {MOST_FRAMES} x the frame", peak <= MOST_FRAMES * size)
