"""Kinds of change: the bits of ``containingChanges``, their labels and colors."""

from dataclasses import dataclass
from enum import IntFlag


class ContainingChanges(IntFlag):
    """The bits of ``containingChanges``. They can be combined; unknown bits are kept.

    The API's page documents the bits up to 32. The vendor's TypeScript client (5.0 and later) has 64.

    Parameters
    ----------
    value
        The number that the API sends, such as the column ``containing_changes``.

    Attributes
    ----------
    REGULAR, SCHEMA, DEFINITION, SPATIAL_DATA
        0, 1, 2 and 4. Regular has no bit.
    SHEETS_AND_DRAWINGS, VIEWS_AND_MODELS, GLOBAL_PROPERTIES, SCHEMA_SYNC
        8, 16, 32 and 64.

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
    """A kind of change.

    Parameters
    ----------
    flag
        Its bit in ``containingChanges``.
    column
        Its boolean column in the changesets frame.
    label, color
        Its name and its color in charts.
    """

    flag: ContainingChanges
    column: str
    label: str
    color: str


class Kinds(dict[str, Kind]):
    """Kinds of change by name, in the order of the bits of ``containingChanges``.

    The names are ``regular``, ``schema``, ``definition``, ``spatial_data``, ``sheets_and_drawings``,
    ``views_and_models``, ``global_properties`` and ``schema_sync``. Each value has ``flag`` (`ContainingChanges`),
    ``column`` (str, the boolean column of the changesets frame), ``label`` and ``color`` (str, as charts show them).

    The colors have a contrast of 3:1 to white and to near-black. Color-blind people can tell any two apart: they have a
    difference in CIELAB of at least 15 under deuteranopia and protanopia.

    Examples
    --------
    >>> KINDS["schema"].column, KINDS["schema"].color
    ('has_schema', '#ed6e16')
    """


KINDS = Kinds(
    (kind.column.removeprefix("has_").removeprefix("is_"), kind)
    for kind in (
        Kind(ContainingChanges.REGULAR, "is_regular", "regular", "#748eaf"),
        Kind(ContainingChanges.SCHEMA, "has_schema", "schema", "#ed6e16"),
        Kind(ContainingChanges.DEFINITION, "has_definition", "definition", "#0d6ca8"),
        Kind(ContainingChanges.SPATIAL_DATA, "has_spatial_data", "spatial data", "#1ea17a"),
        Kind(ContainingChanges.SHEETS_AND_DRAWINGS, "has_sheets_and_drawings", "sheets and drawings", "#a25b01"),
        Kind(ContainingChanges.VIEWS_AND_MODELS, "has_views_and_models", "views and models", "#6846e5"),
        Kind(ContainingChanges.GLOBAL_PROPERTIES, "has_global_properties", "global properties", "#b24e86"),
        Kind(ContainingChanges.SCHEMA_SYNC, "has_schema_sync", "schema sync", "#8f7ddb"),
    )
)
