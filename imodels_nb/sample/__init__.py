"""The sample: a loopback iModels service with its own sign-in, and its data without a server.

Nobody needs an account to try the package. The data are synthetic: no real project, no real people.
"""

from imodels_hub import FAULTS
from imodels_nb.sample.data import load_changesets, load_named_versions
from imodels_nb.sample.hub import SampleHub, start

__all__ = ["FAULTS", "SampleHub", "load_changesets", "load_named_versions", "start"]
