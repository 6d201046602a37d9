"""Growth and contributors of many iModels, computed by pandas, DuckDB and Dask.

    python -m imodels_nb fetch - --out changesets < imodel_ids.txt
    python examples/portfolio.py changesets

pandas is for data that fit into memory, DuckDB for more, Dask for several machines. Here a scheduler and two worker
processes are the cluster. All three read the same files. A cluster does not make the fetch faster: 500 requests a
minute are 500,000 changesets a minute, from any number of machines.
"""

import sys
from pathlib import Path

import duckdb
import pandas as pd

BATCH = 100  # iModels in a task; with fewer, the scheduling takes longer than the work


def by_pandas(folder: Path) -> pd.DataFrame:
    """Return bytes, pushes and contributors of each iModel."""
    return _format_result(_sum_by_imodel(pd.read_parquet(folder, columns=["imodel_id", "file_size", "creator_id"])))


def by_duckdb(folder: Path) -> pd.DataFrame:
    """Compute the same in SQL, without all rows in memory."""
    query = """
        SELECT imodel_id, sum(file_size)::BIGINT AS bytes, count(*) AS pushes,
               count(DISTINCT creator_id) AS contributors
        FROM read_parquet($files, hive_partitioning = true, hive_types = {'imodel_id': VARCHAR})
        GROUP BY imodel_id
    """
    files = str(folder / "*" / "changesets.parquet")
    return _format_result(duckdb.execute(query, {"files": files}).df().set_index("imodel_id"))


def by_dask(folder: Path) -> pd.DataFrame:
    """Compute the same on a cluster, with one task for each batch of iModels."""
    import dask.dataframe as dd  # noqa: PLC0415 - worker processes import this module without it
    from distributed import Client, LocalCluster  # noqa: PLC0415

    partitions = sorted(map(str, folder.iterdir()))
    batches = [partitions[start : start + BATCH] for start in range(0, len(partitions), BATCH)]
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster):
        return _format_result(dd.from_map(sum_batch, batches, meta=sum_batch(partitions[:1])).compute())


def sum_batch(partitions: list[str]) -> pd.DataFrame:
    """Compute the sums of a batch; each iModel is in one batch only."""
    frames = [
        pd.read_parquet(Path(partition) / "changesets.parquet", columns=["file_size", "creator_id"]).assign(
            imodel_id=Path(partition).name.removeprefix("imodel_id=")
        )
        for partition in partitions
    ]
    return _sum_by_imodel(pd.concat(frames))


def _sum_by_imodel(rows: pd.DataFrame) -> pd.DataFrame:
    rows = rows.astype({"imodel_id": "str", "creator_id": "str"})
    groups = rows.groupby("imodel_id")
    return groups.agg(bytes=("file_size", "sum"), pushes=("file_size", "size"), contributors=("creator_id", "nunique"))


def _format_result(summed: pd.DataFrame) -> pd.DataFrame:
    frame = summed.astype("int64").sort_index()
    return frame.set_axis(frame.index.astype("str"))


def main() -> None:
    """Run all three, and check that the results are equal."""
    folder = Path(sys.argv[1])
    result = by_pandas(folder)
    for engine in (by_duckdb, by_dask):
        pd.testing.assert_frame_equal(engine(folder), result)
    print(result.sort_values("bytes", ascending=False).head(10).to_string())
    print(f"{len(result):,} iModels, {result['pushes'].sum():,} changesets; pandas, DuckDB and Dask agree.")


if __name__ == "__main__":
    main()
