"""One iModel's timeline: what is kept on this machine, and a walk for the rest."""

import os
import warnings
from typing import TYPE_CHECKING

import pyarrow as pa

from imodels_nb._files import expand_path
from imodels_nb._validation import format_argument, validate_guid
from imodels_nb.api import IModelsClient
from imodels_nb.api.changesets import ChangesetsFetch
from imodels_nb.api.executor import Step
from imodels_nb.store import ChangesetStore, default_root, select_range

if TYPE_CHECKING:
    from imodels_nb.errors import IModelsError

Cache = bool | str | os.PathLike[str]


class Reading:
    """Reads the changesets of one iModel; for :func:`imodels_nb.api.executor.run_all`.

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
        self.imodel_id = validate_guid("imodel_id", imodel_id)
        self._store = _store(client, self.imodel_id, cache)
        self._after, self._last = after, last
        if self._store:
            self._walk = ChangesetsFetch(self.imodel_id, max_workers=client.max_workers, cached_rows=self._store.read())
        else:
            self._walk = ChangesetsFetch(
                self.imodel_id, max_workers=client.max_workers, after=after, last=last, is_full=full
            )

    @property
    def error(self) -> "IModelsError | None":
        """Why it came to nothing, if it did."""
        return self._walk.error

    @error.setter
    def error(self, error: "IModelsError | None") -> None:
        self._walk.error = error

    @property
    def is_finished(self) -> bool:
        """Whether everything has come, and is proved whole."""
        return self._walk.is_finished

    @property
    def rows_received(self) -> int:
        """How many rows have come."""
        return self._walk.rows_received

    @property
    def rows_expected(self) -> int | None:
        """About how many rows there will be; ``None`` while nobody knows."""
        return self._walk.rows_expected

    def next_step(self) -> Step | None:
        """Give what to ask now."""
        return self._walk.next_step()

    def rows(self) -> pa.Table:
        """Give the changesets under the API's own names, ascending, and keep those that are new."""
        if self._store is None:
            return self._walk.all_rows()
        self._keep(self._store)
        return select_range(self._walk.all_rows(), self._after, self._last)

    def _keep(self, store: ChangesetStore) -> None:
        known = self._walk.cached_rows
        try:
            store.append(self._walk.new_rows(), after=known.column("index")[-1].as_py() if known is not None else 0)
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
            f"cache should be True, False, or the folder to keep changesets in, not {format_argument(cache)}: {error}."
        ) from None
