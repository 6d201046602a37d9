"""Small tidy frames to Altair charts that stand alone: their sliders work with no kernel and no internet."""

from imodels_nb.charts.faces import Subject, face, figures, live, standalone, with_values
from imodels_nb.charts.milestones import milestones
from imodels_nb.charts.offline import OfflineChart
from imodels_nb.charts.sizes import FILE_SIZES, file_sizes
from imodels_nb.charts.theme import THEMES, config
from imodels_nb.charts.timeline import PUSH_TIMELINE, push_timeline

__all__ = [
    "FILE_SIZES",
    "PUSH_TIMELINE",
    "THEMES",
    "OfflineChart",
    "Subject",
    "config",
    "face",
    "figures",
    "file_sizes",
    "live",
    "milestones",
    "push_timeline",
    "standalone",
    "with_values",
]
