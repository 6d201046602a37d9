"""The sample hub: an iModels service, an identity provider and a synthetic project, all on this machine.

It imports nothing of `imodels_nb`, so that it stays an independent judge of what the toolkit reads from it.
"""

from imodels_hub.api.answers import Answer, Fault
from imodels_hub.api.call import PERMISSIONS
from imodels_hub.api.offline import changesets_pages, named_versions_pages
from imodels_hub.faults.catalogue import FAULTS
from imodels_hub.hub import Hub
from imodels_hub.identity.clients import CLIENT_ID, SERVICE_CLIENT_ID
from imodels_hub.project.itwin import synthesise_itwin
from imodels_hub.project.recording import recorded
from imodels_hub.project.records import Project, Story
from imodels_hub.project.synthesis import synthesise

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
