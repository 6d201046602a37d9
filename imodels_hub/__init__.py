"""The sample hub: an iModels service, an identity provider and a project.

It imports nothing of `imodels_nb`, so that its responses are independent of the code that reads them.
"""

from imodels_hub.api.pages import iterate_changeset_pages, iterate_named_version_pages
from imodels_hub.api.requests import PERMISSIONS
from imodels_hub.api.responses import Response
from imodels_hub.faults.catalog import FAULTS
from imodels_hub.generator.recorded import build_recorded_project
from imodels_hub.generator.synthetic import generate_itwin, generate_project
from imodels_hub.hub import Hub
from imodels_hub.identity.clients import CLIENT_ID, SERVICE_CLIENT_ID
from imodels_hub.plant.project import build_plant_project
from imodels_hub.records import PlantedAnomaly, Project

__all__ = [
    "CLIENT_ID",
    "FAULTS",
    "PERMISSIONS",
    "SERVICE_CLIENT_ID",
    "Hub",
    "PlantedAnomaly",
    "Project",
    "Response",
    "build_plant_project",
    "build_recorded_project",
    "generate_itwin",
    "generate_project",
    "iterate_changeset_pages",
    "iterate_named_version_pages",
]
