"""Writing a report: gather, render, look for what must not leave, and put it in place."""

from datetime import datetime
from os import PathLike
from pathlib import Path

import pandas as pd

from imodels_nb._files import atomic_write, validate_output_path
from imodels_nb.aggregate import Ledger
from imodels_nb.insights.evidence import Evidence
from imodels_nb.report.contents import contents
from imodels_nb.report.leaks import refuse_leaks
from imodels_nb.report.page import rendered
from imodels_nb.report.people import named_users
from imodels_nb.report.pictures import charts_of

SUFFIXES = (".html", ".htm")


def write_report(
    path: str | PathLike[str],
    changesets: pd.DataFrame,
    named_versions: pd.DataFrame | None = None,
    users: pd.DataFrame | None = None,
    checkpoints: pd.DataFrame | None = None,
    *,
    groups: pd.DataFrame | None = None,
    title: str | None = None,
    now: datetime | str | None = None,
    time_zone: str = "UTC",
    show_people: bool = False,
) -> Path:
    """Write what a timeline means into one HTML file that opens with no kernel and no internet.

    It holds headline figures, the findings with their rule, threshold and advice, both charts with sliders that work,
    the named versions, an audit, the method, and what was not checked. The page may load nothing: its content security
    policy forbids it. The same data give the same bytes.

    Parameters
    ----------
    path
        The file, which ends with ``.html``; what stood there is replaced in one step.
    changesets
        As :func:`fetch_changesets` gives them.
    named_versions, users, checkpoints, groups
        As :func:`fetch_named_versions`, :func:`fetch_users`, :func:`fetch_checkpoints` and
        :func:`fetch_changeset_groups` give them. The report says what it could not check without them.
    title
        What the report is about, such as the iModel's name.
    now
        The moment to judge from, UTC if it has no time zone; by default that of the latest push.
    time_zone
        IANA name of the time zone of dates, working days, hours and charts.
    show_people
        Show names instead of pseudonyms, and the descriptions that people wrote; `users` has to hold the names
        (``fetch_users(..., personal=True)``).

    Returns
    -------
    Path
        The file.

    Raises
    ------
    TypeError, ValueError
        If a frame is none or lacks a column, which the message names; if `now`, `time_zone` or the suffix of `path` is
        none.
    LeakFound
        If a text that would be shown looks like a token, a signature or an e-mail address; a ``ValueError``, too. The
        message names the place, nothing is written.
    FileNotFoundError, IsADirectoryError
        If the folder of `path` is missing, or `path` is one.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = write_report(f"{folder}/report.html", sample.load_changesets(), sample.load_named_versions())
    ...     file.stat().st_size < 1_500_000
    True
    """
    file = validate_output_path(path, *SUFFIXES)
    shown = named_users(users, show_people=show_people)
    evidence = Evidence.of(changesets, named_versions, shown, checkpoints, groups=groups, now=now, time_zone=time_zone)
    ledger = Ledger.of(evidence.changesets, time_zone)
    gathered = contents(evidence, ledger, title or "History of an iModel", show_people=show_people)
    refuse_leaks(gathered, "the report")  # before the charts are drawn, which takes longest
    charts = charts_of(ledger, named_versions, time_zone)
    refuse_leaks(charts, "the charts")
    page = rendered(gathered | {"charts": charts})
    refuse_leaks(page, "the page")
    with atomic_write(file) as unfinished:
        unfinished.write_text(page, encoding="utf-8", newline="\n")
    return file
