"""Names and texts of the synthetic project."""

from typing import NamedTuple

IMODEL_NAME = "Riverside Station"
IMODEL_DESCRIPTION = "Synthetic sample: a station upgrade, synchronized every night from design files."

ITWIN_NAME = "Riverside Station upgrade"
PILOT_NAME = "Riverside Station pilot"
ACCOUNT_NAME = "Riverside Rail"

PEOPLE = (
    ("Ingrid", "Solheim"),
    ("Tomas", "Ferreira"),
    ("Aisha", "Rahman"),
    ("Lukas", "Brandt"),
    ("Mei", "Tanaka"),
)
"""Given name and surname; the first signs in and publishes the named versions."""

SHARES = (0.12, 0.34, 0.26, 0.18, 0.10)
"""Shares of `PEOPLE` in the pushes by hand."""

HAND_OVER = (3, 4)
"""Positions in `PEOPLE` of the person who leaves and of the successor."""

CONTENDERS = (0, 1, 2)
"""Positions in `PEOPLE` of those who pushed in turns."""

SERVICE = ("DGN", "Synchronizer")
"""Account of the connector, which comes after the people in every list of users."""

CONNECTOR = 0
MODELER = 1
REVIEWER = 2
APPLICATIONS = ("DGN Connector", "Desktop Modeler", "Web Review")


class Discipline(NamedTuple):
    """A synchronization job: its name, and its design files."""

    job: str
    files: tuple[str, ...]


def _build_discipline(job: str, code: str, subjects: tuple[str, ...]) -> Discipline:
    return Discipline(job, tuple(f"{code}-{zone:02d}-{subject}.dgn" for zone in (1, 2, 3) for subject in subjects))


DISCIPLINES = (
    _build_discipline("Nightly sync: structures", "STR", ("Frame", "Foundations", "Canopy")),
    _build_discipline("Nightly sync: architecture", "ARC", ("Concourse", "Platforms", "Facade", "Interiors")),
    _build_discipline("Nightly sync: mechanical", "MEC", ("Ductwork", "Pipework", "Plant")),
    _build_discipline("Nightly sync: electrical", "ELE", ("Lighting", "Containment", "Power")),
    _build_discipline("Nightly sync: track and civil", "TRK", ("Alignment", "Drainage", "Earthworks")),
)

NO_NOTE = 0
"""Number of the empty note."""

NOTES = (
    "",  # for a push that only releases locks
    None,
    "Moved column grid by 150 mm",
    "Clash fixes, level 02",
    "Updated door schedule",
    "Review comments closed",
    "Re-routed cable trays around the lift shaft",
    "Platform edge raised to 915 mm",
    "Renamed saved views",
    "Corrected pump tags",
    "Swapped facade panels, east side",
    "Added wayfinding signs",
)
"""Descriptions of pushes by hand."""

SCHEMA_UPGRADE = "Upgraded domain schemas"

PHASES = (
    "Kick-off model",
    "10% concept",
    "30% design",
    "Planning application",
    "60% design",
    "IFR - Issued for review",
    "90% design",
    "IFT - Issued for tender",
    "IFC - Issued for construction",
    "As-built - stage 1",
)
"""Phases of the project, in order."""

REVIEW = "Coordination review {:02d}"
WITHDRAWN = "Superseded, published by mistake."


def find_phase(containing_changes: int) -> str:
    """Return the phase of a connector run with such changes."""
    if containing_changes & 1:
        return "Dynamic Schema Update"
    return "Subject Update" if containing_changes in (2, 18) else "Data Update"
