"""Real histories, and surrogates of them in which no story is left."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

_FOLDERS = [parent / "shared" / "real-histories" for parent in Path(__file__).parents[3:5]]
FOLDER = next((folder for folder in _FOLDERS if folder.exists()), _FOLDERS[0])
UNSEEN = (3, 4, 8)
"""Histories that were not looked at before the rules stood."""

RUN_SECONDS = 7_200
DAY_SECONDS = 86_400
_WEEK_SECONDS = 7 * DAY_SECONDS
_MICROSECONDS = 1_000_000
_NEIGHBORS = 20


class History(NamedTuple):
    """A history by its number, with its frames."""

    number: int
    changesets: pd.DataFrame
    named_versions: pd.DataFrame | None


def load_histories() -> list[History]:
    """Load all real histories, none if the folder is missing."""
    paths = [path for path in sorted(FOLDER.glob("history-*.parquet")) if path.name.count(".") == 1]
    return [_load(path) for path in paths]


def _load(path: Path) -> History:
    versions = path.with_suffix(".versions.parquet")
    named_versions = pd.read_parquet(versions) if versions.exists() else None
    return History(int(path.stem[-2:]), pd.read_parquet(path), named_versions)


def build_timetable(changesets: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Build a surrogate: each push keeps its weekday and hour, in a random week.

    Accounts and kinds are permuted, too, and so are the sizes, without the giants.
    """
    seconds = _read_seconds(changesets)
    monday = (seconds.min() // DAY_SECONDS - 4) // 7  # 1970-01-05 was a Monday
    weeks = max(int((seconds.max() // DAY_SECONDS - 4) // 7 - monday), 1)
    within = (seconds - 4 * DAY_SECONDS) % _WEEK_SECONDS
    moved = np.sort(within + (monday + rng.integers(0, weeks, len(seconds))) * _WEEK_SECONDS + 4 * DAY_SECONDS)
    return _permute(changesets, moved, rng)


def build_permuted(changesets: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Build a surrogate: gaps, sizes, accounts and kinds are each permuted.

    A gap or a file that is a giant beside all others would still be a story. It is drawn again from the others.
    """
    seconds = _read_seconds(changesets)
    gaps = _replace_giants(np.maximum(np.diff(seconds), 0), rng)
    moved = seconds.min() + np.append(0, np.cumsum(rng.permutation(gaps)))
    return _permute(changesets, moved, rng)


def _read_seconds(changesets: pd.DataFrame) -> npt.NDArray[np.int64]:
    times = changesets["push_date_time"].to_numpy("datetime64[us]").view(np.int64)
    return np.asarray(times // _MICROSECONDS)


def _replace_giants(values: npt.NDArray[np.int64], rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Return values without those above the first jump of the largest."""
    ascending = np.sort(values)
    top = ascending[-_NEIGHBORS:]
    jumps = np.flatnonzero(top[1:] > 1.5 * np.maximum(top[:-1], 1))  # below any rule's factor
    if not len(jumps):
        return values
    limit = top[jumps[0]]
    return np.where(values > limit, rng.choice(values[values <= limit], len(values)), values)


def _permute(changesets: pd.DataFrame, seconds: npt.NDArray[np.int64], rng: np.random.Generator) -> pd.DataFrame:
    count = len(changesets)
    accounts = rng.permutation(count)
    creator = changesets["creator_id"].iloc[accounts].reset_index(drop=True)
    is_run = changesets["group_id"].notna().to_numpy()[accounts]
    columns = {
        "creator_id": creator.array,
        "briefcase_id": changesets["briefcase_id"].to_numpy()[accounts],
        "group_id": _build_groups(creator.astype("str").to_numpy(), is_run, seconds),
        "containing_changes": rng.permutation(changesets["containing_changes"].to_numpy()),
        "file_size": rng.permutation(_replace_giants(changesets["file_size"].to_numpy(), rng)),
        "push_date_time": pd.Series(seconds * _MICROSECONDS).astype("datetime64[us]").dt.tz_localize("UTC").array,
    }
    return changesets.assign(**columns)


def _build_groups(
    creator: npt.NDArray[np.object_], is_run: npt.NDArray[np.bool_], seconds: npt.NDArray[np.int64]
) -> pd.Categorical:
    """Build runs anew: pushes of one automation account less than two hours apart."""
    frame = pd.DataFrame({"creator": creator, "second": seconds})[is_run]
    is_new = frame.groupby("creator")["second"].diff().fillna(RUN_SECONDS) >= RUN_SECONDS
    number = is_new.groupby(frame["creator"]).cumsum()
    groups = pd.Series(index=range(len(creator)), dtype="object")
    groups[frame.index] = frame["creator"] + "/" + number.astype("str")
    return pd.Categorical(groups)
