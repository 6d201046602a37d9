"""Hubs with more than one iModel."""

from imodels_hub import Hub, build_plant_project, generate_itwin

PLANT = build_plant_project()


def build_itwin_hub(imodels: int, changesets: int, seed: int) -> Hub:
    """Build a hub with an iTwin of several iModels, and the plant in another one."""
    project, *neighbors = generate_itwin(imodels, changesets, seed)
    return Hub(project, neighbors=[*neighbors, PLANT])
