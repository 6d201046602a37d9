"""Altair charts whose sliders work without a kernel and without internet.

:func:`push_timeline` draws pushes over time, :func:`file_sizes` how large changesets are, :func:`element_changes` what
changed inside them, :func:`calendar` and :func:`people` when it was pushed and by whom. Each returns an Altair chart:
``chart.save("chart.html")`` slides in any browser, ``.png``, ``.svg`` and ``.pdf`` are pictures, and ``first & second``
joins two. The widgets `imodels_nb.PushTimeline`, `imodels_nb.FileSizes`, `imodels_nb.ElementChanges`,
`imodels_nb.Calendar` and `imodels_nb.People` are the same charts with a kernel. :func:`comparison` draws two versions
or two periods, as a picture.
"""

from imodels_nb.charts.calendar import CalendarUnit, calendar, define_calendar
from imodels_nb.charts.calendar_definition import CalendarDefinition
from imodels_nb.charts.comparison import comparison
from imodels_nb.charts.composition import OfflineConcatChart
from imodels_nb.charts.element_changes import (
    ElementChangesDefinition,
    define_element_changes,
    element_changes,
)
from imodels_nb.charts.file_sizes import FileSizesDefinition, file_sizes
from imodels_nb.charts.layers import LIMITS, Limits
from imodels_nb.charts.named_versions import build_version_marks
from imodels_nb.charts.offline import OfflineChart, PagePayload, render_page_payload
from imodels_nb.charts.overview import build_overview_axis
from imodels_nb.charts.people import PeopleDefinition, define_people, people
from imodels_nb.charts.picture_chart import PictureChart
from imodels_nb.charts.push_timeline import LaneChoice, PushTimelineDefinition, define_push_timeline, push_timeline
from imodels_nb.charts.sentences import SENTENCES, Sentences
from imodels_nb.charts.spec import (
    ChartDefinition,
    build_live_spec,
    build_page_payload,
    build_standalone_chart,
    describe_range,
    set_param_values,
)
from imodels_nb.charts.theme import THEMES, build_theme_config, format_css_variables

__all__ = [
    "LIMITS",
    "SENTENCES",
    "THEMES",
    "CalendarDefinition",
    "CalendarUnit",
    "ChartDefinition",
    "ElementChangesDefinition",
    "FileSizesDefinition",
    "LaneChoice",
    "Limits",
    "OfflineChart",
    "OfflineConcatChart",
    "PagePayload",
    "PeopleDefinition",
    "PictureChart",
    "PushTimelineDefinition",
    "Sentences",
    "build_live_spec",
    "build_overview_axis",
    "build_page_payload",
    "build_standalone_chart",
    "build_theme_config",
    "build_version_marks",
    "calendar",
    "comparison",
    "define_calendar",
    "define_element_changes",
    "define_people",
    "define_push_timeline",
    "describe_range",
    "element_changes",
    "file_sizes",
    "format_css_variables",
    "people",
    "push_timeline",
    "render_page_payload",
    "set_param_values",
]
