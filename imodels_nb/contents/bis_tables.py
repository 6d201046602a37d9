"""Columns and properties of the BIS tables that every iModel has.

They are used where no iModel file is given. Columns that depend on the schemas of one iModel (`js1`, `ps1`, …) are left
out: their position is known, their property is not.
"""

from imodels_nb.contents.values import ValueType

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
_TYPED_PROPERTIES = {
    "LastMod": ValueType.TIME,
    "FederationGuid": ValueType.GUID,
    "InSpatialIndex": ValueType.BOOLEAN,
    "IsPrivate": ValueType.BOOLEAN,
    "IsTemplate": ValueType.BOOLEAN,
}

COLUMN_PROPERTIES: dict[str, tuple[str, ValueType]] = (
    {f"{name}Id": (f"{name}.Id", ValueType.ID) for name in _REFERENCES}
    | {f"{name}RelECClassId": (f"{name}.RelECClassId", ValueType.CLASS) for name in _RELATIONSHIPS}
    | {f"{point}_{axis}": (f"{point}.{axis}", ValueType.PLAIN) for point in _POINTS for axis in "XYZ"}
    | {"SourceId": ("SourceECInstanceId", ValueType.ID), "TargetId": ("TargetECInstanceId", ValueType.ID)}
    | {
        "Id": ("ECInstanceId", ValueType.ID),
        "ElementId": ("ECInstanceId", ValueType.ID),
        "ECClassId": ("ECClassId", ValueType.CLASS),
    }
    | {name: (name, value_type) for name, value_type in _TYPED_PROPERTIES.items()}
)
"""Property and type of value of the columns whose name is not that of a property of plain values."""
