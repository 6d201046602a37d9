"""Command line of the package: ``python -m imodels_nb``."""

import argparse
import io
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

import pandas as pd
import pyarrow as pa

from imodels_nb import sample
from imodels_nb._files import validate_output_path
from imodels_nb._format import format_count
from imodels_nb._timezones import parse_time_zone
from imodels_nb._validation import validate_guid
from imodels_nb.api import IModelsClient
from imodels_nb.cli_connection import FAILED, Commands, add_connection_options, build_credential, read_ids
from imodels_nb.cli_demo import add_demo
from imodels_nb.cli_login import add_login
from imodels_nb.cli_portfolio import add_portfolio
from imodels_nb.contents.net import format_diffstat, resolve_range
from imodels_nb.contents.read import Detail
from imodels_nb.errors import IModelsError, clean_text
from imodels_nb.export import export_csv, export_parquet, write_parquet
from imodels_nb.fetch import (
    fetch_briefcases,
    fetch_changes,
    fetch_changeset_groups,
    fetch_changesets,
    fetch_checkpoints,
    fetch_extended_data,
    fetch_imodels,
    fetch_itwins,
    fetch_locks,
    fetch_named_versions,
    fetch_permissions,
    fetch_users,
    find_imodel_id,
    find_itwin,
    iter_changesets,
)
from imodels_nb.frames import build_changesets_frame
from imodels_nb.insights import SEVERITIES, findings, parse_timestamp
from imodels_nb.report import SUFFIXES, check_for_secrets, redact_secrets, write_report
from imodels_nb.store import find_default_root, list_stored

FOUND = 3  # a finding is at least as severe as --fail-on
INTERRUPTED = 130  # as in a shell: 128 and the number of SIGINT

_MAX_COLUMN_WIDTH = 40  # characters
_MAX_REASONS = 20  # findings that are printed with --fail-on
_COLLECTIONS: dict[str, Callable[..., pd.DataFrame | pd.Series]] = {
    "briefcases": fetch_briefcases,
    "changeset-groups": fetch_changeset_groups,
    "checkpoints": fetch_checkpoints,
    "extended-data": fetch_extended_data,
    "locks": fetch_locks,
    "named-versions": fetch_named_versions,
    "permissions": fetch_permissions,
    "users": fetch_users,
}
_REPORT_EPILOG = f"""exit status: 0 success; {FAILED} failure; 2 invalid command line; {FOUND} success, and a finding is
at least as severe as --fail-on. Without --now, the time of the report is the present for a fetched iModel,
and the latest push for a file or the sample."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command, and return its exit status.

    Parameters
    ----------
    arguments
        Arguments of the command line, by default those of the process.
    """
    parser = argparse.ArgumentParser(prog="python -m imodels_nb", description="Read the history of iModels.")
    commands = parser.add_subparsers(required=True, metavar="command")
    for add_command in (
        add_demo,
        _add_fetch,
        _add_changes,
        _add_list,
        _add_store,
        _add_report,
        add_portfolio,
        add_login,
    ):
        add_command(commands)
    options = parser.parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # as stderr does: a terminal may lack a character
    try:
        return int(options.run(options))
    except (IModelsError, ValueError, OSError) as error:
        return _report_error(f"{type(error).__name__}: {error}")
    except KeyboardInterrupt:
        return _report_error("Interrupted. Finished files stay.", INTERRUPTED)


def _report_error(line: str, status: int = FAILED) -> int:
    print(line, file=sys.stderr)
    return status


# fetch


def _add_fetch(commands: Commands) -> None:
    parser = commands.add_parser("fetch", help="write changesets as Parquet, partitioned by iModel")
    parser.add_argument("imodel_ids", nargs="+", metavar="IMODEL_ID", help="GUIDs of iModels; - reads them from stdin")
    parser.add_argument("--out", type=Path, default=Path("changesets"), help="folder of the dataset")
    add_connection_options(parser)
    parser.add_argument("--workers", type=int, default=8, help="number of requests that may be under way at once")
    parser.add_argument("--cache", action="store_true", help="store changesets here, and request only new ones")
    parser.set_defaults(run=_run_fetch)


