"""The function that writes the page of many iModels."""

from collections.abc import Mapping
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import TypedDict

import numpy as np
import pandas as pd

from imodels_nb._files import atomic_write, validate_output_path
from imodels_nb._format import format_bytes
from imodels_nb._timezones import parse_time_zone
from imodels_nb.frames import merge_creators
from imodels_nb.insights import (
    BINS,
    SEVERITIES,
    BoardContent,
    Portfolio,
    PortfolioData,
    build_board,
    read_portfolio,
    summarize_portfolio,
)
from imodels_nb.report.options import SUFFIXES, check_options
from imodels_nb.report.rendering import render_portfolio_page
from imodels_nb.report.secret_scan import check_for_secrets, redact_secrets

_QUIET_DAYS = 90


class PortfolioContent(TypedDict):
    """Content of the page; the template portfolio.html reads it under these names."""

    title: str
    as_of: str
    time_zone: str
    bins: int
    has_versions: bool
    figures: list[tuple[str, str, str]]
    board: BoardContent


def write_portfolio(
    path: str | PathLike[str],
    portfolio: Portfolio | tuple[pd.DataFrame, pd.DataFrame] | pd.DataFrame,
    imodels: pd.DataFrame | None = None,
    named_versions: Mapping[str, pd.DataFrame] | pd.DataFrame | None = None,
    *,
    title: str | None = None,
    now: datetime | str | None = None,
    time_zone: str = "UTC",
    redact: bool = False,
) -> Path:
    """Write a board of many iModels as one HTML file.

    The file has a row for each iModel: name, activity, last push, changesets, size, people and findings. Those that
    failed are listed below. A click on a heading sorts the rows. The page has no script, and needs no internet; its
    content security policy forbids both. The same data give the same bytes. People are pseudonyms, even if the
    changesets have their names.

    Parameters
    ----------
    path
        Path of the file, which ends with ``.html``. An existing file is replaced in one step.
    portfolio
        The result of :func:`fetch_portfolio`, or its frame of changesets.
    imodels
        The frame of :func:`fetch_imodels`, for the names. It is not needed if :func:`fetch_portfolio` got it.
    named_versions
        The frame of :func:`fetch_named_versions` for each iModel id, or all of them in one frame, with the index
        ``(imodel_id, changeset_index)``.
    title
        Title of the page, such as the name of the iTwin.
    now
        The time that ages are counted to, in UTC if it has no time zone. By default the latest push of all iModels.
    time_zone
        IANA name of the time zone of dates, working days and hours.
    redact
        Replace texts that look like secrets by ``[redacted]`` instead of raising `SecretFound`.

    Returns
    -------
    Path
        The path of the file.

    Raises
    ------
    TypeError, ValueError
        If an argument is invalid; the message names it.
    SecretFound
        If a text of the page looks like a token, a signature, a key or an e-mail address. The message names the place.
        No file is written. This is a ``ValueError``, too.
    FileNotFoundError, IsADirectoryError
        If the folder of `path` does not exist, or `path` is a folder.

    See Also
    --------
    portfolio_summary : The rows as a frame.
    write_report : A page about one iModel.

    Examples
    --------
    >>> import tempfile
    >>> timelines = {f"imodel {seed}": sample.load_changesets(changesets=300, seed=seed) for seed in (7, 8)}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = write_portfolio(f"{folder}/board.html", pd.concat(timelines, names=["imodel_id"]))
    ...     file.stat().st_size < 40_000
    True
    """
    file = validate_output_path(path, *SUFFIXES)
    check_options(title=title, redact=redact)
    data = read_portfolio(portfolio, imodels, named_versions, now=now, time_zone=time_zone)
    data = data._replace(changesets=data.changesets.drop(columns="creator_name", errors="ignore"))
    content = _build_content(data, title or "Portfolio of iModels")
    if redact:
        content = redact_secrets(content)
    check_for_secrets(content, "the page")
    page = render_portfolio_page(content, content["board"])
    with atomic_write(file) as unfinished:
        unfinished.write_text(page, encoding="utf-8", newline="\n")
    return file


def _build_content(data: PortfolioData, title: str) -> PortfolioContent:
    summary = summarize_portfolio(data)
    now = data.now.tz_convert(parse_time_zone(data.time_zone))
    return {
        "title": title,
        "as_of": f"{now:%Y-%m-%d %H:%M}" if summary["changesets"].any() else "",
        "time_zone": data.time_zone,
        "bins": BINS,
        "has_versions": bool(data.named_versions),
        "figures": _build_figures(data, summary),
        "board": build_board(data, summary),
    }


def _build_figures(data: PortfolioData, summary: pd.DataFrame) -> list[tuple[str, str, str]]:
    """Return the headline figures, each with its name, the figure and a remark."""
    count = int(summary["changesets"].sum())
    waiting = int(summary["waiting"].sum())
    failed = len(data.failures)
    urgent = {name: int((summary["severity"] == name).sum()) for name in reversed(SEVERITIES)}
    worst = next((f"{number:,} with a {name}" for name, number in urgent.items() if number), "nothing stands out")
    largest = summary["bytes"].max() if len(summary) else 0
    return [
        ("iModels", f"{len(summary):,}", f"{failed:,} could not be fetched" if failed else "all fetched"),
        ("Changesets", f"{count:,}", f"{waiting:,} not uploaded" if waiting else "all uploaded"),
        ("Files", format_bytes(int(summary["bytes"].sum())), f"largest iModel {format_bytes(int(largest))}"),
        ("Accounts", f"{merge_creators(data.changesets['creator_id']).nunique():,}", "in all iModels together"),
        ("Findings", f"{int(summary['findings'].sum()):,}", worst),
        ("Quiet", f"{_count_quiet_imodels(data, summary):,}", f"without a push for {_QUIET_DAYS} days"),
    ]


def _count_quiet_imodels(data: PortfolioData, summary: pd.DataFrame) -> int:
    """Return the number of iModels without a push lately."""
    return int(np.count_nonzero(~(summary["last_push_date_time"] >= data.now - pd.Timedelta(days=_QUIET_DAYS))))
