"""The sample hub: an iModels service, an identity provider and a synthetic project, all on this machine.

An island: nothing in here imports the rest of the package, so that the hub stays an independent witness of what the
package reads from it.
"""

from imodels_nb.sample.hub.api.answers import Answer, Fault
from imodels_nb.sample.hub.api.call import PERMISSIONS
from imodels_nb.sample.hub.api.offline import changesets_pages, named_versions_pages
from imodels_nb.sample.hub.faults.catalogue import FAULTS
from imodels_nb.sample.hub.hub import Hub
from imodels_nb.sample.hub.identity.clients import CLIENT_ID, SERVICE_CLIENT_ID
from imodels_nb.sample.hub.project.itwin import synthesise_itwin
from imodels_nb.sample.hub.project.recording import recorded
from imodels_nb.sample.hub.project.records import Project, Story
from imodels_nb.sample.hub.project.synthesis import synthesise

__all__ = [
    "CLIENT_ID",
    "FAULTS",
    "PERMISSIONS",
    "SERVICE_CLIENT_ID",
    "Answer",
    "Fault",
    "Hub",
    "Project",
    "Story",
    "changesets_pages",
    "named_versions_pages",
    "recorded",
    "synthesise",
    "synthesise_itwin",
]
