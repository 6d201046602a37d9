"""``python -m imodels_nb report``: one HTML file of what a timeline means, and a status for whoever schedules it."""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from imodels_nb import sample
from imodels_nb._files import validate_output_path
from imodels_nb._timezones import parse_time_zone
from imodels_nb.api import IModelsClient
from imodels_nb.commands.access import add_access, credential_of
from imodels_nb.fetch import (
    fetch_changeset_groups,
    fetch_changesets,
    fetch_checkpoints,
    fetch_named_versions,
    fetch_users,
)
from imodels_nb.insights import findings
from imodels_nb.insights.boundary import moment_of
from imodels_nb.insights.finding import SEVERITIES
from imodels_nb.report import SUFFIXES, check_for_secrets, redact_secrets, write_report

FOUND = 3
"""Exit status when a finding is at least as severe as ``--fail-on`` says."""

_EPILOG = f"""exit status: 0 fine; 1 it could not be done; 2 the command line is wrong; {FOUND} done, and a finding is
at least as severe as --fail-on says. A fetched iModel is judged from the present, a file or the sample from its latest
push, unless --now says otherwise."""


def add_report(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command ``report``."""
    parser = commands.add_parser("report", help="write what a timeline means into one HTML file", epilog=_EPILOG)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("source", nargs="?", metavar="IMODEL_ID | FILE.parquet", help="an iModel, or its changesets")
    source.add_argument("--sample", action="store_true", help="report on synthetic data, to try it")
    parser.add_argument("-o", "--output", type=Path, help="the HTML file; without it and with --json none is written")
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.add_argument("--fail-on", choices=SEVERITIES, help=f"exit with {FOUND} from this severity on")
    parser.add_argument("--title", help="what the report is about")
    parser.add_argument("--show-people", action="store_true", help="names and descriptions instead of pseudonyms")
    parser.add_argument("--redact", action="store_true", help="mask what looks like a secret instead of refusing it")
    parser.add_argument("--time-zone", default="UTC", help="IANA name, such as Europe/London")
    parser.add_argument("--now", help="the moment to judge from, such as 2026-01-31T12:00Z")
    add_access(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the report, print the findings, and give the exit status.

    What is wrong with the command line is said before anything is fetched; what is printed is looked through for
    secrets as a report is.

    Raises
    ------
    IModelsError, ValueError, OSError
        When it cannot be done.
    """
    output = (
        None
        if options.json and not options.output
        else validate_output_path(options.output or "report.html", *SUFFIXES)
    )
    parse_time_zone(options.time_zone)
    if options.now:
        moment_of(options.now)
    title, frames, now = _source(options)
    judged = {"now": options.now or now, "time_zone": options.time_zone}
    if output:
        style = {"title": options.title or title, "show_people": options.show_people, "redact": options.redact}
        file = write_report(output, **frames, **judged, **style)
        print(f"{file}: {len(frames['changesets']):,} changesets", file=sys.stderr)  # noqa: T201 - a command line tool
    found = findings(**frames, **judged) if options.json or options.fail_on else None
    if options.json and found is not None:
        if options.redact:
            found["sentence"] = redact_secrets(found["sentence"].tolist())
        check_for_secrets(found["sentence"].tolist(), "the findings")
        print(_json(found))  # noqa: T201 - a command line tool
    severe = found is not None and bool(options.fail_on) and bool((found["severity"] >= options.fail_on).any())
    return FOUND if severe else 0


def _source(options: argparse.Namespace) -> tuple[str, Mapping[str, Any], str | None]:
    """Give a title, the frames, and the moment to judge from."""
    if options.sample:
        with sample.start() as hub, IModelsClient(hub.credential, base_url=hub.base_url) as client:
            return "Sample project (synthetic data)", _fetched(client, hub.imodel_id, options), None
    if options.source.lower().endswith(".parquet"):
        return Path(options.source).stem, {"changesets": _read(Path(options.source))}, None
    with IModelsClient(credential_of(options), base_url=options.base_url) as client:
        frames = _fetched(client, options.source, options)
    return f"iModel {options.source}", frames, pd.Timestamp.now("UTC").isoformat()


def _read(file: Path) -> pd.DataFrame:
    if not file.is_file():
        raise FileNotFoundError(f"There is no file {file}.")
    frame = pd.read_parquet(file)
    return frame.set_index("changeset_index") if "changeset_index" in frame else frame


def _fetched(client: IModelsClient, imodel_id: str, options: argparse.Namespace) -> dict[str, Any]:
    return {
        "changesets": fetch_changesets(client, imodel_id),
        "named_versions": fetch_named_versions(client, imodel_id),
        "users": fetch_users(client, imodel_id, personal=options.show_people),
        "checkpoints": fetch_checkpoints(client, imodel_id),
        "groups": fetch_changeset_groups(client, imodel_id),
    }


def _json(found: pd.DataFrame) -> str:
    told = {name: found.attrs[name] for name in ("now", "time_zone", "not_checked")}
    document = told | {"findings": json.loads(found.to_json(orient="records"))}
    text = json.dumps(document, indent=2, ensure_ascii=False)
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return json.dumps(document, indent=2)  # its escapes are read in any encoding
    return text
