"""A small iModel in memory, edited element by element."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import apsw

from imodels_hub.plant.schemas import CLASS_IDS, SchemaRows
from imodels_hub.plant.tables import create_tables, list_recorded_tables

_ROOT = 1
_DICTIONARY = 16
_BRIEFCASE_BITS = 40
_UNIX_EPOCH = 2_440_587.5  # Julian day of 1970-01-01
_NAMESPACE = uuid.UUID("1f0c6c0e-0f6f-4a52-9a4f-3f5b7d0c2f11")
_COLUMNS = {
    "label": "UserLabel",
    "code": "CodeValue",
    "x": "Origin_X",
    "y": "Origin_Y",
    "z": "Origin_Z",
    "shape": "GeometryStream",
}
_ELEMENT_COLUMNS = {"UserLabel", "CodeValue"}


class PlantIModel:
    """An iModel that is edited; each edit becomes a session changeset."""

    def __init__(self) -> None:
        self.database = apsw.Connection(":memory:")
        self.schemas = SchemaRows(self.database)
        self.briefcase = 0
        self.moment = datetime(2025, 1, 6, 7, 0, tzinfo=UTC)
        self._next_ids: dict[int, int] = {}
        self._models: dict[int, int] = {}
        self._changed_models: set[int] = set()
        create_tables(self.database)
        with self.database:
            self.schemas.add_bis()
            self._insert_baseline()

    def record(self, edit: Callable[[], object]) -> bytes:
        """Run an edit, and return its session changeset."""
        session = apsw.Session(self.database, "main")
        for table in list_recorded_tables():
            session.attach(table)
        changed: set[int] = set()
        self._changed_models = changed
        with self.database:
            edit()
            session.indirect = True
            for model in sorted(changed):
                guid = uuid.uuid5(_NAMESPACE, f"{model} {self.moment}").bytes
                self.database.execute(
                    "UPDATE bis_Model SET LastMod = ?, ps1 = ? WHERE Id = ?", (self._compute_time(), guid, model)
                )
            session.indirect = False
        body = session.changeset()
        session.close()
        return body

    def insert_partition(self, class_name: str, code: str, model_class: str) -> int:
        """Add a partition and the model below it; return the id that both have."""
        partition = self._insert_element(class_name, _ROOT, code=code, parent=_ROOT)
        self._insert("bis_InformationPartitionElement", partition, CLASS_IDS[class_name], None)
        self._insert_model(partition, model_class)
        return partition

    def insert_category(self, code: str) -> int:
        """Add a category with its default subcategory."""
        category = self._insert_element("SpatialCategory", _DICTIONARY, code=code)
        self._insert("bis_DefinitionElement", category, CLASS_IDS["SpatialCategory"], 0, None, None)
        child = self._insert_element("SubCategory", _DICTIONARY, code=code, parent=category)
        self._insert("bis_DefinitionElement", child, CLASS_IDS["SubCategory"], 0, None, None)
        return category

    def insert_drawing(self, model: int, code: str) -> int:
        """Add a drawing and the model below it."""
        drawing = self._insert_element("Drawing", model, code=code)
        self._insert("bis_Document", drawing, CLASS_IDS["Drawing"], 0.02, None, None, None)
        self._insert_model(drawing, "DrawingModel")
        return drawing

    def insert(self, class_name: str, model: int, category: int, label: str, **values: Any) -> int:
        """Add a physical element, and return its id."""
        class_id = self.schemas.class_ids[class_name]
        element = self._insert_element(class_name, model, label=label, parent=values.pop("parent", None))
        origin = [float(values.pop(axis, 0.0)) for axis in "xyz"]
        size = values.pop("size", 1.0)
        shape = uuid.uuid5(_NAMESPACE, f"shape {element}").bytes * 3
        shared = [values.pop(f"js{number}", None) for number in range(1, 6)]
        box = (0.0, 0.0, 0.0, size, size, size)
        row = (element, class_id, category, 1, *origin, 0.0, 0.0, 0.0, *box, shape, None, None, *shared)
        self._insert("bis_GeometricElement3d", *row)
        return element

    def update(self, element: int, **values: Any) -> None:
        """Update columns of an element; its time of change follows."""
        columns = {_COLUMNS.get(name, name): value for name, value in values.items()}
        own = {name: value for name, value in columns.items() if name in _ELEMENT_COLUMNS} | {
            "LastMod": self._compute_time()
        }
        joined = {name: value for name, value in columns.items() if name not in _ELEMENT_COLUMNS}
        for table, key, changes in (("bis_Element", "Id", own), ("bis_GeometricElement3d", "ElementId", joined)):
            if changes:
                marks = ", ".join(f"{name} = ?" for name in changes)
                self.database.execute(f"UPDATE {table} SET {marks} WHERE {key} = ?", (*changes.values(), element))
        self._changed_models.add(self._models[element])

    def delete(self, element: int) -> None:
        """Delete a physical element with its aspects."""
        for table, key in (
            ("bis_ElementMultiAspect", "ElementId"),
            ("bis_GeometricElement3d", "ElementId"),
            ("bis_Element", "Id"),
        ):
            self.database.execute(f"DELETE FROM {table} WHERE {key} = ?", (element,))
        for end in ("SourceId", "TargetId"):
            self.database.execute(f"DELETE FROM bis_ElementRefersToElements WHERE {end} = ?", (element,))
        self._changed_models.add(self._models.pop(element))

    def insert_aspect(self, element: int, identifier: str) -> None:
        """Add the aspect that says where an element came from."""
        classes = CLASS_IDS["ExternalSourceAspect"], element, CLASS_IDS["ElementOwnsExternalSourceAspects"]
        self._insert(
            "bis_ElementMultiAspect", self._generate_id(), *classes, _ROOT, identifier, "Element", "1", None, None, None
        )

    def insert_relationship(self, source: int, target: int) -> None:
        """Add a relationship: the first element groups the second."""
        relationship = self._generate_id()
        self._insert("bis_ElementRefersToElements", relationship, CLASS_IDS["ElementGroupsMembers"], source, target, 0)

    def set_extents(self, text: str) -> None:
        """Set the project extents, a property of the file."""
        statement = "INSERT INTO be_Prop VALUES ('dgn_Db', 'Extents', 0, 0, 0, ?, NULL, NULL)"
        self.database.execute(f"{statement} ON CONFLICT DO UPDATE SET StrData = excluded.StrData", (text,))

    def read_file(self, parent_id: str = "", index: int = 0) -> bytes:
        """Return the iModel as a file that contains everything up to a changeset."""
        with TemporaryDirectory() as folder:
            path = Path(folder, "imodel.bim")
            copy = apsw.Connection(str(path))
            with copy.backup("main", self.database, "main") as backup:
                backup.step()
            rows = {"ParentChangeSetId": parent_id, "parentChangeset": f'{{"id":"{parent_id}","index":{index}}}'}
            copy.executemany("INSERT INTO be_Local VALUES (?, ?)", rows.items() if index else [])
            copy.close()
            return path.read_bytes()

    def _insert_baseline(self) -> None:
        self._insert("bis_CodeSpec", 1, "bis:NullCodeSpec", None)
        self._insert_element("Subject", _ROOT, code="Pump station", element=_ROOT)
        self._insert_model(_ROOT, "RepositoryModel")
        self._insert_element(
            "DefinitionPartition", _ROOT, code="BisCore.DictionaryModel", parent=_ROOT, element=_DICTIONARY
        )
        self._insert("bis_InformationPartitionElement", _DICTIONARY, CLASS_IDS["DefinitionPartition"], None)
        self._insert_model(_DICTIONARY, "DictionaryModel")

    def _insert_element(
        self,
        class_name: str,
        model: int,
        *,
        label: str | None = None,
        code: str | None = None,
        parent: int | None = None,
        element: int | None = None,
    ) -> int:
        element = element or self._generate_id()
        relationship = CLASS_IDS["PhysicalElementAssemblesElements"] if parent else None
        guid = uuid.uuid5(_NAMESPACE, str(element)).bytes
        row = (
            element,
            self.schemas.class_ids[class_name],
            model,
            self._compute_time(),
            1,
            1,
            code,
            label,
            parent,
            relationship,
            guid,
        )
        self._insert("bis_Element", *row, None)
        self._models[element] = model
        self._changed_models.add(model)
        return element

    def _insert_model(self, element: int, class_name: str) -> None:
        relationship = CLASS_IDS["ModelModelsElement"]
        row = (
            element,
            CLASS_IDS[class_name],
            _ROOT,
            element,
            relationship,
            0,
            0,
            None,
            self._compute_time(),
            None,
            None,
            None,
        )
        self._insert("bis_Model", *row)

    def _insert(self, table: str, *values: object) -> None:
        marks = ", ".join("?" * len(values))
        self.database.execute(f"INSERT INTO {table} VALUES ({marks})", values)

    def _generate_id(self) -> int:
        number = self._next_ids.get(self.briefcase, 0) + 1
        self._next_ids[self.briefcase] = number
        return (self.briefcase << _BRIEFCASE_BITS) + number

    def _compute_time(self) -> float:
        return self.moment.timestamp() / 86_400 + _UNIX_EPOCH
