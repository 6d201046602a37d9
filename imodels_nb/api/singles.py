"""Single things of the same kind, asked for one by one but many at once."""

from collections.abc import Sequence
from functools import partial
from threading import Event
from typing import TYPE_CHECKING

import pyarrow as pa

from imodels_nb.api.client import IModelsClient
from imodels_nb.api.decode import decode
from imodels_nb.api.request import Request
from imodels_nb.api.schemas import Collection
from imodels_nb.api.walks import Job
from imodels_nb.errors import NotFound

if TYPE_CHECKING:
    from imodels_nb.errors import IModelsError


class SinglesWalk:
    """Reads single things; a walk for :func:`imodels_nb.api.walks.drive`.

    Parameters
    ----------
    requests
        One for each thing.
    kind
        What each answer has to hold.
    missing_ok
        Whether they need not all exist.

    Attributes
    ----------
    answers
        In the order of the requests, one row each; ``None`` for what does not exist.
    """

    def __init__(self, requests: Sequence[Request], kind: Collection, *, missing_ok: bool) -> None:
        self.failure: IModelsError | None = None
        self.answers: list[pa.RecordBatch | None] = [None] * len(requests)
        self._kind, self._missing_ok = kind, missing_ok
        self._coming = iter(enumerate(requests))
        self._left = len(requests)

    @property
    def finished(self) -> bool:
        """Whether everything has come."""
        return self._left == 0

    def next(self) -> Job | None:
        """Give what to ask now."""
        place, request = next(self._coming, (0, None))
        return Job(partial(self._ask, request), partial(self._take, place)) if request else None

    def _ask(self, request: Request, client: IModelsClient, stop: Event) -> pa.RecordBatch | None:
        try:
            return decode(client.get(request, stop), self._kind).rows
        except NotFound:
            if self._missing_ok:
                return None
            raise

    def _take(self, place: int, answer: pa.RecordBatch | None) -> None:
        self.answers[place] = answer
        self._left -= 1
