"""Synthetic frames for charts; the measured notebook contains this text."""

import numpy as np
import pandas as pd


def build_changesets(count: int) -> pd.DataFrame:
    """Build the columns of a changesets frame that charts read."""
    random = np.random.default_rng(7)
    hours = np.sort(random.random(count)) * 24 * 900
    return pd.DataFrame(
        {
            "state": pd.Categorical(["fileUploaded"] * count, categories=["waitingForFile", "fileUploaded"]),
            "push_date_time": pd.Timestamp("2023-02-27T09Z") + pd.to_timedelta(hours, unit="h"),
            "file_size": np.exp(random.normal(11, 2, count)).astype(int) + 1,
            "containing_changes": random.choice([0, 1, 2, 4, 4, 6, 8, 16, 32, 64], count),
        },
        index=pd.RangeIndex(1, count + 1, name="changeset_index"),
    )


def build_versions(count: int, named: int) -> pd.DataFrame:
    """Build named versions at equal distances."""
    index = np.linspace(1, count, named).astype(int)
    names = [f"Coordination review {number}" for number in range(named)]
    return pd.DataFrame(
        {"name": pd.array(names, dtype="str"), "description": "", "state": pd.Categorical(["visible"] * named)},
        index=pd.Index(index, dtype="int64", name="changeset_index"),
    )


def build_plain(count: int) -> pd.DataFrame:
    """Build the same for the peers: three columns, with times without a zone."""
    frame = build_changesets(count)
    times = frame["push_date_time"].dt.tz_localize(None)
    names = frame["containing_changes"].map(lambda flags: f"kind {flags}")
    return pd.DataFrame({"index": frame.index, "time": times, "kind": names})
