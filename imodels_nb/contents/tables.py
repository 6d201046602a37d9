"""Roles of tables: the instances of their rows, and the columns of names."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from imodels_nb.contents.schema import Schema

Pick = Callable[[Sequence[Any]], tuple[Any, ...]]

_ENGINE_PREFIXES = ("dgn_", "be_", "ec_", "ecdbf_", "sqlite_")
_SCHEMA_TABLES = dict.fromkeys(("ec_Schema", "ec_Class", "ec_Property"), "schema")
_KNOWN_TABLES = {"bis_Element": "element", "bis_Model": "model", "be_Prop": "file property"}
_LAST_MOD = "LastMod"
_MISSING = -1

# Columns with class, model, parent, code and label of an instance; "" where its table has none.
_IDENTITY = {
    "element": ("ECClassId", "ModelId", "ParentId", "CodeValue", "UserLabel"),
    "model": ("ECClassId", "Id", "ParentModelId", "", ""),
    "aspect": ("ECClassId", "", "ElementId", "", ""),
    "relationship": ("ECClassId", "", "SourceId", "", "TargetId"),
    "schema": ("", "", "", "", "Name"),
    "file property": ("", "", "", "", ""),
    "other": ("ECClassId", "", "", "", "Name"),
}


@dataclass(frozen=True, slots=True)
class TableRole:
    """Meaning of the rows of one table.

    Attributes
    ----------
    name, number
        Name of the table, and its number within one call.
    entity
        Kind of instance, or ``None`` for rows that only the engine needs.
    root
        Table that has one row for each instance; rows of joined tables belong to it.
    columns
        Names of its columns.
    key
        Function that returns the key of a row.
    identity
        Function that returns class, model, parent, code and label of a row.
    identity_places
        Positions that `identity` reads.
    last_mod
        Position of the time of the last change, or -1.
    """

    name: str
    number: int
    entity: str | None
    root: str
    columns: tuple[str, ...]
    key: Callable[[Sequence[Any]], Any]
    identity: Pick
    identity_places: frozenset[int]
    last_mod: int

    @property
    def is_root(self) -> bool:
        """Whether the table has one row for each instance."""
        return self.name == self.root


def build_role(name: str, number: int, count: int, keys: set[int], schema: Schema) -> TableRole:
    """Build the role of a table with `count` columns and the given key columns."""
    columns = schema.columns.get(name, count)
    key_places = sorted(keys) or [0]
    entity, root = _find_entity(name, columns, columns[key_places[0]])
    names = _IDENTITY[entity or "other"] if root == name else ("",) * 5
    places = [columns.index(column) if column in columns else _MISSING for column in names]
    return TableRole(
        name,
        number,
        entity,
        root,
        columns,
        itemgetter(*key_places),
        _build_identity(places),
        frozenset(places) - {_MISSING},
        columns.index(_LAST_MOD) if _LAST_MOD in columns else _MISSING,
    )


def list_identity_columns(entity: str) -> tuple[str, ...]:
    """Return the columns of class, model, parent, code and label; ``""`` if missing."""
    return _IDENTITY[entity]


def _find_entity(name: str, columns: tuple[str, ...], key: str) -> tuple[str | None, str]:
    """Return the kind of instance that a table holds, and its root table."""
    if name.startswith("ec_"):
        return _SCHEMA_TABLES.get(name), name
    if name in _KNOWN_TABLES:
        return _KNOWN_TABLES[name], name
    is_unknown = key.startswith("#") and not name.startswith(_ENGINE_PREFIXES)
    if key == "ElementId" or is_unknown:
        return "element", "bis_Element"
    if {"ElementId", "ECClassId"} <= set(columns):
        return "aspect", name
    return ("relationship" if {"SourceId", "TargetId"} <= set(columns) else "other"), name


def _build_identity(places: list[int]) -> Pick:
    if _MISSING not in places:
        return itemgetter(*places)
    return lambda row: tuple(None if place == _MISSING else row[place] for place in places)
