"""New pushes of an iModel, added to a frame of changesets."""

import pandas as pd
from pandas.api.types import union_categoricals

from imodels_nb.api import IModelsClient
from imodels_nb.fetch.changesets import fetch_changesets
from imodels_nb.frames import WAITING, pseudonymize


def refresh_changesets(client: IModelsClient, imodel_id: str, changesets: pd.DataFrame) -> pd.DataFrame:
    """Fetch the changesets that were pushed after those of a frame.

    One request is enough for up to 1,000 of them. Changesets that wait for their file are fetched again, with all after
    them, since their state can still change.

    Parameters
    ----------
    client
        A client of the API.
    imodel_id
        GUID of the iModel.
    changesets
        A frame as :func:`fetch_changesets` returns it, from any index on; it is not changed.

    Returns
    -------
    DataFrame
        The frame with the new rows, in ascending order; `changesets` itself if nothing is new. If the timeline of the
        service does not continue the frame, it is the whole timeline.

    Raises
    ------
    IModelsError
        A subclass for any failure of the service or the network.
    """
    frame = changesets if changesets.index.is_monotonic_increasing else changesets.sort_index()
    waiting = frame.index[(frame["state"] == WAITING).to_numpy()]
    known = frame.loc[frame.index < waiting[0]] if len(waiting) else frame
    detail = "full" if "changed_files" in frame else "minimal"
    after = int(known.index[-1]) if len(known) else 0
    new = fetch_changesets(client, imodel_id, after_index=after, detail=detail, progress=False)  # type: ignore[arg-type]
    if _is_same(frame.loc[frame.index > after], new):
        return changesets
    if not _continues(known, new):
        new = fetch_changesets(client, imodel_id, detail=detail, progress=False)  # type: ignore[arg-type]
        known = known.iloc[:0]
    return _concatenate(known, new, frame)


def _is_same(old: pd.DataFrame, new: pd.DataFrame) -> bool:
    return old.index.equals(new.index) and old["state"].astype("str").equals(new["state"].astype("str"))


def _continues(known: pd.DataFrame, new: pd.DataFrame) -> bool:
    """Return whether the parent of the first new row is the last known row."""
    if not len(known) or not len(new) or "id" not in known:
        return True
    return bool(new["parent_id"].iloc[0] == known["id"].iloc[-1])


def _concatenate(known: pd.DataFrame, new: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """Join rows without a conversion of their categories, which would be slow."""
    index = known.index.append(new.index).rename("changeset_index")
    columns = {
        name: _join_column(known[name], new[name] if name in new else _build_missing_column(name, frame, new))
        for name in frame
    }
    return pd.DataFrame({name: pd.Series(values, index=index) for name, values in columns.items()})


def _join_column(known: pd.Series, new: pd.Series) -> object:
    if isinstance(known.dtype, pd.CategoricalDtype):
        return union_categoricals([known, new.astype("category")])
    return pd.concat([known, new]).array


def _build_missing_column(name: object, frame: pd.DataFrame, new: pd.DataFrame) -> pd.Series:
    """Build the new rows of a column that the service does not send.

    Creators have the names that they have in the frame, or else pseudonyms. Other values are missing.
    """
    if name != "creator_name":
        return pd.Series(index=new.index, dtype=frame[name].dtype if frame[name].dtype.kind in "fOM" else "object")
    pairs = frame[["creator_id", "creator_name"]].drop_duplicates("creator_id").astype(object)
    names: dict[object, str] = dict(pairs.itertuples(index=False))
    ids = new["creator_id"].astype(object)
    texts = [names.get(creator_id) or pseudonymize(str(creator_id)) for creator_id in ids]
    return pd.Series(texts, index=new.index, dtype="str")
