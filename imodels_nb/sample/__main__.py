"""``python -m imodels_nb.sample``: run the sample hub until SIGINT or SIGTERM."""

import argparse
import json
import signal
import sys
import threading

from imodels_hub import FAULTS, PERMISSIONS, Hub, generate_itwin
from imodels_hub.faults.catalogue import SCHEDULE_HELP, SYNTAX, parse_fault
from imodels_hub.identity.tokens import OPTION_NAMES
from imodels_nb.sample.hub import default_allowed_hosts

PROGRAM = "python -m imodels_nb.sample"


def main() -> None:
    """Serve, and print one JSON line once requests are accepted."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit())  # also while a long timeline is still made up
    asked = options()
    try:
        with _hub(asked) as hub:
            print(json.dumps(_announcement(hub)), flush=True)  # noqa: T201 - whoever started it reads this
            threading.Event().wait()
    except (OSError, ValueError) as error:
        sys.exit(f"{PROGRAM}: {error}")


def _hub(asked: argparse.Namespace) -> Hub:
    project, *neighbors = generate_itwin(
        asked.imodels, asked.changesets, asked.seed, gaps=asked.gaps, anomalies=asked.stories
    )
    return Hub(
        project,
        neighbors=neighbors,
        ledger_file=asked.ledger_file,
        permissions=asked.permissions,
        host=asked.host,
        port=asked.port,
        allowed_hosts=default_allowed_hosts() if asked.allowed_hosts is None else asked.allowed_hosts,
        auto_approve=asked.auto_approve,
        latency_ms=asked.latency_ms,
        rate_limit=asked.rate_limit,
        show_remaining=asked.show_remaining,
        inject=asked.fault,
        token_lifetime=asked.token_lifetime,
        identity=asked.identity,
        **({} if asked.token is None else {"token": asked.token}),
    )


def _announcement(hub: Hub) -> dict[str, str | int]:
    return {
        "base_url": hub.base_url,
        "identity_url": hub.identity_url,
        "token": hub.token,
        "itwin_id": hub.itwin_id,
        "imodel_id": hub.imodel_id,
        "changesets": hub.length,
    }


def options(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line, or end with the usage."""
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description="Serve a synthetic iModel until SIGINT or SIGTERM.",
        epilog=_catalogue(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_contents(parser.add_argument_group("what is served"))
    _add_place(parser.add_argument_group("where, and to whom"))
    _add_troubles(parser.add_argument_group("how well"))
    return parser.parse_args(arguments)


def _add_contents(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--changesets", type=_count, default=12_000, metavar="N", help="length of the timeline (12000)")
    group.add_argument("--seed", type=_count, default=7, metavar="S", help="the same seed gives the same project (7)")
    group.add_argument("--gaps", action="store_true", help="leave gaps in the changeset index")
    group.add_argument("--no-stories", action="store_false", dest="stories", help="plant no trouble in the timeline")
    group.add_argument("--imodels", type=_count, default=1, metavar="N", help="how many, each of that length (1)")
    group.add_argument("--ledger-file", metavar="FILE", help="keep the timeline there, pushes included")


def _add_place(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (127.0.0.1); all but loopback is open to others"
    )
    group.add_argument("--port", type=int, default=0, help="1 to 65535; 0, the default, takes any free one")
    group.add_argument(
        "--allow-host",
        action="append",
        dest="allowed_hosts",
        metavar="NAME",
        help="a name that browsers may use for this machine; may be repeated; * allows all, as it is on JupyterHub",
    )
    group.add_argument("--token", help="the bearer token to accept; without it one is made up")
    group.add_argument(
        "--permissions",
        nargs="*",
        default=PERMISSIONS,
        choices=PERMISSIONS,
        metavar="PERMISSION",
        help=f"what the sample's user may do, of {', '.join(PERMISSIONS)} (all)",
    )
    group.add_argument("--auto-approve", action="store_true", help="sign-ins approve themselves after a few polls")
    group.add_argument(
        "--token-lifetime", type=int, default=3600, metavar="SECONDS", help="of the tokens of a sign-in (3600 s)"
    )
    group.add_argument(
        "--identity",
        action="append",
        default=[],
        choices=OPTION_NAMES,
        help="how the provider answers; may be repeated",
    )


def _add_troubles(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--latency-ms", type=float, default=0, metavar="L", help="milliseconds to wait before each answer (0 ms)"
    )
    group.add_argument(
        "--rate-limit", type=float, metavar="PER_SECOND", help="requests a second, above which it answers 429 (none)"
    )
    group.add_argument("--show-remaining", action="store_true", help="answers say how many requests are left")
    group.add_argument(
        "--fault", action="append", default=[], type=_fault, metavar=SYNTAX, help="see below; may be repeated"
    )


def _catalogue() -> str:
    width = max(map(len, FAULTS)) + 2
    return "\n".join(["faults:", *(f"  {name:{width}}{line}" for name, line in FAULTS.items()), "", SCHEDULE_HELP])


def _fault(text: str) -> str:
    try:
        parse_fault(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return text


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise argparse.ArgumentTypeError("should be a whole number of at least 0")
    return int(text)


if __name__ == "__main__":
    main()
