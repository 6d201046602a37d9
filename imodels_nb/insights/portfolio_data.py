"""Checked frames of many iModels, and their summary."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from imodels_nb.frames import validate_frame
from imodels_nb.insights.findings import find_all
from imodels_nb.insights.named_versions import drop_hidden
from imodels_nb.insights.rule import SEVERITIES
from imodels_nb.insights.timeline import REQUIRED_COLUMNS, TimelineData, parse_timestamp

_INDEX = ["imodel_id", "changeset_index"]
_TIME = "datetime64[us, UTC]"
_COLUMNS: dict[str, Any] = {
    "name": "str",
    "first_push_date_time": _TIME,
    "last_push_date_time": _TIME,
    "changesets": "int64",
    "waiting": "int64",
    "bytes": "int64",
    "people": "int64",
    "named_versions": "Int64",
    "findings": "Int64",
    "severity": pd.CategoricalDtype(list(SEVERITIES), ordered=True),
    "finding": "str",
}


class PortfolioData(NamedTuple):
    """Checked frames of many iModels.

    Parameters
    ----------
    imodel_ids
        The iModels that were fetched, also those without changesets.
    changesets
        The changesets of all of them, indexed by iModel and changeset index.
    names
        Display name of each iModel whose name is known, also of those whose fetch failed, by lower-case id.
    named_versions
        The named versions frame of each iModel by lower-case id; empty without them.
    failures
        The errors of iModels whose fetch failed.
    now
        The time that ages are counted to.
    time_zone
        Name of the time zone.
    """

    imodel_ids: list[str]
    changesets: pd.DataFrame
    names: dict[str, str]
    named_versions: dict[str, pd.DataFrame]
    failures: pd.DataFrame
    now: pd.Timestamp
    time_zone: str

    @property
    def rows(self) -> npt.NDArray[np.intp]:
        """Position in `imodel_ids` of the iModel of each changeset."""
        codes = self.changesets.index.get_level_values(0)
        return np.asarray(pd.Index(self.imodel_ids, dtype="str").get_indexer(codes.astype("str")))


def read_frames(
    changesets: pd.DataFrame,
    failures: pd.DataFrame,
    fetched: pd.DataFrame | None,
    imodels: pd.DataFrame | None,
    named_versions: Mapping[str, pd.DataFrame] | pd.DataFrame | None,
    *,
    now: datetime | str | None,
    time_zone: str,
) -> PortfolioData:
    """Check the frames of many iModels, and split them.

    Parameters
    ----------
    changesets, failures, fetched
        Frames of a portfolio, the last one with the iModels that were requested.
    imodels, named_versions, now, time_zone
        As in :func:`imodels_nb.portfolio_summary`.
    """
    changesets = _check_changesets(changesets)
    names = {} if fetched is None else _read_names(fetched)
    if imodels is not None:
        names |= _read_names(validate_frame(imodels, "imodels", ("display_name",), index="id"))
    present = changesets.index.get_level_values(0).unique().astype("str")
    ids = [] if fetched is None else [imodel_id for imodel_id in fetched.index if imodel_id not in failures.index]
    latest = changesets["push_date_time"].max() if len(changesets) else pd.Timestamp(0, tz="UTC")
    return PortfolioData(
        list(dict.fromkeys([*ids, *present])),
        changesets,
        names,
        _split_versions(named_versions),
        failures,
        latest if now is None else parse_timestamp(now),
        time_zone,
    )


def summarize_portfolio(data: PortfolioData, *, is_judged: bool = True) -> pd.DataFrame:
    """Return the frame of ``portfolio_summary``, without findings on demand."""
    rows = [
        _summarize_imodel(data, imodel_id, changesets, is_judged=is_judged)
        for imodel_id, changesets in _iterate_timelines(data)
    ]
    index = pd.Index(data.imodel_ids, dtype="str", name="imodel_id")
    return pd.DataFrame(rows, index=index, columns=[*_COLUMNS]).astype(_COLUMNS)


def _iterate_timelines(data: PortfolioData) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the changesets frame of each iModel, also of those without changesets.

    Each has only the categories of its own rows, since rules read them all.
    """
    order = np.argsort(data.rows, kind="stable")
    counts = np.bincount(data.rows, minlength=len(data.imodel_ids))
    ends = np.cumsum(counts)
    changesets = data.changesets.droplevel(0)
    names = [name for name in ("creator_id", "group_id") if isinstance(changesets[name].dtype, pd.CategoricalDtype)]
    for imodel_id, start, end in zip(data.imodel_ids, ends - counts, ends, strict=True):
        rows = changesets.iloc[order[start:end]]
        yield imodel_id, rows.assign(**{name: rows[name].cat.remove_unused_categories() for name in names})


def _summarize_imodel(
    data: PortfolioData, imodel_id: str, changesets: pd.DataFrame, *, is_judged: bool
) -> dict[str, Any]:
    versions = data.named_versions.get(imodel_id.lower())
    timeline = TimelineData.from_frames(changesets, versions, now=data.now, time_zone=data.time_zone)
    times = timeline.changesets["push_date_time"]
    row = {
        "name": data.names.get(imodel_id.lower()),
        "first_push_date_time": times.min(),
        "last_push_date_time": times.max(),
        "changesets": len(timeline),
        "waiting": int(timeline.is_waiting.sum()),
        "bytes": int(timeline.size[timeline.is_uploaded].sum()),
        "people": len(np.unique(timeline.creator[timeline.creator >= 0])),
        "named_versions": None if versions is None else len(drop_hidden(versions)),
    }
    if not is_judged:
        return row
    found = find_all(timeline)
    first = {} if found.empty else {"severity": found["severity"].max(), "finding": found["sentence"].iloc[0]}
    return row | {"findings": len(found)} | first


def _check_changesets(changesets: pd.DataFrame) -> pd.DataFrame:
    """Return the changesets of a portfolio, indexed by iModel and changeset."""
    if {"imodel_id", "changeset_index"} <= set(changesets.columns):
        changesets = changesets.set_index(_INDEX)
    if list(changesets.index.names) != _INDEX:
        raise ValueError(
            f"The changesets of a portfolio should be indexed by {' and '.join(_INDEX)}; pass the result of"
            " fetch_portfolio, or join frames with pd.concat({imodel_id: frame, …}, names=['imodel_id'])."
        )
    if missing := [name for name in REQUIRED_COLUMNS if name not in changesets]:
        raise ValueError(
            f"The changesets of the portfolio lack {', '.join(missing)}; pass the result of fetch_portfolio."
        )
    return changesets


def _read_names(imodels: pd.DataFrame) -> dict[str, str]:
    """Return the display name of each iModel that has one."""
    pairs = zip(imodels.index, imodels["display_name"], strict=True)
    return {str(imodel_id).lower(): str(name) for imodel_id, name in pairs if not pd.isna(name)}


def _split_versions(named_versions: Any) -> dict[str, pd.DataFrame]:
    """Return the named versions frame of each iModel."""
    if named_versions is None:
        return {}
    if isinstance(named_versions, pd.DataFrame) and list(named_versions.index.names) == _INDEX:
        return {str(imodel_id).lower(): rows.droplevel(0) for imodel_id, rows in named_versions.groupby(level=0)}
    if not isinstance(named_versions, Mapping):
        raise TypeError(
            "named_versions should be a dict with the frame of fetch_named_versions for each iModel id, not"
            f" {type(named_versions).__name__}."
        )
    return {str(imodel_id).lower(): frame for imodel_id, frame in named_versions.items()}
