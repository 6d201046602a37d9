"""Sample service with its own sign-in, and its data without a server.

It needs no account. The data are synthetic: no real project, no real people.
"""

from imodels_hub import FAULTS
from imodels_nb.sample.data import load_changes, load_changesets, load_named_versions
from imodels_nb.sample.hub import SampleHub, start

__all__ = ["FAULTS", "SampleHub", "load_changes", "load_changesets", "load_named_versions", "start"]
