"""Growth and contributors of many iModels, by three engines, from what ``python -m imodels_nb fetch`` writes.

    python -m imodels_nb fetch - --out changesets < imodel_ids.txt
    python examples/portfolio.py changesets

pandas for what fits into memory, DuckDB for what does not, Dask distributed for more than one machine: a scheduler and
two worker processes stand for the cluster here. All three read the same files. A cluster is no help in fetching them:
500 requests a minute are 500,000 changesets a minute wherever the requests come from.
"""

import sys
from pathlib import Path

import duckdb
import pandas as pd

BATCH = 100  # iModels a task: with one each, handing out tasks takes longer than doing them


def by_pandas(folder: Path) -> pd.DataFrame:
    """Bytes, pushes and contributors of each iModel."""
    return _answer(_summed(pd.read_parquet(folder, columns=["imodel_id", "file_size", "creator_id"])))


def by_duckdb(folder: Path) -> pd.DataFrame:
    """Do the same in SQL, without ever holding the rows in memory."""
    query = """
        SELECT imodel_id, sum(file_size)::BIGINT AS bytes, count(*) AS pushes,
               count(DISTINCT creator_id) AS contributors
        FROM read_parquet($files, hive_partitioning = true, hive_types = {'imodel_id': VARCHAR})
        GROUP BY imodel_id
    """
    files = str(folder / "*" / "changesets.parquet")
    return _answer(duckdb.execute(query, {"files": files}).df().set_index("imodel_id"))


def by_dask(folder: Path) -> pd.DataFrame:
    """Do the same on a cluster; each task takes a batch of iModels."""
    import dask.dataframe as dd  # noqa: PLC0415 - worker processes import this module, and need none of it
    from distributed import Client, LocalCluster  # noqa: PLC0415

    partitions = sorted(map(str, folder.iterdir()))
    batches = [partitions[at : at + BATCH] for at in range(0, len(partitions), BATCH)]
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster):
        return _answer(dd.from_map(summed_batch, batches, meta=summed_batch(partitions[:1])).compute())


def summed_batch(partitions: list[str]) -> pd.DataFrame:
    """Sum up a few iModels; none of them is in two batches."""
    frames = [
        pd.read_parquet(Path(one) / "changesets.parquet", columns=["file_size", "creator_id"]).assign(
            imodel_id=Path(one).name.removeprefix("imodel_id=")
        )
        for one in partitions
    ]
    return _summed(pd.concat(frames))


def _summed(rows: pd.DataFrame) -> pd.DataFrame:
    rows = rows.astype({"imodel_id": "str", "creator_id": "str"})
    groups = rows.groupby("imodel_id")
    return groups.agg(bytes=("file_size", "sum"), pushes=("file_size", "size"), contributors=("creator_id", "nunique"))


def _answer(summed: pd.DataFrame) -> pd.DataFrame:
    frame = summed.astype("int64").sort_index()
    return frame.set_axis(frame.index.astype("str"))


def main() -> None:
    """Ask all three, and insist on one answer."""
    folder = Path(sys.argv[1])
    answer = by_pandas(folder)
    for engine in (by_duckdb, by_dask):
        pd.testing.assert_frame_equal(engine(folder), answer)
    print(answer.sort_values("bytes", ascending=False).head(10).to_string())
    print(f"{len(answer):,} iModels, {answer['pushes'].sum():,} changesets; pandas, DuckDB and Dask agree.")


if __name__ == "__main__":
    main()
