"""Small tidy frames to Altair charts that stand alone: their sliders work with no kernel and no internet."""

from imodels_nb.charts.faces import Subject, face, figures, standalone
from imodels_nb.charts.feeding import live, with_values
from imodels_nb.charts.milestones import milestones
from imodels_nb.charts.offline import OfflineChart
from imodels_nb.charts.parts import LIMITS, SENTENCES
from imodels_nb.charts.sizes import file_sizes, file_sizes_subject
from imodels_nb.charts.theme import THEMES, config
from imodels_nb.charts.timeline import LaneChoice, push_timeline, push_timeline_subject, pushes_subject

__all__ = [
    "LIMITS",
    "SENTENCES",
    "THEMES",
    "LaneChoice",
    "OfflineChart",
    "Subject",
    "config",
    "face",
    "figures",
    "file_sizes",
    "file_sizes_subject",
    "live",
    "milestones",
    "push_timeline",
    "push_timeline_subject",
    "pushes_subject",
    "standalone",
    "with_values",
]
