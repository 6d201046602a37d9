"""The sample: a loopback iModels service with its own sign-in, and the same project without a server.

Nobody needs an account to try the package. What is shown here is synthetic: no real project, no real people.
"""

from imodels_hub import FAULTS
from imodels_nb.sample.offline import load_changesets, load_named_versions
from imodels_nb.sample.sample_hub import SampleHub
from imodels_nb.sample.starting import start

__all__ = ["FAULTS", "SampleHub", "load_changesets", "load_named_versions", "start"]
