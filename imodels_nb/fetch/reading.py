"""One iModel's timeline: what is kept on this machine, and a walk for the rest."""

import os
import warnings
from typing import TYPE_CHECKING

from imodels_nb._files import expand_path
from imodels_nb.api import IModelsClient
from imodels_nb.api.arguments import guid, shown
from imodels_nb.api.schemas import Rows
from imodels_nb.api.timeline import TimelineWalk
from imodels_nb.api.walks import Job
from imodels_nb.store import ChangesetStore, between, default_root

if TYPE_CHECKING:
    from imodels_nb.errors import IModelsError

Cache = bool | str | os.PathLike[str]


class Reading:
    """Reads the changesets of one iModel; a walk for :func:`imodels_nb.api.walks.drive`.

    Parameters
    ----------
    client
        Whom to ask.
    imodel_id
        GUID of the iModel.
    after, last
        What to read, as the API has it: exclusive start, inclusive end.
    full
        Whether to ask for the full representation.
    cache
        Whether, or where, to keep what was read; then the whole timeline is read, and cut afterwards.

    Raises
    ------
    ValueError
        When `cache` is no place, or the full representation is to be kept: it holds what may still change.
    """

    def __init__(
        self, client: IModelsClient, imodel_id: str, *, after: int, last: int | None, full: bool, cache: Cache
    ) -> None:
        if full and cache is not False:
            raise ValueError('cache keeps detail="minimal" only: the full detail holds what may still change.')
        self.imodel_id = guid("imodel_id", imodel_id)
        self._store = _store(client, self.imodel_id, cache)
        self._after, self._last = after, last
        if self._store:
            self._walk = TimelineWalk(self.imodel_id, workers=client.max_workers, known=self._store.read())
        else:
            self._walk = TimelineWalk(self.imodel_id, workers=client.max_workers, after=after, last=last, full=full)

    @property
    def failure(self) -> "IModelsError | None":
        """Why it came to nothing, if it did."""
        return self._walk.failure

    @failure.setter
    def failure(self, failure: "IModelsError | None") -> None:
        self._walk.failure = failure

    @property
    def finished(self) -> bool:
        """Whether everything has come, and is proved whole."""
        return self._walk.finished

    @property
    def came(self) -> int:
        """How many rows have come."""
        return self._walk.came

    @property
    def expected(self) -> int | None:
        """About how many rows there will be; ``None`` while nobody knows."""
        return self._walk.expected

    def next(self) -> Job | None:
        """Give what to ask now."""
        return self._walk.next()

    def rows(self) -> Rows:
        """Give the changesets under the API's own names, ascending, and keep those that are new."""
        if self._store is None:
            return self._walk.rows()
        self._keep(self._store)
        return between(self._walk.rows(), self._after, self._last)

    def _keep(self, store: ChangesetStore) -> None:
        known = self._walk.known
        try:
            store.keep(self._walk.news(), after=known.column("index")[-1].as_py() if known is not None else 0)
        except OSError as error:
            message = (
                f"What was fetched could not be kept in {store.folder} ({error.strerror}); the next fetch is slower."
            )
            warnings.warn(message, stacklevel=4)


def _store(client: IModelsClient, imodel_id: str, cache: Cache) -> ChangesetStore | None:
    if cache is False:
        return None
    if cache is True:
        return ChangesetStore(default_root(), client.base_url, imodel_id)
    try:
        return ChangesetStore(expand_path(cache), client.base_url, imodel_id)
    except ValueError as error:
        raise ValueError(
            f"cache should be True, False, or the folder to keep changesets in, not {shown(cache)}: {error}."
        ) from None
