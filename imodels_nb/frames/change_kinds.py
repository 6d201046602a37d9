"""Kinds of change: the bits of ``containingChanges``, their labels and colors."""

from dataclasses import dataclass
from enum import IntFlag


class ContainingChanges(IntFlag):
    """The bits of ``containingChanges``. They can be combined; unknown bits are kept.

    The API's page documents the bits up to 32. The vendor's TypeScript client (5.0 and later) has 64.

    Examples
    --------
    >>> ContainingChanges(18)
    <ContainingChanges.DEFINITION|VIEWS_AND_MODELS: 18>
    """

    REGULAR = 0
    SCHEMA = 1
    DEFINITION = 2
    SPATIAL_DATA = 4
    SHEETS_AND_DRAWINGS = 8
    VIEWS_AND_MODELS = 16
    GLOBAL_PROPERTIES = 32
    SCHEMA_SYNC = 64


@dataclass(frozen=True)
class Kind:
    """A kind of change: its flag, the frame's boolean column, its label and its color."""

    flag: ContainingChanges
    column: str
    label: str
    color: str


KINDS = {
    kind.column.removeprefix("has_").removeprefix("is_"): kind
    for kind in (
        Kind(ContainingChanges.REGULAR, "is_regular", "regular", "#7a8594"),
        Kind(ContainingChanges.SCHEMA, "has_schema", "schema", "#d55e00"),
        Kind(ContainingChanges.DEFINITION, "has_definition", "definition", "#0072b2"),
        Kind(ContainingChanges.SPATIAL_DATA, "has_spatial_data", "spatial data", "#009e73"),
        Kind(ContainingChanges.SHEETS_AND_DRAWINGS, "has_sheets_and_drawings", "sheets and drawings", "#b07a00"),
        Kind(ContainingChanges.VIEWS_AND_MODELS, "has_views_and_models", "views and models", "#7048e8"),
        Kind(ContainingChanges.GLOBAL_PROPERTIES, "has_global_properties", "global properties", "#c465a0"),
        Kind(ContainingChanges.SCHEMA_SYNC, "has_schema_sync", "schema sync", "#8a6fc8"),
    )
}
"""Kinds by name, in the order of the bits. The colors have a contrast of 3:1 to white and to near-black."""
