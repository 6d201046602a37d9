"""Many iModels: what a fetch of them returns, its display, and its summary."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from imodels_nb.errors import clean_text
from imodels_nb.insights.board import build_board, format_size, list_failures, render_board
from imodels_nb.insights.portfolio_data import PortfolioData, read_frames, summarize_portfolio

_MAX_JUDGED = 500_000
_MAX_JUDGED_IMODELS = 100
"""Size of a portfolio whose findings a display computes; a larger one would take several seconds."""

_MAX_LINES = 20
_NO_FAILURES = pd.DataFrame(
    {"error": [], "status_code": [], "message": []}, index=pd.Index([], dtype="str", name="imodel_id")
)


@dataclass(frozen=True, repr=False, eq=False)
class Portfolio:
    """The result of :func:`fetch_portfolio`, which unpacks into its first two frames.

    In a notebook it shows a board: a row for each iModel with its size, activity and findings. A click on a heading
    sorts the rows, also without a kernel. :func:`portfolio_summary` returns the rows as a frame.

    Parameters
    ----------
    changesets
        The changesets of each iModel whose fetch succeeded. No iModel in it is incomplete.
    failures
        The errors of the other iModels.
    imodels
        All iModels that were requested, in that order, indexed by ``id``. Column: ``display_name`` (str), missing
        unless :func:`fetch_portfolio` got the frame of :func:`fetch_imodels`.

    Examples
    --------
    >>> changesets = pd.concat({"one": sample.load_changesets(changesets=3)}, names=["imodel_id"])
    >>> Portfolio(changesets, pd.DataFrame()).changesets.loc["one"].index.tolist()
    [1, 2, 3]
    """

    changesets: pd.DataFrame
    failures: pd.DataFrame
    imodels: pd.DataFrame | None = None

    def __iter__(self) -> Iterator[pd.DataFrame]:
        return iter((self.changesets, self.failures))

    def __repr__(self) -> str:
        try:
            return _format_board(read_portfolio(self))
        except (TypeError, ValueError):  # made by hand from other frames
            return f"Portfolio(changesets={self.changesets!r}, failures={self.failures!r})"

    def _repr_html_(self) -> str | None:
        try:
            return _render_board(read_portfolio(self))
        except (TypeError, ValueError):
            return None


def portfolio_summary(
    portfolio: Portfolio | tuple[pd.DataFrame, pd.DataFrame] | pd.DataFrame,
    imodels: pd.DataFrame | None = None,
    named_versions: Mapping[str, pd.DataFrame] | pd.DataFrame | None = None,
    *,
    now: datetime | str | None = None,
    time_zone: str = "UTC",
) -> pd.DataFrame:
    """Compute size, activity and findings of many iModels.

    Parameters
    ----------
    portfolio
        The result of :func:`fetch_portfolio`, or its frame of changesets, such as one that was read from Parquet.
    imodels
        The frame of :func:`fetch_imodels`, for the names. It is not needed if :func:`fetch_portfolio` got it.
    named_versions
        The frame of :func:`fetch_named_versions` for each iModel id, or all of them in one frame, with the index
        ``(imodel_id, changeset_index)``. More rules are checked with them.
    now
        The time that ages are counted to, in UTC if it has no time zone. By default the latest push of all iModels, so
        that the same data have the same findings, and one that is quiet for longer than the others stands out.
    time_zone
        IANA name of the time zone of dates, working days and hours.

    Returns
    -------
    DataFrame
        One row per fetched iModel, in the order of the fetch, indexed by ``imodel_id`` (str). Columns: ``name`` (str,
        missing if it is not known), ``first_push_date_time``, ``last_push_date_time`` (datetime64[us, UTC], missing
        without changesets), ``changesets``, ``waiting`` (int64: all, and those without their file), ``bytes`` (int64,
        uploaded files), ``people`` (int64: number of different ones that pushed), ``named_versions`` (Int64: visible
        ones, missing if they were not passed), ``findings`` (Int64: number of rows of :func:`findings`), ``severity``
        (category, ordered: the highest of them) and ``finding`` (str: the first sentence).

    Raises
    ------
    TypeError, ValueError
        If an argument is invalid; the message names it.

    Examples
    --------
    >>> one = sample.load_changesets(changesets=500)
    >>> both = pd.concat({"a": one, "b": one.head(100)}, names=["imodel_id"])
    >>> portfolio_summary(both)[["changesets", "people"]].to_dict("list")
    {'changesets': [500, 100], 'people': [6, 5]}
    """
    return summarize_portfolio(read_portfolio(portfolio, imodels, named_versions, now=now, time_zone=time_zone))


def read_portfolio(
    portfolio: Portfolio | tuple[pd.DataFrame, pd.DataFrame] | pd.DataFrame,
    imodels: pd.DataFrame | None = None,
    named_versions: Mapping[str, pd.DataFrame] | pd.DataFrame | None = None,
    *,
    now: datetime | str | None = None,
    time_zone: str = "UTC",
) -> PortfolioData:
    """Check the arguments of :func:`portfolio_summary`, and split the frames."""
    fetched = portfolio.imodels if isinstance(portfolio, Portfolio) else None
    changesets, failures = _select_frames(portfolio)
    return read_frames(changesets, failures, fetched, imodels, named_versions, now=now, time_zone=time_zone)


def _select_frames(portfolio: object) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the changesets and the failures of a portfolio."""
    if isinstance(portfolio, pd.DataFrame):
        return portfolio, _NO_FAILURES
    frames = [*portfolio] if isinstance(portfolio, Portfolio | tuple) else []
    if len(frames) == 2 and all(isinstance(frame, pd.DataFrame) for frame in frames):  # noqa: PLR2004  # see Portfolio
        return frames[0], frames[1]
    raise TypeError(f"portfolio should be the result of fetch_portfolio, not {type(portfolio).__name__}.")


def _render_board(data: PortfolioData) -> str:
    """Render the board of a portfolio as HTML for a notebook."""
    is_judged = len(data.changesets) <= _MAX_JUDGED and len(data.imodel_ids) <= _MAX_JUDGED_IMODELS
    return render_board(build_board(data, summarize_portfolio(data, is_judged=is_judged)))


def _format_board(data: PortfolioData) -> str:
    """Format a portfolio as text: its size, and a line for each of the first iModels."""
    latest = data.changesets["push_date_time"].groupby(level=0, sort=False).agg(["size", "max"])
    lines = [format_size(data)]
    for imodel_id in data.imodel_ids[:_MAX_LINES]:
        count, last = latest.loc[imodel_id] if imodel_id in latest.index else (0, None)
        day = "no pushes " if last is None else f"{last:%Y-%m-%d}"
        lines.append(f"  {day}  {count:>9,}  {clean_text(data.names.get(imodel_id.lower(), imodel_id))}")
    if len(data.imodel_ids) > _MAX_LINES:
        lines.append(f"  … and {len(data.imodel_ids) - _MAX_LINES:,} more")
    failed = [(failure["name"] or failure["imodel_id"], failure["error"]) for failure in list_failures(data)]
    return "\n".join([*lines, *(f"  failed: {clean_text(name)}: {error}" for name, error in failed)])
