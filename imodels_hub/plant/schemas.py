"""Rows of the schema tables: classes of BIS and classes of the plant."""

from collections.abc import Iterable

import apsw

BIS_CLASSES = (
    "Element",
    "GeometricElement3d",
    "InformationPartitionElement",
    "DefinitionElement",
    "Document",
    "Model",
    "ElementMultiAspect",
    "ElementRefersToElements",
    "CodeSpec",
    "Subject",
    "PhysicalPartition",
    "DefinitionPartition",
    "DocumentPartition",
    "SpatialCategory",
    "SubCategory",
    "PhysicalModel",
    "RepositoryModel",
    "DictionaryModel",
    "DocumentListModel",
    "Drawing",
    "DrawingModel",
    "ExternalSourceAspect",
    "ElementGroupsMembers",
    "ModelModelsElement",
    "ElementOwnsExternalSourceAspects",
    "PhysicalElementAssemblesElements",
    "PhysicalElement",
)
_FIRST_BIS_CLASS = 98
CLASS_IDS = {name: _FIRST_BIS_CLASS + number for number, name in enumerate(BIS_CLASSES)}
"""Ids of the classes, by name; those of the plant are added by its schema."""

_BIS = 8
_PLANT = 10
_STRING = 2305
_DOUBLE = 1025
_BOOLEAN = 513
_BINARY = 257
_DATE_TIME = 769
_LONG = 1537
_NAVIGATION = 4

# Table, its class, and its columns with the property of each: name, primitive type, extended type.
_PROPERTIES: dict[str, tuple[str, dict[str, tuple[str, int | None, str | None]]]] = {
    "bis_Element": (
        "Element",
        {
            "Id": ("ECInstanceId", _LONG, "Id"),
            "ECClassId": ("ECClassId", _LONG, "ClassId"),
            "ModelId": ("Model.Id", None, None),
            "LastMod": ("LastMod", _DATE_TIME, None),
            "CodeSpecId": ("CodeSpec.Id", None, None),
            "CodeScopeId": ("CodeScope.Id", None, None),
            "CodeValue": ("CodeValue", _STRING, None),
            "UserLabel": ("UserLabel", _STRING, None),
            "ParentId": ("Parent.Id", None, None),
            "ParentRelECClassId": ("Parent.RelECClassId", None, None),
            "FederationGuid": ("FederationGuid", _BINARY, "BeGuid"),
            "JsonProperties": ("JsonProperties", _STRING, "Json"),
        },
    ),
    "bis_GeometricElement3d": (
        "GeometricElement3d",
        {
            "ElementId": ("ECInstanceId", _LONG, "Id"),
            "ECClassId": ("ECClassId", _LONG, "ClassId"),
            "CategoryId": ("Category.Id", None, None),
            "InSpatialIndex": ("InSpatialIndex", _BOOLEAN, None),
            **{f"Origin_{axis}": (f"Origin.{axis}", _DOUBLE, None) for axis in "XYZ"},
            **{angle: (angle, _DOUBLE, None) for angle in ("Yaw", "Pitch", "Roll")},
            **{f"BBoxLow_{axis}": (f"BBoxLow.{axis}", _DOUBLE, None) for axis in "XYZ"},
            **{f"BBoxHigh_{axis}": (f"BBoxHigh.{axis}", _DOUBLE, None) for axis in "XYZ"},
            "GeometryStream": ("GeometryStream", _BINARY, "GeometryStream"),
        },
    ),
    "bis_DefinitionElement": ("DefinitionElement", {"IsPrivate": ("IsPrivate", _BOOLEAN, None)}),
    "bis_Document": ("Document", {"js1": ("ScaleFactor", _DOUBLE, None)}),
    "bis_InformationPartitionElement": (
        "InformationPartitionElement",
        {"Description": ("Description", _STRING, None)},
    ),
    "bis_Model": (
        "Model",
        {
            "ParentModelId": ("ParentModel.Id", None, None),
            "ModeledElementId": ("ModeledElement.Id", None, None),
            "IsPrivate": ("IsPrivate", _BOOLEAN, None),
            "LastMod": ("LastMod", _DATE_TIME, None),
            "ps1": ("GeometryGuid", _BINARY, "BeGuid"),
        },
    ),
    "bis_ElementMultiAspect": (
        "ElementMultiAspect",
        {
            "ElementId": ("Element.Id", None, None),
            "ps1": ("Scope.Id", None, None),
            "ps2": ("Identifier", _STRING, None),
            "ps3": ("Kind", _STRING, None),
            "ps4": ("Version", _STRING, None),
        },
    ),
    "bis_ElementRefersToElements": (
        "ElementRefersToElements",
        {
            "SourceId": ("SourceECInstanceId", _LONG, "SourceId"),
            "TargetId": ("TargetECInstanceId", _LONG, "TargetId"),
        },
    ),
    "bis_CodeSpec": ("CodeSpec", {"Name": ("Name", _STRING, None)}),
}
_CLASS_TABLES = {
    "bis_GeometricElement3d": ("GeometricElement3d", "PhysicalElement"),
    "bis_DefinitionElement": ("DefinitionElement", "SpatialCategory", "SubCategory"),
    "bis_Document": ("Document", "Drawing"),
    "bis_InformationPartitionElement": (
        "InformationPartitionElement",
        "PhysicalPartition",
        "DefinitionPartition",
        "DocumentPartition",
    ),
    "bis_Model": ("Model", "PhysicalModel", "RepositoryModel", "DictionaryModel", "DocumentListModel", "DrawingModel"),
    "bis_ElementMultiAspect": ("ElementMultiAspect", "ExternalSourceAspect"),
    "bis_ElementRefersToElements": ("ElementRefersToElements", "ElementGroupsMembers"),
    "bis_CodeSpec": ("CodeSpec",),
}
_ELEMENT_TABLES = ("bis_GeometricElement3d", "bis_DefinitionElement", "bis_Document", "bis_InformationPartitionElement")
_ELEMENT_CLASSES = ("Element", "Subject", *(name for table in _ELEMENT_TABLES for name in _CLASS_TABLES[table]))


