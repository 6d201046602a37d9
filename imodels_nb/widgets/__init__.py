"""Widgets: the sign-in card, the list of iModels, and charts with a range slider."""

from imodels_nb.widgets.changeset_table import ChangesetTable
from imodels_nb.widgets.element_changes import ElementChanges
from imodels_nb.widgets.explorer import ChangesetExplorer
from imodels_nb.widgets.file_sizes import FileSizes
from imodels_nb.widgets.imodel_picker import IModelPicker, choose_imodel
from imodels_nb.widgets.index_range import link_ranges
from imodels_nb.widgets.login import LoginWidget, login
from imodels_nb.widgets.people_and_calendar import Calendar, People
from imodels_nb.widgets.push_timeline import PushTimeline

__all__ = [
    "Calendar",
    "ChangesetExplorer",
    "ChangesetTable",
    "ElementChanges",
    "FileSizes",
    "IModelPicker",
    "LoginWidget",
    "People",
    "PushTimeline",
    "choose_imodel",
    "link_ranges",
    "login",
]
