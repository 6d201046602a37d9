"""``python -m imodels_nb``: what is worth doing without a notebook."""

import argparse
import io
import sys
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from imodels_nb._files import decode_text
from imodels_nb._validation import validate_guid
from imodels_nb.api import IModelsClient
from imodels_nb.commands.access import add_access, credential_of
from imodels_nb.commands.login import add_login
from imodels_nb.commands.report import add_report
from imodels_nb.errors import IModelsError
from imodels_nb.export import write_parquet
from imodels_nb.fetch import iter_changesets
from imodels_nb.frames import changesets_frame
from imodels_nb.store import default_root, list_stored

_INTERRUPTED = 130  # as shells have it: 128 and the number of SIGINT


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says, and give the exit status."""
    parser = argparse.ArgumentParser(prog="python -m imodels_nb", description="Read the history of iModels.")
    commands = parser.add_subparsers(required=True, metavar="command")
    _add_fetch(commands)
    _add_store(commands)
    add_report(commands)
    add_login(commands)
    options = parser.parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # as stderr has it: a console may lack a letter
    try:
        return int(options.run(options))
    except (IModelsError, ValueError, OSError) as error:
        return _complaint(f"{type(error).__name__}: {error}")
    except KeyboardInterrupt:
        return _complaint("Interrupted; what is finished stays.", _INTERRUPTED)


def _complaint(line: str, status: int = 1) -> int:
    print(line, file=sys.stderr)  # noqa: T201 - a command line tool
    return status


def _add_fetch(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("fetch", help="write changesets as Parquet, partitioned by iModel")
    parser.add_argument("imodel_ids", nargs="+", metavar="IMODEL_ID", help="GUIDs of iModels; - reads them from stdin")
    parser.add_argument("--out", type=Path, default=Path("changesets"), help="folder of the dataset")
    add_access(parser)
    parser.add_argument("--workers", type=int, default=8, help="how many requests may be under way at once")
    parser.add_argument("--cache", action="store_true", help="ask only for what is new since the last time")
    parser.set_defaults(run=_fetch)


def _fetch(options: argparse.Namespace) -> int:
    text = _read_stdin() if options.imodel_ids == ["-"] else "\n".join(options.imodel_ids)
    wanted = text.replace("\ufeff", "").split()
    if not wanted:
        return _complaint("There are no iModel ids on stdin: write one a line.")
    failures = 0
    with IModelsClient(credential_of(options), base_url=options.base_url, max_workers=options.workers) as client:
        for imodel_id, outcome in iter_changesets(client, wanted, cache=options.cache, progress=None):
            if isinstance(outcome, IModelsError):
                failures += _complaint(f"{imodel_id} {type(outcome).__name__}: {outcome}")
            else:
                count = write_partition(options.out, imodel_id, outcome)
                print(f"{imodel_id} {count} changesets")  # noqa: T201 - a command line tool
    return int(failures > 0)


def _read_stdin() -> str:
    """Read the ids that another program writes, PowerShell and its UTF-16 included."""
    stream = getattr(sys.stdin, "buffer", None)
    try:
        return decode_text(stream.read()) if stream else sys.stdin.read()
    except UnicodeDecodeError:
        raise ValueError("What comes on stdin is not text: write one iModel id a line.") from None


def write_partition(folder: Path, imodel_id: str, rows: pa.Table) -> int:
    """Write one iModel's changesets as ``imodel_id=<GUID>/changesets.parquet``, whole or not at all."""
    frame = changesets_frame(rows).reset_index()
    partition = folder / f"imodel_id={imodel_id}"
    partition.mkdir(parents=True, exist_ok=True)
    write_parquet(frame, partition / "changesets.parquet")
    return len(frame)


def _add_store(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("store", help="see or clear the changesets kept on this machine")
    parser.add_argument("action", choices=["list", "clear"])
    parser.add_argument("imodel_id", nargs="?", metavar="IMODEL_ID", help="this iModel only")
    parser.add_argument("--path", type=Path, help="where it is kept")
    parser.set_defaults(run=_store)


def _store(options: argparse.Namespace) -> int:
    wanted = validate_guid("IMODEL_ID", options.imodel_id) if options.imodel_id else None
    root = options.path or default_root()
    if root.exists() and not root.is_dir():
        raise NotADirectoryError(f"{root} is no folder; --path names the one that cache=PATH was given.")
    found = [entry for entry in list_stored(root) if wanted in {None, entry.imodel_id}]
    for entry in found:
        size = f"{entry.changesets:,} changesets, {entry.size:,} bytes"
        if options.action == "clear":
            entry.clear()
        word = "cleared" if options.action == "clear" else "kept"
        print(f"{entry.imodel_id} {entry.origin} {word}: {size}")  # noqa: T201 - a command line tool
    return 0 if found or not wanted else _complaint(f"Nothing is kept of {wanted} in {root}.")
