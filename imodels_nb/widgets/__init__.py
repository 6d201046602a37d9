"""Widgets: the sign-in card, and charts with a range slider."""

from imodels_nb.widgets.changeset_table import ChangesetTable
from imodels_nb.widgets.element_changes import ElementChanges
from imodels_nb.widgets.explorer import ChangesetExplorer
from imodels_nb.widgets.file_sizes import FileSizes
from imodels_nb.widgets.index_range import link_ranges
from imodels_nb.widgets.login import LoginWidget, login
from imodels_nb.widgets.people_and_calendar import Calendar, People
from imodels_nb.widgets.range_chart import PushTimeline

__all__ = [
    "Calendar",
    "ChangesetExplorer",
    "ChangesetTable",
    "ElementChanges",
    "FileSizes",
    "LoginWidget",
    "People",
    "PushTimeline",
    "link_ranges",
    "login",
]
