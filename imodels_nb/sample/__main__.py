"""``python -m imodels_nb.sample``: the sample hub on its own, until SIGINT or SIGTERM."""

import argparse
import json
import signal
import sys
import threading

from imodels_nb.sample.hub import FAULTS, Hub, synthesise
from imodels_nb.sample.hub.faults.catalogue import SCHEDULE_HELP, SYNTAX, ordered
from imodels_nb.sample.hub.identity.options import WORDS


def main() -> None:
    """Serve, and print one JSON line once requests are accepted."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    options = _options()
    try:
        hub = _hub(options).start()
    except (OSError, ValueError) as error:
        sys.exit(f"python -m imodels_nb.sample: {error}")
    print(json.dumps(_announcement(hub, options.changesets)), flush=True)  # noqa: T201 - whoever started it reads this
    stopped.wait()
    hub.stop()


def _hub(options: argparse.Namespace) -> Hub:
    return Hub(
        synthesise(options.changesets, options.seed, gaps=options.gaps),
        host=options.host,
        port=options.port,
        token=options.token,
        auto_approve=options.auto_approve,
        latency_ms=options.latency_ms,
        rate_limit=options.rate_limit,
        tell_remaining=options.tell_remaining,
        token_lifetime=options.token_lifetime,
        identity=options.identity,
        ledger_file=options.ledger_file,
        inject=options.fault,
    )


def _announcement(hub: Hub, changesets: int) -> dict[str, str | int]:
    return {
        "base_url": hub.base_url,
        "identity_url": hub.identity_url,
        "token": hub.token,
        "itwin_id": hub.itwin_id,
        "imodel_id": hub.imodel_id,
        "changesets": changesets,
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m imodels_nb.sample",
        description="Serve a synthetic iModel.",
        epilog=_catalogue(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on; anything else is open to others")
    parser.add_argument("--port", type=int, default=0, help="0 takes any free one")
    parser.add_argument("--changesets", type=_count, default=12_000, help="length of the timeline")
    parser.add_argument("--seed", type=_count, default=7, help="the same seed gives the same project")
    parser.add_argument("--token", help="the bearer token to accept; without it one is made up")
    parser.add_argument("--auto-approve", action="store_true", help="sign-ins approve themselves")
    parser.add_argument("--latency-ms", type=float, default=0, help="wait before each answer")
    parser.add_argument("--rate-limit", type=float, metavar="PER_SECOND", help="answer 429 above this")
    parser.add_argument("--gaps", action="store_true", help="leave gaps in the changeset index")
    parser.add_argument("--fault", action="append", default=[], type=_fault, metavar=SYNTAX, help="see below")
    parser.add_argument("--tell-remaining", action="store_true", help="answers say how many requests are left")
    parser.add_argument("--token-lifetime", type=int, default=3600, metavar="SECONDS", help="of those who sign in")
    parser.add_argument("--identity", action="append", default=[], choices=WORDS, help="how the provider answers")
    parser.add_argument("--ledger-file", help="keep the timeline there, pushes included")
    return parser.parse_args()


def _catalogue() -> str:
    width = max(map(len, FAULTS)) + 2
    return "\n".join(["faults:", *(f"  {name:{width}}{line}" for name, line in FAULTS.items()), "", SCHEDULE_HELP])


def _fault(text: str) -> str:
    try:
        ordered(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return text


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError("should be a whole number of at least 0")
    return int(text)


if __name__ == "__main__":
    main()
