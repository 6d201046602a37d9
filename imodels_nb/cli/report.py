"""The command ``report``: a report, or the findings as JSON."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import pandas as pd

from imodels_nb import sample
from imodels_nb._files import validate_output_path
from imodels_nb._format import format_count
from imodels_nb._timezones import parse_time_zone
from imodels_nb.api import IModelsClient
from imodels_nb.cli.connection import (
    FAILED,
    Commands,
    add_connection_options,
    build_credential,
)
from imodels_nb.errors import clean_text
from imodels_nb.fetch import (
    fetch_changeset_groups,
    fetch_changesets,
    fetch_checkpoints,
    fetch_named_versions,
    fetch_users,
    find_imodel_id,
)
from imodels_nb.insights import SEVERITIES, findings, parse_timestamp
from imodels_nb.report import SUFFIXES, check_for_secrets, read_last_index, redact_secrets, write_report

FOUND = 3  # a finding is at least as severe as --fail-on

_MAX_REASONS = 20  # findings that are printed with --fail-on
_REPORT_EPILOG = f"""exit status: 0 success; {FAILED} failure; 2 invalid command line; {FOUND} success, and a finding is
at least as severe as --fail-on. Without --now, the time of the report is the present for a fetched iModel,
and the latest push for a file or the sample."""


def add_report(commands: Commands) -> None:
    """Add the command ``report`` to the command line."""
    parser = commands.add_parser("report", help="write a report about a timeline as HTML", epilog=_REPORT_EPILOG)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("source", nargs="?", metavar="IMODEL | FILE.parquet", help="id or name, or a file")
    source.add_argument("--sample", action="store_true", help="report on synthetic data, to try it")
    parser.add_argument("-o", "--output", type=Path, help="the HTML file; by default report.html; with --json, no file")
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.add_argument("--fail-on", choices=SEVERITIES, help=f"exit with {FOUND} from this severity on")
    parser.add_argument("--title", help="title of the report")
    parser.add_argument("--names", action="store_true", help="show names and descriptions, not pseudonyms")
    parser.add_argument("--redact", action="store_true", help="mask texts that look like secrets, and write the report")
    parser.add_argument("--time-zone", default="UTC", help="IANA name, such as Europe/London")
    parser.add_argument("--now", help="time of the report, such as 2026-01-31T12:00Z")
    parser.add_argument("--since", help="earlier report, index, date or named version: show what came after")
    add_connection_options(parser)
    parser.set_defaults(run=_run_report)


def _run_report(options: argparse.Namespace) -> int:
    output = None  # all options are checked before anything is fetched
    if options.output or not options.json:
        output = validate_output_path(options.output or "report.html", *SUFFIXES)
    parse_time_zone(options.time_zone)
    if options.now:
        parse_timestamp(options.now)
    since = _parse_since(options.since, output)
    title, frames, now = _load_frames(options)
    moment = {"now": options.now or now, "time_zone": options.time_zone}
    if output:
        look = {"title": options.title or title, "names": options.names, "redact": options.redact}
        file = write_report(output, **frames, **moment, **look, since=since)
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
    return _report_severe_findings(every[every["severity"] >= options.fail_on], options.fail_on)


def _report_severe_findings(severe: pd.DataFrame, severity: str) -> int:
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


def _parse_since(since: str | None, output: Path | None) -> int | str | None:
    """Return an index, or the text; raise if it names a file that is no report.

    If the output is the same file, and it does not exist yet, the result is ``None``: this is the first report.
    """
    if since is not None and since.lower().endswith(SUFFIXES):
        file = Path(since)
        if output is not None and not file.exists() and file.resolve() == output.resolve():
            print(f"{file} does not exist yet: this report is the first, without --since.", file=sys.stderr)
            return None
        read_last_index(file)
    return int(since) if since is not None and since.isascii() and since.isdigit() else since


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
        if not options.names:  # neither findings nor JSON may have the names of an exported frame
            changesets = changesets.drop(columns="creator_name", errors="ignore")
        return file.stem, {"changesets": changesets}, None
    with IModelsClient(build_credential(options), base_url=options.base_url) as client:
        frames = _fetch_frames(client, find_imodel_id(client, options.source), options)
    return f"iModel {options.source}", frames, pd.Timestamp.now("UTC").isoformat()


def _fetch_frames(client: IModelsClient, imodel_id: str, options: argparse.Namespace) -> dict[str, Any]:
    return {
        "changesets": fetch_changesets(client, imodel_id),
        "named_versions": fetch_named_versions(client, imodel_id),
        "users": fetch_users(client, imodel_id, personal=options.names),
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
        return json.dumps(document, indent=2)  # every encoding can write these escapes
    return text
