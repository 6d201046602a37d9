"""Many iModels through one gate.

Fetching is bound by the subscription's quota, which all machines of a cluster share: 500 requests a minute on the
smallest tier are 500,000 changesets a minute, and one machine asks ten times as fast. More machines would only be
refused more often, having no gate in common. What comes is a dataset for engines that do go past one machine.
"""

from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from imodels_nb._validation import validate_guid, validate_list
from imodels_nb.api import IModelsClient
from imodels_nb.api.client import validate_client
from imodels_nb.api.executor import run_all
from imodels_nb.api.schemas import CHANGESETS
from imodels_nb.errors import IModelsError
from imodels_nb.fetch.reading import Cache, Reading
from imodels_nb.frames import changesets_frame
from imodels_nb.progress import Progress

_INDEX = ("imodel_id", "changeset_index")


class Portfolio(NamedTuple):
    """What :func:`fetch_portfolio` brings.

    Parameters
    ----------
    changesets
        The changesets of every iModel that could be read, each of them whole.
    failures
        Why the others could not.
    """

    changesets: pd.DataFrame
    failures: pd.DataFrame


def fetch_portfolio(
    client: IModelsClient, imodel_ids: Iterable[str], *, cache: Cache = False, progress: bool | None = None
) -> Portfolio:
    """Fetch the changesets of many iModels; what fails for one is reported, and loses none of the others.

    Parameters
    ----------
    client
        A connection to the API; its throttle is shared by all.
    imodel_ids
        GUIDs of the iModels, such as the index of :func:`fetch_imodels`.
    cache
        As in :func:`fetch_changesets`; with it, an iModel where nothing is new takes one request.
    progress
        Show a bar after a second of work. ``None`` decides: in a notebook and in a terminal, yes.

    Returns
    -------
    Portfolio
        ``changesets`` as :func:`fetch_changesets` gives them, in the order of `imodel_ids`, with the MultiIndex
        ``(imodel_id, changeset_index)``. ``failures``, one row an iModel, indexed by ``imodel_id``: ``error`` (str, the
        kind), ``status_code`` (Int64), ``message`` (str).

    Raises
    ------
    ValueError
        Before any request, when one of `imodel_ids` is no GUID.
    AuthenticationError
        When nobody is signed in any more: that would fail all the others, too.
    """
    validate_client(client)
    wanted = _guids(imodel_ids)
    came: dict[str, pa.Table] = {}
    failed: dict[str, IModelsError] = {}
    with closing(read_each(client, wanted, cache=cache, progress=progress)) as outcomes:
        for imodel_id, outcome in outcomes:
            if isinstance(outcome, IModelsError):
                failed[imodel_id] = outcome
            else:
                came[imodel_id] = outcome
    return Portfolio(_changesets(came, wanted), _failures(failed, wanted))


def read_each(
    client: IModelsClient, imodel_ids: Iterable[str], *, cache: Cache, progress: bool | None
) -> Generator[tuple[str, pa.Table | IModelsError], None, None]:
    """Yield the rows of each iModel, or why there are none, as soon as they are there."""
    wanted = _guids(imodel_ids)
    readings = (Reading(client, one, after=0, last=None, full=False, cache=cache) for one in wanted)
    done = 0
    with Progress(progress, "iModels") as bar:
        walks = run_all(client, readings, lambda: bar.update(done, len(wanted), client.throttle.remaining_hold()))
        with closing(walks):
            for reading in walks:
                done += 1
                yield reading.imodel_id, reading.error or reading.rows()


def _guids(imodel_ids: Iterable[str]) -> list[str]:
    if isinstance(imodel_ids, pd.DataFrame):
        raise ValueError(  # noqa: TRY004 - as for every other argument that is not a list of GUIDs
            "imodel_ids should be GUIDs, in a list or an index, not a DataFrame; pass the .index of fetch_imodels."
        )
    return list(
        dict.fromkeys(
            validate_guid("each of imodel_ids", one) for one in validate_list("imodel_ids", imodel_ids, "GUIDs")
        )
    )


def _changesets(came: dict[str, pa.Table], order: Sequence[str]) -> pd.DataFrame:
    there = [one for one in order if one in came]
    counts = [came[one].num_rows for one in there]
    frame = changesets_frame(pa.concat_tables([CHANGESETS.row_schema.empty_table(), *(came.pop(one) for one in there)]))
    owners = pd.Index(np.repeat(np.array(there, dtype=object), counts), dtype="str")
    return frame.set_axis(pd.MultiIndex.from_arrays([owners, frame.index], names=_INDEX))


def _failures(failed: dict[str, IModelsError], order: Sequence[str]) -> pd.DataFrame:
    errors = [failed[one] for one in order if one in failed]
    index = pd.Index([one for one in order if one in failed], dtype="str", name="imodel_id")
    return pd.DataFrame(
        {
            "error": pd.Series([type(error).__name__ for error in errors], index, dtype="str"),
            "status_code": pd.Series([error.status_code for error in errors], index, dtype="Int64"),
            "message": pd.Series([str(error) for error in errors], index, dtype="str"),
        }
    )