def _run_fetch(options: argparse.Namespace) -> int:
    imodel_ids = read_ids(options.imodel_ids)
    status = 0
    with IModelsClient(build_credential(options), base_url=options.base_url, max_workers=options.workers) as client:
        for imodel_id, outcome in iter_changesets(client, imodel_ids, cache=options.cache):
            if isinstance(outcome, IModelsError):
                status = _report_error(f"{imodel_id} {type(outcome).__name__}: {outcome}")
            else:
                print(f"{imodel_id} {write_partition(options.out, imodel_id, outcome)} changesets")
    return status


def write_partition(folder: Path, imodel_id: str, rows: pa.Table) -> int:
    """Write an iModel's changesets into a dataset, and return their number.

    Parameters
    ----------
    folder
        Folder of the dataset.
    imodel_id
        GUID of the iModel. The file is ``imodel_id=<GUID>/changesets.parquet``, replaced in one step.
    rows
        Changesets with the API's column names.
    """
    partition = folder / f"imodel_id={imodel_id}"
    partition.mkdir(parents=True, exist_ok=True)
    frame = build_changesets_frame(rows).reset_index()
    write_parquet(frame, partition / "changesets.parquet")
    return len(frame)


# changes


def _add_changes(commands: Commands) -> None:
    parser = commands.add_parser("changes", help="show what changed in iModels, by class, and write it")
    parser.add_argument("imodels", nargs="+", metavar="IMODEL", help="GUIDs or names of iModels")
    parser.add_argument("--first", type=int, help="index of the first changeset")
    parser.add_argument("--last", type=int, help="index of the last changeset")
    parser.add_argument("--from-version", metavar="NAME", help="named version to start after")
    parser.add_argument("--to-version", metavar="NAME", help="named version to end with")
    parser.add_argument("--detail", choices=get_args(Detail), default="elements", help="what each row describes")
    parser.add_argument("--folder", type=Path, help="folder of the changeset files; by default the store")
    parser.add_argument("--out", help="FILE.parquet, FILE.csv, - for CSV on stdout, or a folder for a dataset")
    add_connection_options(parser)
    parser.set_defaults(run=_run_changes)


def _run_changes(options: argparse.Namespace) -> int:
    is_file = options.out is not None and options.out.endswith((".parquet", ".csv"))
    if len(options.imodels) > 1 and (is_file or options.out == "-"):
        raise ValueError("Several iModels go into a dataset: name a folder with --out.")
    if is_file:
        validate_output_path(options.out, ".parquet", ".csv")
    status = 0
    with IModelsClient(build_credential(options), base_url=options.base_url) as client:
        for id_or_name in options.imodels:
            try:
                _show_changes(client, find_imodel_id(client, id_or_name), options)
            except IModelsError as error:
                status = _report_error(f"{id_or_name} {type(error).__name__}: {error}")
    return status


def _show_changes(client: IModelsClient, imodel_id: str, options: argparse.Namespace) -> None:
    versions = fetch_named_versions(client, imodel_id) if options.from_version or options.to_version else None
    indexes = fetch_changesets(client, imodel_id, cache=options.folder is None).index
    first, last = resolve_range(
        options.first if options.from_version is None else options.from_version,
        options.last if options.to_version is None else options.to_version,
        versions,
    )
    selected = indexes[(indexes >= (first or 0)) & (indexes <= (indexes.max() if last is None else last))]
    folder = None if options.folder is None else options.folder / imodel_id
    changes = fetch_changes(client, imodel_id, selected, folder=folder, detail=options.detail)
    if options.detail != "tables":
        print(f"{imodel_id}\n{format_diffstat(changes)}", file=sys.stderr if options.out == "-" else sys.stdout)
    if options.out is not None:
        write_changes(changes, imodel_id, Path(options.out))


def write_changes(changes: pd.DataFrame, imodel_id: str, out: Path) -> None:
    """Write a frame of changes into a file, to stdout, or into a dataset."""
    if str(out) == "-":
        _print_csv(changes)
    elif out.suffix == ".csv":
        export_csv(changes, out)
    elif out.suffix == ".parquet":
        export_parquet(changes, out)
    else:
        partition = out / f"imodel_id={imodel_id}"
        partition.mkdir(parents=True, exist_ok=True)
        write_parquet(changes.reset_index(), partition / "changes.parquet")


def _print_csv(frame: pd.DataFrame) -> None:
    with TemporaryDirectory() as folder:
        print(export_csv(frame, Path(folder, "frame.csv")).read_text("utf-8-sig"), end="")


# list


