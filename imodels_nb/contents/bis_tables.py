"""Columns and properties of the BIS tables that every iModel has.

They are used where no iModel file is given. Columns that depend on the schemas of one iModel (`js1`, `ps1`, …) are left
out: their position is known, their property is not.
"""

from imodels_nb.contents.values import Kind

_ELEMENT = """
    Id ECClassId ModelId LastMod CodeSpecId CodeScopeId CodeValue UserLabel ParentId ParentRelECClassId FederationGuid
    JsonProperties
"""
_GEOMETRIC_2D = """
    ElementId ECClassId CategoryId Origin_X Origin_Y Rotation BBoxLow_X BBoxLow_Y BBoxHigh_X BBoxHigh_Y GeometryStream
    TypeDefinitionId TypeDefinitionRelECClassId
"""
_GEOMETRIC_3D = """
    ElementId ECClassId CategoryId InSpatialIndex Origin_X Origin_Y Origin_Z Yaw Pitch Roll BBoxLow_X BBoxLow_Y
    BBoxLow_Z BBoxHigh_X BBoxHigh_Y BBoxHigh_Z GeometryStream TypeDefinitionId TypeDefinitionRelECClassId
"""
_MODEL = """
    Id ECClassId ParentModelId ModeledElementId ModeledElementRelECClassId IsPrivate IsTemplate JsonProperties LastMod
"""
_PROPERTY = """
    Id ClassId Name DisplayLabel Description IsReadonly Priority Ordinal Kind PrimitiveType PrimitiveTypeMinLength
    PrimitiveTypeMaxLength PrimitiveTypeMinValue PrimitiveTypeMaxValue EnumerationId StructClassId ExtendedTypeName
    KindOfQuantityId CategoryId ArrayMinOccurs ArrayMaxOccurs NavigationRelationshipClassId NavigationDirection
"""
_COLUMN = """
    Id TableId Name Type IsVirtual Ordinal NotNullConstraint UniqueConstraint CheckConstraint DefaultConstraint
    CollationConstraint OrdinalInPrimaryKey ColumnKind
"""
_SCHEMA = """
    Id Name DisplayLabel Description Alias VersionDigit1 VersionDigit2 VersionDigit3 OriginalECXmlVersionMajor
    OriginalECXmlVersionMinor
"""
_CLASS = """
    Id SchemaId Name DisplayLabel Description Type Modifier RelationshipStrength RelationshipStrengthDirection
    CustomAttributeContainerType
"""
_TABLES = {
    "bis_Element": _ELEMENT,
    "bis_GeometricElement2d": _GEOMETRIC_2D,
    "bis_GeometricElement3d": _GEOMETRIC_3D,
    "bis_DefinitionElement": "ElementId ECClassId",
    "bis_Document": "ElementId ECClassId",
    "bis_DocumentCarrier": "ElementId ECClassId",
    "bis_DriverBundleElement": "ElementId ECClassId",
    "bis_InformationPartitionElement": "ElementId ECClassId",
    "bis_InformationRecordElement": "ElementId ECClassId",
    "bis_InformationReferenceElement": "ElementId ECClassId",
    "bis_Model": _MODEL,
    "bis_ElementMultiAspect": "Id ECClassId ElementId ElementRelECClassId",
    "bis_ElementUniqueAspect": "Id ECClassId ElementId ElementRelECClassId",
    "bis_ElementRefersToElements": "Id ECClassId SourceId TargetId",
    "bis_ElementDrivesElement": "Id ECClassId SourceId TargetId",
    "bis_ModelSelectorRefersToModels": "Id SourceId TargetId",
    "bis_CodeSpec": "Id Name JsonProperties",
    "be_Prop": "Namespace Name Id SubId TxnMode StrData RawSize Data",
    "ec_Schema": _SCHEMA,
    "ec_Class": _CLASS,
    "ec_Property": _PROPERTY,
    "ec_PropertyPath": "Id RootPropertyId AccessString",
    "ec_PropertyMap": "Id ClassId PropertyPathId ColumnId",
    "ec_Table": "Id ParentTableId Name Type ExclusiveRootClassId UpdatableViewName",
    "ec_Column": _COLUMN,
}

BIS_TABLES: dict[str, tuple[str, ...]] = {name: tuple(columns.split()) for name, columns in _TABLES.items()}
"""Names of the first columns of each table, in order."""

EC_CLASSES = {
    "ec_Schema": "ECDbMeta:ECSchemaDef",
    "ec_Class": "ECDbMeta:ECClassDef",
    "ec_Property": "ECDbMeta:ECPropertyDef",
    "bis_CodeSpec": "BisCore:CodeSpec",
    "bis_ModelSelectorRefersToModels": "BisCore:ModelSelectorRefersToModels",
}
"""Classes of the tables that have no column for it."""

_RELATIONSHIPS = ("Parent", "TypeDefinition", "ModeledElement", "Element")
_REFERENCES = (*_RELATIONSHIPS, "Model", "CodeSpec", "CodeScope", "Category", "ParentModel")
_POINTS = ("Origin", "BBoxLow", "BBoxHigh")
_KINDS = {
    "LastMod": Kind.TIME,
    "FederationGuid": Kind.GUID,
    "InSpatialIndex": Kind.BOOLEAN,
    "IsPrivate": Kind.BOOLEAN,
    "IsTemplate": Kind.BOOLEAN,
}

COLUMN_PROPERTIES: dict[str, tuple[str, Kind]] = (
    {f"{name}Id": (f"{name}.Id", Kind.ID) for name in _REFERENCES}
    | {f"{name}RelECClassId": (f"{name}.RelECClassId", Kind.CLASS) for name in _RELATIONSHIPS}
    | {f"{point}_{axis}": (f"{point}.{axis}", Kind.PLAIN) for point in _POINTS for axis in "XYZ"}
    | {"SourceId": ("SourceECInstanceId", Kind.ID), "TargetId": ("TargetECInstanceId", Kind.ID)}
    | {"Id": ("ECInstanceId", Kind.ID), "ElementId": ("ECInstanceId", Kind.ID), "ECClassId": ("ECClassId", Kind.CLASS)}
    | {name: (name, kind) for name, kind in _KINDS.items()}
)
"""Property and kind of value of the columns whose name is not that of a property of plain values."""
