"""The function that writes a report, from the check of its arguments to the file."""

from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd

from imodels_nb._files import atomic_write, validate_output_path
from imodels_nb.aggregate import ChangesetColumns
from imodels_nb.frames import validate_frame, with_creator_names
from imodels_nb.insights import TimelineData
from imodels_nb.report.content import build_content
from imodels_nb.report.options import SUFFIXES, check_options
from imodels_nb.report.rendering import build_charts, render_html
from imodels_nb.report.secret_scan import check_for_secrets, redact_secrets


def write_report(
    path: str | PathLike[str],
    changesets: pd.DataFrame,
    named_versions: pd.DataFrame | None = None,
    users: pd.DataFrame | None = None,
    checkpoints: pd.DataFrame | None = None,
    *,
    groups: pd.DataFrame | None = None,
    changes: pd.DataFrame | None = None,
    storage_limit: int | None = None,
    since: object = None,
    title: str | None = None,
    now: datetime | str | None = None,
    time_zone: str = "UTC",
    names: bool = False,
    redact: bool = False,
) -> Path:
    """Write a report about a timeline as one HTML file.

    The file needs no kernel and no internet. It contains a summary, headline figures, the findings with advice and
    threshold, both charts with working sliders, the changed elements by class, the named versions and an audit. The
    method, and what was not checked, are folded away, and are not printed. Its content security policy forbids the page
    to load anything. The same data give the same bytes.

    Parameters
    ----------
    path
        Path of the file, which ends with ``.html``. An existing file is replaced in one step.
    changesets
        A frame from :func:`fetch_changesets`.
    named_versions, users, checkpoints, groups
        Frames from :func:`fetch_named_versions`, :func:`fetch_users`, :func:`fetch_checkpoints` and
        :func:`fetch_changeset_groups`. The report lists the checks that need a missing frame.
    changes
        The frame of :func:`fetch_changes`, for the findings about contents and the table of classes.
    storage_limit
        Bytes that all files together should not reach, for the finding that says when they will.
    since
        Path of an earlier report of the same iModel, or a changeset index, a date or the name of a version. The report
        then shows what came after it, and marks the findings that have changesets after it.
    title
        Title of the report, such as the name of the iModel.
    now
        The time that ages are counted to, in UTC if it has no time zone. By default the latest push.
    time_zone
        IANA name of the time zone of dates, working days, hours and charts.
    names
        Show names instead of pseudonyms, and the descriptions that people wrote. The names are those in the column
        ``creator_name`` of `changesets` (``fetch_changesets(..., names=True)``), or in `users`
        (``fetch_users(..., personal=True)``). Without this option they are left out, even if the frames have them.
    redact
        Replace texts that look like secrets by ``[redacted]`` instead of raising `SecretFound`.

    Returns
    -------
    Path
        The path of the file.

    Raises
    ------
    TypeError, ValueError
        If an argument is not of the expected kind, such as a frame in the place of `path`. If a frame lacks a column.
        If `now`, `time_zone` or the suffix of `path` is invalid. If `since` is newer than `changesets`, or the report
        of another iModel.
    SecretFound
        If a text of the report looks like a token, a signature, a key or an e-mail address. The message names the
        place. No file is written. This is a ``ValueError``, too.
    FileNotFoundError, IsADirectoryError
        If the folder of `path` or the report in `since` does not exist, or `path` is a folder.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = write_report(f"{folder}/report.html", sample.load_changesets(), sample.load_named_versions())
    ...     file.stat().st_size < 1_500_000
    True
    """
    file = validate_output_path(path, *SUFFIXES)
    check_options(title=title, names=names, redact=redact)
    changesets = _select_names(changesets, "changesets", names=names)
    named_versions = _select_versions(named_versions, names=names, redact=redact)
    labels = _resolve_user_labels(users, names=names, is_named="creator_name" in changesets)
    timeline = TimelineData.from_frames(
        changesets,
        named_versions,
        labels,
        checkpoints,
        groups=groups,
        changes=changes,
        storage_limit=storage_limit,
        now=now,
        time_zone=time_zone,
    )
    columns = ChangesetColumns.from_frame(timeline.changesets, time_zone)
    content = build_content(timeline, columns, title or "History of an iModel", names=names, since=since)
    if redact:
        content = redact_secrets(content)
    check_for_secrets(content, "the report")  # before the charts are drawn, which takes longest
    page = render_html(content, build_charts(columns, named_versions, time_zone, timeline.changesets))
    check_for_secrets(page.without_engine, "the page")
    with atomic_write(file) as unfinished:
        unfinished.write_text(page.text, encoding="utf-8", newline="\n")
    return file


def _select_names(frame: Any, name: str, *, names: bool) -> pd.DataFrame:
    """Return a frame without names of people, unless they are requested."""
    checked = validate_frame(frame, name, ())  # first, since the columns of other libraries are no names
    return checked if names else checked.drop(columns="creator_name", errors="ignore")


def _select_versions(named_versions: Any, *, names: bool, redact: bool) -> pd.DataFrame | None:
    """Return the named versions of a report; charts show their texts."""
    if named_versions is None:
        return None
    checked = _select_names(named_versions, "named_versions", names=names)
    texts = [column for column in ("name", "description") if redact and column in checked]
    return checked.assign(**{column: checked[column].map(redact_secrets) for column in texts})


def _resolve_user_labels(users: pd.DataFrame | None, *, names: bool, is_named: bool) -> pd.DataFrame | None:
    """Return the label of each user, or ``None`` for those of the changesets."""
    if users is not None:
        users = validate_frame(users, "users", ("label",), index="id")
    if not names:
        return None
    if users is None or not {"given_name", "display_name"} & set(users.columns):
        if is_named:
            return None
        raise ValueError(
            "names=True needs the names of the users. Pass changesets=fetch_changesets(client, imodel_id, names=True),"
            " or users=fetch_users(client, imodel_id, personal=True)."
        )
    ids = pd.DataFrame({"creator_id": pd.Categorical(users.index)}, index=users.index)
    return pd.DataFrame({"label": with_creator_names(ids, users)["creator_name"].astype("str")})
