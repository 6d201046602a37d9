"""Classes that grew most over many iModels, computed by pandas, DuckDB and Dask.

    python -m imodels_nb changes $(cat imodel_ids.txt) --out changes
    python examples/growth.py changes

A class grows by the elements that were inserted and shrinks by those that were deleted. All three read the same files,
one for each iModel. The example portfolio.py tells which of them is for what.
"""

import sys
from pathlib import Path

import duckdb
import pandas as pd

BATCH = 100  # iModels in a task; with fewer, the scheduling takes longer than the work
COLUMNS = ["entity", "operation", "class_name"]


def by_pandas(folder: Path) -> pd.DataFrame:
    """Return the inserted and deleted elements of each class, and their difference."""
    return _format_result(_count_by_class(pd.read_parquet(folder, columns=COLUMNS)))


def by_duckdb(folder: Path) -> pd.DataFrame:
    """Compute the same in SQL, without all rows in memory."""
    query = """
        SELECT class_name, count(*) FILTER (operation = 'inserted') AS inserted,
               count(*) FILTER (operation = 'deleted') AS deleted
        FROM read_parquet($files)
        WHERE entity = 'element' AND class_name IS NOT NULL
        GROUP BY class_name
    """
    files = str(folder / "*" / "changes.parquet")
    return _format_result(duckdb.execute(query, {"files": files}).df().set_index("class_name"))


def by_dask(folder: Path) -> pd.DataFrame:
    """Compute the same on a cluster, with one task for each batch of iModels."""
    import dask.dataframe as dd  # noqa: PLC0415 - worker processes import this module without it
    from distributed import Client, LocalCluster  # noqa: PLC0415

    partitions = sorted(map(str, folder.iterdir()))
    batches = [partitions[start : start + BATCH] for start in range(0, len(partitions), BATCH)]
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster):
        counts = dd.from_map(count_batch, batches, meta=count_batch(partitions[:1])).compute()
    return _format_result(counts.groupby("class_name").sum())  # a class is in many batches


def count_batch(partitions: list[str]) -> pd.DataFrame:
    """Compute the counts of a batch of iModels."""
    frames = [pd.read_parquet(Path(partition) / "changes.parquet", columns=COLUMNS) for partition in partitions]
    return _count_by_class(pd.concat([frame.astype("str") for frame in frames]))


def _count_by_class(changes: pd.DataFrame) -> pd.DataFrame:
    rows = changes.astype("str")
    rows = rows[rows["entity"] == "element"]
    flags = {name: (rows["operation"] == name).astype("int64") for name in ("inserted", "deleted")}
    return pd.DataFrame(flags).groupby(rows["class_name"]).sum()


def _format_result(counts: pd.DataFrame) -> pd.DataFrame:
    counts = counts.astype("int64").assign(growth=lambda rows: rows["inserted"] - rows["deleted"])
    counts.index = counts.index.astype("str")
    return counts.reset_index().sort_values(["growth", "class_name"], ascending=[False, True], ignore_index=True)


def main() -> None:
    """Run all three, and check that the results are equal."""
    folder = Path(sys.argv[1])
    result = by_pandas(folder)
    for engine in (by_duckdb, by_dask):
        pd.testing.assert_frame_equal(engine(folder), result)
    print(result.head(10).to_string(index=False))
    imodels = sum(1 for _ in folder.iterdir())
    inserted, deleted = result["inserted"].sum(), result["deleted"].sum()
    print(f"{imodels:,} iModels, {inserted:,} inserted, {deleted:,} deleted; pandas, DuckDB and Dask agree.")


if __name__ == "__main__":
    main()
