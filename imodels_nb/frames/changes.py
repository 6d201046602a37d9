"""What kinds of change there are: the bits of ``containingChanges``, and how each is called and drawn."""

from dataclasses import dataclass
from enum import IntFlag


class ContainingChanges(IntFlag):
    """The bits of ``containingChanges``. Any may be combined, and unknown ones are kept.

    The published page names the bits up to 32; 64 is in the vendor's TypeScript client (5.0 and later).

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
    """One kind of change: its flag, the frame's boolean column, what people read, and its colour."""

    flag: ContainingChanges
    column: str
    label: str
    colour: str


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
"""Kind by name, in the order of the bits. The colours hold 3:1 against white and against near-black."""
