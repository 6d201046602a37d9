"""Small tidy frames to Altair charts that stand alone: their sliders work with no kernel and no internet."""

from imodels_nb.charts.faces import Subject, live, standalone
from imodels_nb.charts.sizes import FILE_SIZES, file_sizes
from imodels_nb.charts.timeline import PUSH_TIMELINE, push_timeline

__all__ = ["FILE_SIZES", "PUSH_TIMELINE", "Subject", "file_sizes", "live", "push_timeline", "standalone"]
