"""Answers: what goes back over the wire, as values, so that a test can put another in their place."""

import gzip
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from tornado.iostream import IOStream

from imodels_hub.api.bodies import Json, body_of
from imodels_hub.api.refusals import Refusal

_QUICK = 1  # compresses a page to an eighth in 2 ms; the default level takes three times as long for little more


@dataclass(frozen=True)
class Answer:
    """One HTTP answer.

    Parameters
    ----------
    status
        HTTP status.
    body
        The bytes to send.
    headers
        Headers besides Content-Length.
    cut_after
        Drop the connection after so many bytes of the body, although Content-Length promised all; `None` sends it
        whole.
    delivery
        Writes the head and the body to the connection, instead of the usual way.
    rows
        How many rows a list's body holds, for the log.
    delay
        Seconds that pass before it leaves.
    """

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    cut_after: int | None = None
    delivery: "Delivery | None" = None
    rows: int | None = None
    delay: float = 0.0

    @cached_property
    def compressed(self) -> "Answer":
        """The same answer with a gzip body."""
        headers = {**self.headers, "Content-Encoding": "gzip"}
        return replace(self, body=gzip.compress(self.body, _QUICK, mtime=0), headers=headers)


Delivery = Callable[[IOStream, bytes, bytes], Awaitable[None]]
"""Writes the head and the body of an answer to its connection, which is closed afterwards."""

Fault = Callable[[Answer], Answer]
"""Turns the answer that would have gone out into the one that does."""

_JSON = {"Content-Type": "application/json", "Vary": "Accept, Accept-Encoding, Prefer"}


def found(value: Json, rows: int | None = None) -> Answer:
    """Answer 200 with a JSON body."""
    return Answer(200, body_of(value), _JSON, rows=rows)


def created(value: Json) -> Answer:
    """Answer 201 with a JSON body."""
    return Answer(201, body_of(value), _JSON)


def refused(refusal: Refusal) -> Answer:
    """Answer with an error."""
    return Answer(refusal.status, body_of(refusal.body), {**_JSON, **refusal.headers})