def _add_list(commands: Commands) -> None:
    parser = commands.add_parser("list", help="list your iTwins, the iModels of one, or what belongs to an iModel")
    parser.add_argument("collection", choices=["itwins", "imodels", *_COLLECTIONS])
    parser.add_argument("id", nargs="?", metavar="ID", help="id or name of the iTwin for imodels, else of the iModel")
    parser.add_argument("--search", metavar="TEXT", help="only iTwins or iModels with this text")
    parser.add_argument("--recent", action="store_true", help="only iModels that you used last")
    parser.add_argument("--favorite", action="store_true", help="only your favorite iModels")
    parser.add_argument("--show-people", action="store_true", help="show names of users and devices, not pseudonyms")
    parser.add_argument("--csv", action="store_true", help="print CSV instead of a table")
    add_connection_options(parser)
    parser.set_defaults(run=_run_list, parser=parser)


def _run_list(options: argparse.Namespace) -> int:
    parser: argparse.ArgumentParser = options.parser
    if (options.id is None) != (options.collection == "itwins"):
        needed = f"an ID: that of an {'iTwin' if options.collection == 'imodels' else 'iModel'}"
        parser.error(f"{options.collection} takes {'no ID' if options.id else needed}")
    if options.search and options.collection not in {"itwins", "imodels"}:
        parser.error("--search is for itwins and imodels")
    if (options.recent or options.favorite) and options.collection != "imodels":
        parser.error("--recent and --favorite are for imodels")
    with IModelsClient(build_credential(options), base_url=options.base_url) as client:
        frame = _fetch_collection(client, options)
    if options.csv:
        _print_csv(frame)
    elif len(frame):
        print(clean_text(frame.to_string(max_colwidth=_MAX_COLUMN_WIDTH)))
    else:
        print(f"There are no {options.collection}.", file=sys.stderr)
    return 0


def _fetch_collection(client: IModelsClient, options: argparse.Namespace) -> pd.DataFrame:
    if options.collection == "itwins":
        return fetch_itwins(client, search=options.search)
    if options.collection == "imodels":
        filters = {name: getattr(options, name) for name in ("search", "recent", "favorite")}
        return fetch_imodels(client, str(find_itwin(client, options.id).name), **filters)
    imodel_id = find_imodel_id(client, options.id)
    people = {"personal": options.show_people} if options.collection in {"users", "briefcases"} else {}
    fetched: pd.DataFrame | pd.Series = _COLLECTIONS[options.collection](client, imodel_id, **people)
    return fetched.to_frame() if isinstance(fetched, pd.Series) else fetched


# store


def _add_store(commands: Commands) -> None:
    parser = commands.add_parser("store", help="list or clear the changesets stored on this machine")
    parser.add_argument("action", choices=["list", "clear"])
    parser.add_argument("imodel_id", nargs="?", metavar="IMODEL_ID", help="this iModel only")
    parser.add_argument("--path", type=Path, help="folder that was passed as cache=PATH; by default that of cache=True")
    parser.set_defaults(run=_run_store)


def _run_store(options: argparse.Namespace) -> int:
    imodel_id = validate_guid("IMODEL_ID", options.imodel_id) if options.imodel_id else None
    root = options.path or find_default_root()
    if root.exists() and not root.is_dir():
        raise NotADirectoryError(f"{root} is not a folder. --path should be the folder that was passed as cache=PATH.")
    timelines = [one for one in list_stored(root) if imodel_id in {None, one.imodel_id}]
    for timeline in timelines:
        if options.action == "clear":
            timeline.clear()
        verb = "cleared" if options.action == "clear" else "stored"
        size = f"{timeline.changesets:,} changesets, {timeline.size:,} bytes"
        if timeline.files:
            size += f"; {timeline.files:,} files, {timeline.files_size:,} bytes"
        print(f"{timeline.imodel_id} {timeline.origin} {verb}: {size}")
    if imodel_id and not timelines:
        return _report_error(f"No changesets of {imodel_id} are stored in {root}.")
    return 0


# report


