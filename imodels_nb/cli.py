"""``python -m imodels_nb``: what is worth doing without a notebook."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from imodels_nb.api import IModelsClient
from imodels_nb.api.schemas import Rows
from imodels_nb.auth import EnvironmentCredential, StaticTokenCredential
from imodels_nb.commands.login import add_login
from imodels_nb.commands.report import add_report
from imodels_nb.errors import IModelsError
from imodels_nb.fetch.portfolio import read_each
from imodels_nb.files import whole_file
from imodels_nb.frames import changesets_frame
from imodels_nb.store import ChangesetStore, default_root, kept


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says, and give the exit status."""
    parser = argparse.ArgumentParser(prog="python -m imodels_nb", description="Read the history of iModels.")
    commands = parser.add_subparsers(required=True, metavar="command")
    _add_fetch(commands)
    _add_store(commands)
    add_report(commands)
    add_login(commands)
    options = parser.parse_args(arguments)
    try:
        return int(options.run(options))
    except (IModelsError, ValueError, OSError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201 - a command line tool
        return 1


def _add_fetch(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("fetch", help="write changesets as Parquet, partitioned by iModel")
    parser.add_argument("imodel_ids", nargs="+", metavar="IMODEL_ID", help="GUIDs of iModels; - reads them from stdin")
    parser.add_argument("--out", type=Path, default=Path("changesets"), help="folder of the dataset")
    parser.add_argument("--base-url", default="https://api.bentley.com", help="where the API stands")
    parser.add_argument("--workers", type=int, default=8, help="how many requests may be under way at once")
    parser.add_argument("--cache", action="store_true", help="ask only for what is new since the last time")
    parser.add_argument(
        "--token-file", type=Path, help="file with a bare access token; without it, IMODELS_NB_ACCESS_TOKEN is read"
    )
    parser.set_defaults(run=_fetch)


def _fetch(options: argparse.Namespace) -> int:
    file = options.token_file
    credential = StaticTokenCredential(file.read_text().strip()) if file else EnvironmentCredential()
    wanted = sys.stdin.read().split() if options.imodel_ids == ["-"] else options.imodel_ids
    failures = 0
    with IModelsClient(credential, base_url=options.base_url, max_workers=options.workers) as client:
        for imodel_id, outcome in read_each(client, wanted, cache=options.cache, progress=None):
            if isinstance(outcome, IModelsError):
                failures += 1
                print(f"{imodel_id} {type(outcome).__name__}: {outcome}", file=sys.stderr)  # noqa: T201 - a tool
            else:
                count = write_partition(options.out, imodel_id, outcome)
                print(f"{imodel_id} {count} changesets")  # noqa: T201 - a command line tool
    return int(failures > 0)


def write_partition(folder: Path, imodel_id: str, rows: Rows) -> int:
    """Write one iModel's changesets as ``imodel_id=<GUID>/changesets.parquet``, whole or not at all."""
    frame = changesets_frame(rows).reset_index()
    partition = folder / f"imodel_id={imodel_id}"
    partition.mkdir(parents=True, exist_ok=True)
    with whole_file(partition / "changesets.parquet") as unfinished:
        frame.to_parquet(unfinished, compression="zstd", index=False)
    return len(frame)


def _add_store(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("store", help="see or clear the changesets kept on this machine")
    parser.add_argument("action", choices=["list", "clear"])
    parser.add_argument("imodel_id", nargs="?", help="clear this iModel only")
    parser.add_argument("--path", type=Path, default=default_root(), help="where it is kept")
    parser.set_defaults(run=_store)


def _store(options: argparse.Namespace) -> int:
    for entry in kept(options.path):
        if options.imodel_id not in {None, entry.imodel_id}:
            continue
        size = f"{entry.changesets:,} changesets, {entry.size:,} bytes"
        if options.action == "clear":
            ChangesetStore(options.path, entry.origin, entry.imodel_id).clear()
        word = "cleared" if options.action == "clear" else "kept"
        print(f"{entry.imodel_id} {entry.origin} {word}: {size}")  # noqa: T201 - a command line tool
    return 0
