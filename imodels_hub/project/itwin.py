"""Several synthetic projects that share one iTwin, the parts of one asset."""

from dataclasses import replace

from imodels_hub.project.records import Project
from imodels_hub.project.synthesis import synthesise


def synthesise_itwin(
    imodels: int, changesets: int, seed: int, *, gaps: bool = False, stories: bool = True
) -> tuple[Project, ...]:
    """Draw projects of one iTwin, each of the same length; the first is the one that `synthesise` draws alone.

    Raises
    ------
    ValueError
        If there would be none, or for `synthesise`'s reasons.
    """
    if imodels < 1:
        raise ValueError(f"imodels should be a whole number of at least 1, not {imodels!r}.")
    first = synthesise(changesets, seed, gaps=gaps, stories=stories)
    others = (synthesise(changesets, seed + each, gaps=gaps, stories=stories) for each in range(1, imodels))
    return first, *(_beside(first, other, number) for number, other in enumerate(others, start=2))


def _beside(first: Project, other: Project, number: int) -> Project:
    imodel = other.imodel._replace(itwin_id=first.imodel.itwin_id, name=f"{first.imodel.name}, part {number}")
    return replace(other, imodel=imodel, itwins=())
