"""Sample service with its own sign-in, and its data without a server.

It needs no account. The data are synthetic: no real project, no real people.

:func:`load_changesets`, :func:`load_named_versions` and :func:`load_changes` return frames at once, without a server.
:func:`start` starts the sample hub, a service on this machine that speaks the iModels API, and returns a
:class:`SampleHub` with ``base_url``, ``provider``, ``imodel_id``, ``log``, ``push`` and ``stop``.
"""

from imodels_hub import FAULTS
from imodels_nb.sample.data import load_changes, load_changesets, load_named_versions
from imodels_nb.sample.hub import SampleHub, start

__all__ = ["FAULTS", "SampleHub", "load_changes", "load_changesets", "load_named_versions", "start"]
