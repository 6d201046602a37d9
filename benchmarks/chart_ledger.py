"""A ledger of any length, made in no time; the notebook that is measured holds this text."""

import numpy as np
import pandas as pd


def ledger(count: int) -> pd.DataFrame:
    """Make the columns of a changesets frame that charts read."""
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


def plain(count: int) -> pd.DataFrame:
    """Make of it what the peers are given: three columns, times without a zone, and the names of kinds."""
    frame = ledger(count)
    times = frame["push_date_time"].dt.tz_localize(None)
    names = frame["containing_changes"].map(lambda flags: f"kind {flags}")
    return pd.DataFrame({"index": frame.index, "time": times, "kind": names})
