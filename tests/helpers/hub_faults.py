"""Faults that change what a hub sends, and a count of its requests."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from imodels_hub import Hub, Response

Fault = Callable[[Response], Response]


def edit_body(change: Callable[[dict[str, Any]], object]) -> Fault:
    """Build a fault that changes the JSON document of a response."""

    def fault(response: Response) -> Response:
        document = json.loads(response.body)
        change(document)
        return replace(response, body=json.dumps(document).encode())

    return fault


def edit_changeset(**fields: Any) -> Fault:
    """Build a fault that sets fields of the one changeset in a response."""
    return edit_body(lambda document: document["changeset"].update(fields))


def without_rows(*indexes: int) -> Fault:
    """Build a fault that leaves changesets out of a page, by index."""

    def change(page: dict[str, Any]) -> None:
        page["changesets"] = [row for row in page["changesets"] if row["index"] not in indexes]

    return edit_body(change)


def count_requests(hub: Hub, text: str = "GET") -> int:
    """Return the number of requests whose line in the log contains a text."""
    return sum(text in line for line in hub.log)