def _add_report(commands: Commands) -> None:
    parser = commands.add_parser("report", help="write a report about a timeline as HTML", epilog=_REPORT_EPILOG)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("source", nargs="?", metavar="IMODEL | FILE.parquet", help="id or name, or a file")
    source.add_argument("--sample", action="store_true", help="report on synthetic data, to try it")
    parser.add_argument("-o", "--output", type=Path, help="the HTML file; by default report.html; with --json, no file")
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.add_argument("--fail-on", choices=SEVERITIES, help=f"exit with {FOUND} from this severity on")
    parser.add_argument("--title", help="title of the report")
    parser.add_argument("--show-people", action="store_true", help="show names and descriptions, not pseudonyms")
    parser.add_argument("--redact", action="store_true", help="mask texts that look like secrets, and write the report")
    parser.add_argument("--time-zone", default="UTC", help="IANA name, such as Europe/London")
    parser.add_argument("--now", help="time of the report, such as 2026-01-31T12:00Z")
    add_connection_options(parser)
    parser.set_defaults(run=_run_report)


def _run_report(options: argparse.Namespace) -> int:
    output = None  # all options are checked before anything is fetched
    if options.output or not options.json:
        output = validate_output_path(options.output or "report.html", *SUFFIXES)
    parse_time_zone(options.time_zone)
    if options.now:
        parse_timestamp(options.now)
    title, frames, now = _load_frames(options)
    moment = {"now": options.now or now, "time_zone": options.time_zone}
    if output:
        look = {"title": options.title or title, "show_people": options.show_people, "redact": options.redact}
        file = write_report(output, **frames, **moment, **look)
        print(f"{file}: {len(frames['changesets']):,} changesets", file=sys.stderr)
    if not (options.json or options.fail_on):
        return 0
    found = findings(**frames, **moment)
    if options.json:
        if options.redact:
            found["sentence"] = redact_secrets(found["sentence"].tolist())
        check_for_secrets(found["sentence"].tolist(), "the findings")
        print(_format_json(found))
    if not options.fail_on:
        return 0
    every = findings(**frames, **moment, all=True)
    return _report_severe(every[every["severity"] >= options.fail_on], options.fail_on)


def _report_severe(severe: pd.DataFrame, severity: str) -> int:
    """Write why a report fails to stderr, and return the exit status."""
    if severe.empty:
        return 0
    count = format_count(len(severe), "finding")
    print(f"Exit status {FOUND}: {count} of severity {severity} or above (--fail-on {severity}).", file=sys.stderr)
    shown = severe.head(_MAX_REASONS)
    for row, sentence in zip(shown.itertuples(), redact_secrets(shown["sentence"].tolist()), strict=True):
        print(f"  {row.severity} · {row.rule}: {clean_text(sentence)}", file=sys.stderr)
    if len(severe) > len(shown):
        print(f"  and {len(severe) - len(shown):,} more; findings(..., all=True) has all", file=sys.stderr)
    return FOUND


def _load_frames(options: argparse.Namespace) -> tuple[str, dict[str, Any], str | None]:
    """Load the frames of a report; return its title, the frames and the moment."""
    if options.sample:
        with sample.start() as hub, IModelsClient(hub.credential, base_url=hub.base_url) as client:
            return "Sample project (synthetic data)", _fetch_frames(client, hub.imodel_id, options), None
    if options.source.lower().endswith(".parquet"):
        file = Path(options.source)
        if not file.is_file():
            raise FileNotFoundError(f"There is no file {file}.")
        changesets = pd.read_parquet(file)
        if not options.show_people:  # neither findings nor JSON may have the names of an exported frame
            changesets = changesets.drop(columns="creator_name", errors="ignore")
        return file.stem, {"changesets": changesets}, None
    with IModelsClient(build_credential(options), base_url=options.base_url) as client:
        frames = _fetch_frames(client, find_imodel_id(client, options.source), options)
    return f"iModel {options.source}", frames, pd.Timestamp.now("UTC").isoformat()


def _fetch_frames(client: IModelsClient, imodel_id: str, options: argparse.Namespace) -> dict[str, Any]:
    return {
        "changesets": fetch_changesets(client, imodel_id),
        "named_versions": fetch_named_versions(client, imodel_id),
        "users": fetch_users(client, imodel_id, personal=options.show_people),
        "checkpoints": fetch_checkpoints(client, imodel_id),
        "groups": fetch_changeset_groups(client, imodel_id),
    }


def _format_json(found: pd.DataFrame) -> str:
    document = {name: found.attrs[name] for name in ("now", "time_zone", "not_checked")}
    document["findings"] = json.loads(found.to_json(orient="records"))
    text = json.dumps(document, indent=2, ensure_ascii=False)
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return json.dumps(document, indent=2)  # every encoding has its escapes
    return text
