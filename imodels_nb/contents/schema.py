"""Classes, properties and table columns as they are at one changeset."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import apsw

from imodels_nb.contents.bis_tables import BIS_TABLES, COLUMN_PROPERTIES, EC_CLASSES
from imodels_nb.contents.imodel_file import IModelFile
from imodels_nb.contents.session_format import RowChange
from imodels_nb.contents.tables import TableColumns
from imodels_nb.contents.values import FORMATS, Format, ValueType, format_id

SCHEMA_TABLES = {
    "ec_Schema": ("Name",),
    "ec_Class": ("SchemaId", "Name"),
    "ec_Table": ("Name", "ExclusiveRootClassId"),
    "ec_Column": ("TableId", "Name"),
    "ec_Property": ("ClassId", "Name", "PrimitiveType", "ExtendedTypeName"),
    "ec_PropertyPath": ("RootPropertyId", "AccessString"),
    "ec_PropertyMap": ("ClassId", "PropertyPathId", "ColumnId"),
}
"""Columns of the tables that names are made of; each row is known by its Id."""

_BOOLEAN = 513
_TIME = 769
_ID_TYPES = {"Id", "NavId", "SourceId", "TargetId"}
_CLASS_TYPES = {"ClassId", "NavRelClassId", "SourceClassId", "TargetClassId"}


@dataclass(frozen=True, slots=True)
class Property:
    """A property as one column holds it."""

    name: str
    format: Format


class Schema:
    """Names of classes, properties and columns, which each changeset may change.

    Parameters
    ----------
    file
        iModel file to start from. Without one, only the core of BIS is known at the start.
    """

    def __init__(self, file: IModelFile | None) -> None:
        self.columns = TableColumns(BIS_TABLES if file is None else file.tables)
        self._rows: dict[str, dict[int, tuple[Any, ...]]] = {name: {} for name in SCHEMA_TABLES}
        if file is not None:
            for table, columns in SCHEMA_TABLES.items():
                self._rows[table] = {row[0]: row[1:] for row in file.read_rows(table, ("Id", *columns))}
        self._columns_before = self.columns
        self._deleted: list[tuple[str, Any]] = []
        self.version = 0
        self._clear_caches()

    def apply_ddl(self, ddl: str) -> None:
        """Apply the statements of a changeset file, until :meth:`undo_ddl`."""
        self._columns_before = self.columns
        if ddl:
            self.columns = self.columns.apply(ddl)
            self._clear_caches()

    def undo_ddl(self) -> None:
        """Set the columns back to those before a file that is damaged."""
        if self.columns is not self._columns_before:
            self.columns = self._columns_before
            self._clear_caches()

    def apply_rows(self, changes: Sequence[RowChange]) -> None:
        """Apply row changes of schema tables; a deleted row stays until :meth:`finish`."""
        for change in changes:
            if change.name in SCHEMA_TABLES:
                self._apply_row(change, self._rows[change.name])
        if changes:
            self._clear_caches()

    def _apply_row(self, change: RowChange, rows: dict[int, tuple[Any, ...]]) -> None:
        names = self.columns.find(change.name, change.column_count)
        old = dict(zip(names, change.old or (), strict=False))
        new = dict(zip(names, change.new or (), strict=False))
        key: Any = (old or new).get("Id")
        if change.new is None:
            self._deleted.append((change.name, key))
            return
        before = rows.get(key, (None,) * len(SCHEMA_TABLES[change.name]))
        after = (new.get(name, apsw.no_change) for name in SCHEMA_TABLES[change.name])
        pairs = zip(before, after, strict=True)
        rows[key] = tuple(value if patch is apsw.no_change else patch for value, patch in pairs)

    def finish(self) -> None:
        """Remove the rows that the changeset deleted, after their names were read."""
        for table, key in self._deleted:
            self._rows[table].pop(key, None)
        if self._deleted:
            self._deleted = []
            self._clear_caches()

    def find_class_name(self, class_id: int | None) -> str | None:
        """Return ``Schema:Class``, or the id of an unknown class."""
        if class_id is None:
            return None
        name = self._class_names.get(class_id)
        if name is None:
            name = self._read_class_name(class_id) or format_id(class_id)
            self._class_names[class_id] = name
        return name

    def find_table_class(self, table: str) -> str | None:
        """Return the class of all rows of a table that has no column for it."""
        class_id = self._find_root_class(table)
        return EC_CLASSES.get(table) if class_id is None else self.find_class_name(class_id)

    def find_property_label(self, property_id: int) -> str | None:
        """Return ``Schema:Class.Property`` of a property."""
        row = self._rows["ec_Property"].get(property_id)
        return f"{self.find_class_name(row[0])}.{row[1]}" if row else None

    def find_properties(self, table: str, class_id: int | None, count: int) -> tuple[Property, ...]:
        """Return the property of each of the first `count` columns, for one class.

        A column whose property is unknown is named by table and column, or by table and position.
        """
        key = (table, class_id, count)
        if key not in self._properties:
            names = self.columns.find(table, count)
            own = self._read_map(table, class_id)
            root = self._read_map(table, self._find_root_class(table)) if not own else {}
            self._properties[key] = tuple(self._find_property(table, name, own or root) for name in names)
        return self._properties[key]

    def _find_property(self, table: str, column: str, mapped: dict[str, Property]) -> Property:
        if column in mapped:
            return mapped[column]
        if table not in BIS_TABLES or column not in BIS_TABLES[table]:
            return Property(f"{table}.{column}", FORMATS[ValueType.PLAIN])
        name, value_type = COLUMN_PROPERTIES.get(column, (column, ValueType.PLAIN))
        return Property(name, self._format(value_type))

    def _read_map(self, table: str, class_id: int | None) -> dict[str, Property]:
        if class_id is None:
            return {}
        if not self._maps:
            for mapped_class, path_id, column_id in self._rows["ec_PropertyMap"].values():
                self._maps[mapped_class].append((path_id, column_id))
        found = {}
        for path_id, column_id in self._maps.get(class_id, ()):
            table_id, column = self._rows["ec_Column"].get(column_id, (None, None))
            if self._rows["ec_Table"].get(table_id, (None,))[0] == table and (
                property_ := self._read_property(path_id)
            ):
                found[column] = property_
        return found

    def _read_property(self, path_id: int) -> Property | None:
        path = self._rows["ec_PropertyPath"].get(path_id)
        if path is None:
            return None
        _, _, primitive, extended = self._rows["ec_Property"].get(path[0], (None, None, None, None))
        name = path[1]
        return Property(name, self._format(_find_value_type(name, primitive, extended)))

    def _format(self, value_type: ValueType) -> Format:
        if value_type is ValueType.CLASS:
            return lambda value: self.find_class_name(value) if isinstance(value, int) else None
        return FORMATS[value_type]

    def _read_class_name(self, class_id: int) -> str | None:
        schema_id, name = self._rows["ec_Class"].get(class_id, (None, None))
        schema = self._rows["ec_Schema"].get(schema_id, (None,))[0]
        return f"{schema}:{name}" if schema and name else None

    def _find_root_class(self, table: str) -> int | None:
        if not self._root_classes:
            self._root_classes.update(row for row in self._rows["ec_Table"].values())
        return self._root_classes.get(table)

    def _clear_caches(self) -> None:
        self._class_names: dict[int, str] = {}
        self._properties: dict[tuple[str, int | None, int], tuple[Property, ...]] = {}
        self._maps: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        self._root_classes: dict[str, int | None] = {}
        self.version += 1


def _find_value_type(name: str, primitive: int | None, extended: str | None) -> ValueType:
    if extended == "BeGuid":
        return ValueType.GUID
    if extended in _CLASS_TYPES or name.endswith(".RelECClassId"):
        return ValueType.CLASS
    if extended in _ID_TYPES or name.endswith(".Id"):
        return ValueType.ID
    return {_BOOLEAN: ValueType.BOOLEAN, _TIME: ValueType.TIME}.get(primitive or 0, ValueType.PLAIN)
