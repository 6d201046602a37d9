"""``python -m imodels_nb.sample``: the sample hub on its own, until SIGINT or SIGTERM."""

import argparse
import json
import signal
import sys
import threading

from imodels_hub import Hub, synthesise_itwin
from imodels_nb.sample.command_line import PROGRAM, options
from imodels_nb.sample.starting import default_allowed_hosts


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
    project, *neighbours = synthesise_itwin(
        asked.imodels, asked.changesets, asked.seed, gaps=asked.gaps, stories=asked.stories
    )
    return Hub(
        project,
        neighbours=neighbours,
        ledger_file=asked.ledger_file,
        permissions=asked.permissions,
        host=asked.host,
        port=asked.port,
        allowed_hosts=default_allowed_hosts() if asked.allowed_hosts is None else asked.allowed_hosts,
        auto_approve=asked.auto_approve,
        latency_ms=asked.latency_ms,
        rate_limit=asked.rate_limit,
        tell_remaining=asked.tell_remaining,
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


if __name__ == "__main__":
    main()
