"""Tables of a small iModel, with the names and columns of BIS."""

import apsw

_TABLES = {
    "bis_Element": (
        "Id INTEGER PRIMARY KEY, ECClassId INTEGER NOT NULL, ModelId INTEGER NOT NULL, LastMod TIMESTAMP NOT NULL,"
        "CodeSpecId INTEGER NOT NULL, CodeScopeId INTEGER NOT NULL, CodeValue TEXT COLLATE NOCASE,"
        "UserLabel TEXT COLLATE NOCASE, ParentId INTEGER, ParentRelECClassId INTEGER, FederationGuid BLOB UNIQUE,"
        "JsonProperties TEXT"
    ),
    "bis_GeometricElement3d": (
        "ElementId INTEGER PRIMARY KEY, ECClassId INTEGER NOT NULL, CategoryId INTEGER NOT NULL,"
        "InSpatialIndex BOOLEAN,"
        "Origin_X REAL, Origin_Y REAL, Origin_Z REAL, Yaw REAL, Pitch REAL, Roll REAL, BBoxLow_X REAL, BBoxLow_Y REAL,"
        "BBoxLow_Z REAL, BBoxHigh_X REAL, BBoxHigh_Y REAL, BBoxHigh_Z REAL, GeometryStream BLOB,"
        "TypeDefinitionId INTEGER, TypeDefinitionRelECClassId INTEGER, js1 BLOB, js2 BLOB, js3 BLOB, js4 BLOB, js5 BLOB"
    ),
    "bis_DefinitionElement": (
        "ElementId INTEGER PRIMARY KEY, ECClassId INTEGER NOT NULL, IsPrivate BOOLEAN, js1 BLOB, js2 BLOB"
    ),
    "bis_Document": "ElementId INTEGER PRIMARY KEY, ECClassId INTEGER NOT NULL, js1 BLOB, js2 BLOB, js3 BLOB, js4 BLOB",
    "bis_InformationPartitionElement": "ElementId INTEGER PRIMARY KEY, ECClassId INTEGER NOT NULL, Description TEXT",
    "bis_Model": (
        "Id INTEGER PRIMARY KEY, ECClassId INTEGER NOT NULL, ParentModelId INTEGER, ModeledElementId INTEGER,"
        "ModeledElementRelECClassId INTEGER, IsPrivate BOOLEAN, IsTemplate BOOLEAN, JsonProperties TEXT,"
        "LastMod TIMESTAMP, ps1 BLOB, ps2 BLOB, ps3 BLOB"
    ),
    "bis_ElementMultiAspect": (
        "Id INTEGER PRIMARY KEY, ECClassId INTEGER NOT NULL, ElementId INTEGER NOT NULL,"
        "ElementRelECClassId INTEGER NOT NULL, ps1 BLOB, ps2 BLOB, ps3 BLOB, ps4 BLOB, ps5 BLOB, ps6 BLOB, ps7 BLOB"
    ),
    "bis_ElementRefersToElements": (
        "Id INTEGER PRIMARY KEY, ECClassId INTEGER NOT NULL, SourceId INTEGER, TargetId INTEGER, MemberPriority INTEGER"
    ),
    "bis_CodeSpec": "Id INTEGER PRIMARY KEY, Name TEXT NOT NULL, JsonProperties TEXT",
    "be_Prop": (
        "Namespace CHAR NOT NULL, Name CHAR NOT NULL, Id INT NOT NULL, SubId INT NOT NULL, TxnMode INT NOT NULL,"
        "StrData CHAR, RawSize INT, Data BLOB, PRIMARY KEY (Namespace, Name, Id, SubId)"
    ),
    "be_Local": "Name CHAR NOT NULL COLLATE NOCASE UNIQUE, Val BLOB",
    "ec_Schema": (
        "Id INTEGER PRIMARY KEY, Name TEXT UNIQUE NOT NULL, DisplayLabel TEXT, Description TEXT, Alias TEXT,"
        "VersionDigit1 INTEGER NOT NULL, VersionDigit2 INTEGER NOT NULL, VersionDigit3 INTEGER NOT NULL,"
        "OriginalECXmlVersionMajor INTEGER, OriginalECXmlVersionMinor INTEGER"
    ),
    "ec_Class": (
        "Id INTEGER PRIMARY KEY, SchemaId INTEGER NOT NULL, Name TEXT NOT NULL, DisplayLabel TEXT, Description TEXT,"
        "Type INTEGER NOT NULL, Modifier INTEGER NOT NULL, RelationshipStrength INTEGER,"
        "RelationshipStrengthDirection INTEGER, CustomAttributeContainerType INTEGER"
    ),
    "ec_Table": (
        "Id INTEGER PRIMARY KEY, ParentTableId INTEGER, Name TEXT UNIQUE NOT NULL, Type INTEGER NOT NULL,"
        "ExclusiveRootClassId INTEGER, UpdatableViewName TEXT"
    ),
    "ec_Column": (
        "Id INTEGER PRIMARY KEY, TableId INTEGER NOT NULL, Name TEXT NOT NULL, Type INTEGER NOT NULL,"
        "IsVirtual BOOLEAN NOT NULL, Ordinal INTEGER NOT NULL, NotNullConstraint BOOLEAN NOT NULL,"
        "UniqueConstraint BOOLEAN NOT NULL, CheckConstraint TEXT, DefaultConstraint TEXT,"
        "CollationConstraint INTEGER NOT NULL, OrdinalInPrimaryKey INTEGER, ColumnKind INTEGER NOT NULL"
    ),
    "ec_Property": (
        "Id INTEGER PRIMARY KEY, ClassId INTEGER NOT NULL, Name TEXT NOT NULL, DisplayLabel TEXT, Description TEXT,"
        "IsReadonly BOOLEAN NOT NULL, Priority INTEGER, Ordinal INTEGER NOT NULL, Kind INTEGER NOT NULL,"
        "PrimitiveType INTEGER, PrimitiveTypeMinLength INTEGER, PrimitiveTypeMaxLength INTEGER,"
        "PrimitiveTypeMinValue NUMERIC, PrimitiveTypeMaxValue NUMERIC, EnumerationId INTEGER, StructClassId INTEGER,"
        "ExtendedTypeName TEXT, KindOfQuantityId INTEGER, CategoryId INTEGER, ArrayMinOccurs INTEGER,"
        "ArrayMaxOccurs INTEGER, NavigationRelationshipClassId INTEGER, NavigationDirection INTEGER"
    ),
    "ec_PropertyPath": "Id INTEGER PRIMARY KEY, RootPropertyId INTEGER NOT NULL, AccessString TEXT NOT NULL",
    "ec_PropertyMap": (
        "Id INTEGER PRIMARY KEY, ClassId INTEGER NOT NULL, PropertyPathId INTEGER NOT NULL, ColumnId INTEGER NOT NULL"
    ),
    "ec_cache_ClassHierarchy": "Id INTEGER PRIMARY KEY, ClassId INTEGER NOT NULL, BaseClassId INTEGER NOT NULL",
}

NOT_RECORDED = {"be_Local"}
"""Tables that belong to one copy of the iModel, and are in no changeset."""


def create_tables(database: apsw.Connection) -> None:
    """Write the empty tables."""
    for name, columns in _TABLES.items():
        database.execute(f"CREATE TABLE {name} ({columns})")


def list_recorded_tables() -> list[str]:
    """Return the names of the tables whose changes are in changesets."""
    return [name for name in _TABLES if name not in NOT_RECORDED]
