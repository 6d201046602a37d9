"""``python -m imodels_nb.sample``, which runs until SIGINT or SIGTERM."""

import argparse
import json
import signal
import sys
import threading

from imodels_hub import FAULTS, PERMISSIONS, Hub, build_plant_project, generate_itwin
from imodels_hub.faults.catalog import SCHEDULE_HELP, SYNTAX, parse_fault
from imodels_hub.identity.tokens import OPTION_NAMES
from imodels_nb.sample.hub import find_allowed_hosts

PROGRAM = "python -m imodels_nb.sample"


def main() -> None:
    """Run the hub, and print one JSON line when it accepts requests."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit())  # also while a long timeline is still generated
    options = parse_options()
    try:
        with _build_hub(options) as hub:
            print(json.dumps(_build_announcement(hub)), flush=True)  # noqa: T201 - the program that started it reads this
            threading.Event().wait()
    except (OSError, ValueError) as error:
        sys.exit(f"{PROGRAM}: {error}")


def _build_hub(options: argparse.Namespace) -> Hub:
    project, *others = generate_itwin(
        options.imodels, options.changesets, options.seed, gaps=options.gaps, anomalies=options.anomalies
    )
    return Hub(
        project,
        neighbors=[*others, build_plant_project()],
        ledger_file=options.ledger_file,
        permissions=options.permissions,
        host=options.host,
        port=options.port,
        allowed_hosts=find_allowed_hosts() if options.allowed_hosts is None else options.allowed_hosts,
        auto_approve=options.auto_approve,
        latency_ms=options.latency_ms,
        rate_limit=options.rate_limit,
        show_remaining=options.show_remaining,
        inject=options.fault,
        token_lifetime=options.token_lifetime,
        identity=options.identity,
        **({} if options.token is None else {"token": options.token}),
    )


def _build_announcement(hub: Hub) -> dict[str, str | int]:
    return {
        "base_url": hub.base_url,
        "identity_url": hub.identity_url,
        "token": hub.token,
        "itwin_id": hub.itwin_id,
        "imodel_id": hub.imodel_id,
        "plant_imodel_id": build_plant_project().imodel.id,
        "changesets": hub.length,
    }


def parse_options(arguments: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line, or print the usage and exit."""
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description="Serve a synthetic iModel until SIGINT or SIGTERM.",
        epilog=_format_faults(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_contents(parser.add_argument_group("contents"))
    _add_access(parser.add_argument_group("address and access"))
    _add_responses(parser.add_argument_group("responses"))
    return parser.parse_args(arguments)


def _add_contents(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--changesets", type=_parse_count, default=12_000, metavar="N", help="length of the timeline (12000)"
    )
    group.add_argument(
        "--seed", type=_parse_count, default=7, metavar="S", help="the same seed gives the same project (7)"
    )
    group.add_argument("--gaps", action="store_true", help="leave gaps in the changeset index")
    group.add_argument("--no-anomalies", action="store_false", dest="anomalies", help="no anomalies in the timeline")
    group.add_argument(
        "--imodels", type=_parse_count, default=1, metavar="N", help="number of iModels, each of that length (1)"
    )
    group.add_argument("--ledger-file", metavar="FILE", help="file for the timeline with all pushes")


def _add_access(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--host",
        default="127.0.0.1",
        help="address to listen on (127.0.0.1); others can reach any address but loopback",
    )
    group.add_argument("--port", type=int, default=0, help="1 to 65535; 0, the default, means any free port")
    group.add_argument(
        "--allow-host",
        action="append",
        dest="allowed_hosts",
        metavar="NAME",
        help="a name that browsers may use for this machine; may be repeated; * allows all, as it is on JupyterHub",
    )
    group.add_argument("--token", help="the bearer token to accept; by default a random one")
    group.add_argument(
        "--permissions",
        nargs="*",
        default=PERMISSIONS,
        choices=PERMISSIONS,
        metavar="PERMISSION",
        help=f"permissions of the sample's user, from {', '.join(PERMISSIONS)} (all)",
    )
    group.add_argument(
        "--auto-approve", action="store_true", help="approve sign-ins without a click, after a few polls"
    )
    group.add_argument(
        "--token-lifetime",
        type=int,
        default=3600,
        metavar="SECONDS",
        help="seconds that the tokens of a sign-in are valid (3600)",
    )
    group.add_argument(
        "--identity",
        action="append",
        default=[],
        choices=OPTION_NAMES,
        help="variants of the identity provider; may be repeated",
    )


def _add_responses(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--latency-ms", type=float, default=0, metavar="L", help="milliseconds to wait before each response (0 ms)"
    )
    group.add_argument(
        "--rate-limit",
        type=float,
        metavar="PER_SECOND",
        help="requests a second above which the response is 429 (no limit)",
    )
    group.add_argument(
        "--show-remaining", action="store_true", help="responses have a header with the number of requests left"
    )
    group.add_argument(
        "--fault", action="append", default=[], type=_parse_fault, metavar=SYNTAX, help="see below; may be repeated"
    )


def _format_faults() -> str:
    width = max(map(len, FAULTS)) + 2
    return "\n".join(["faults:", *(f"  {name:{width}}{line}" for name, line in FAULTS.items()), "", SCHEDULE_HELP])


def _parse_fault(text: str) -> str:
    try:
        parse_fault(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return text


def _parse_count(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise argparse.ArgumentTypeError("should be a whole number of at least 0")
    return int(text)


if __name__ == "__main__":
    main()
