"""From an id to a frame: the one place that stands on the wire and on the frame."""

from imodels_nb.fetch.changesets import fetch_changesets
from imodels_nb.fetch.lists import fetch_named_versions

__all__ = ["fetch_changesets", "fetch_named_versions"]