class SchemaRows:
    """Writer of the rows of the schema tables.

    Parameters
    ----------
    database
        Database with the tables.
    """

    def __init__(self, database: apsw.Connection) -> None:
        self._database = database
        self._columns: dict[tuple[str, str], int] = {}
        self._paths: dict[tuple[str, str], int] = {}
        self.class_ids = dict(CLASS_IDS)

    def add_bis(self) -> None:
        """Write the classes and properties of BIS that the plant uses."""
        self._insert("ec_Schema", _BIS, "BisCore", None, None, "bis", 1, 0, 25, 3, 2)
        for name, class_id in CLASS_IDS.items():
            self._insert_class(class_id, _BIS, name)
        for table, (root, properties) in _PROPERTIES.items():
            table_id = self._next("ec_Table")
            self._insert("ec_Table", table_id, None, table, 0, CLASS_IDS[root], None)
            columns = self._database.execute(f"PRAGMA table_info({table})").fetchall()
            for ordinal, column in enumerate(columns):
                column_id = self._next("ec_Column")
                self._columns[table, str(column[1])] = column_id
                self._insert("ec_Column", column_id, table_id, column[1], 0, 0, ordinal, 0, 0, None, None, 0, None, 0)
            for column_name, facts in properties.items():
                self._paths[table, column_name] = self._add_property(CLASS_IDS[root], *facts)
        for table in _PROPERTIES:
            for name in _ELEMENT_CLASSES if table == "bis_Element" else _CLASS_TABLES[table]:
                self._map_class(CLASS_IDS[name], table)

    def add_plant(self, version: int, classes: Iterable[str]) -> None:
        """Write the schema of the plant, or raise the version of what is written already."""
        if version == 0:
            self._insert(
                "ec_Schema", _PLANT, "PlantDemo", "Plant", "Equipment of the sample plant", "pd", 1, 0, 0, 3, 2
            )
        else:
            self._database.execute("UPDATE ec_Schema SET VersionDigit3 = ? WHERE Id = ?", (version, _PLANT))
        for name in classes:
            class_id = self._next("ec_Class")
            self.class_ids[name] = class_id
            self._insert_class(class_id, _PLANT, name)
            self._map_class(class_id, "bis_Element")
            self._map_class(class_id, "bis_GeometricElement3d")
            cache_id = self._next("ec_cache_ClassHierarchy")
            self._insert("ec_cache_ClassHierarchy", cache_id, class_id, CLASS_IDS["PhysicalElement"])

    def add_property(self, class_name: str, name: str, column: str, *, is_text: bool = False) -> None:
        """Write a property of a class of the plant, in one of the shared columns."""
        class_id = self.class_ids[class_name]
        path_id = self._add_property(class_id, name, _STRING if is_text else _DOUBLE, None)
        self._insert(
            "ec_PropertyMap",
            self._next("ec_PropertyMap"),
            class_id,
            path_id,
            self._columns["bis_GeometricElement3d", column],
        )

    def _add_property(self, class_id: int, path: str, primitive: int | None, extended: str | None) -> int:
        property_id = self._next("ec_Property")
        name = path.partition(".")[0]
        kind = 0 if primitive else _NAVIGATION
        rest = (None, None, None, None, None, None, extended, None, None, None, None, None, None)
        self._insert("ec_Property", property_id, class_id, name, None, None, 0, None, 0, kind, primitive, *rest)
        path_id = self._next("ec_PropertyPath")
        self._insert("ec_PropertyPath", path_id, property_id, path)
        return path_id

    def _map_class(self, class_id: int, table: str) -> None:
        for (path_table, column), path_id in self._paths.items():
            if path_table == table:
                map_id = self._next("ec_PropertyMap")
                self._insert("ec_PropertyMap", map_id, class_id, path_id, self._columns[table, column])

    def _insert_class(self, class_id: int, schema_id: int, name: str) -> None:
        self._insert("ec_Class", class_id, schema_id, name, None, None, 0, 0, None, None, None)

    def _insert(self, table: str, *values: object) -> None:
        marks = ", ".join("?" * len(values))
        self._database.execute(f"INSERT INTO {table} VALUES ({marks})", values)

    def _next(self, table: str) -> int:
        rows = self._database.execute(f"SELECT COALESCE(MAX(Id), 0) + 1 FROM {table}")
        return int(str(rows.fetchall()[0][0]))
