"""Rows of the frames of changes, from the changed instances of one changeset."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice, repeat
from typing import Any, NamedTuple

import apsw

from imodels_nb.contents.bis_tables import EC_CLASSES
from imodels_nb.contents.frame_builders import FrameBuilder
from imodels_nb.contents.instances import Identity, InstanceRow, Instances, KnownInstances, RowCollector, UpdatedColumns
from imodels_nb.contents.schema import Schema
from imodels_nb.contents.values import format_id, format_value, read_briefcase_id

_KEYS = {"ECInstanceId", "ECClassId"}
_LAST_MOD = "LastMod"
_MAX_INSTANCES = 1 << 12  # whose values are Python objects at the same time
_PROPERTY_NAMES = ("changeset_index", "instance_id", "operation", "entity", "class_name", "label")
_NO_PROPERTIES: tuple[str, ...] = ()

Updates = dict[Any, tuple[Identity, Identity]]
"""Identity before and after an update, by key."""


class RowWriter(ABC):
    """Common part of the writers: instances as they were before a changeset.

    Parameters
    ----------
    builder
        Frame that gets the rows.
    schema
        Schema as it is at the changeset.
    known
        Instances as they were before the changeset.
    """

    def __init__(self, builder: FrameBuilder, schema: Schema, known: KnownInstances) -> None:
        self._builder = builder
        self._schema = schema
        self._known = known

    def write(self, index: int, all_instances: Sequence[Instances], *, write_rows: bool = True) -> None:
        """Write the rows of one changeset, or only record its instances."""
        updates = {}
        for instances in all_instances:  # before the first row: models and aspects have the label of an element
            self._known.add(instances.root, instances.inserted)
            updates[instances.root] = self._read_updates(instances)
        for instances in all_instances:
            if write_rows:
                self._write_instances(index, instances, updates[instances.root])
        for instances in all_instances:
            self._known.remove(instances.root, instances.deleted)
            changed = updates[instances.root]
            self._known.add(instances.root, {key: changed[key][1] for key in instances.identities})

    def _read_updates(self, instances: Instances) -> Updates:
        updates = {}
        find = self._known.find
        for key in instances.updated:
            before = find(instances.root, instances.entity, key)
            after = before
            if key in instances.identities:
                old, new = instances.identities[key]
                before = _patch(before, old)
                after = _patch(before, new)
            updates[key] = (before, after)
        return updates

    @abstractmethod
    def _write_instances(self, index: int, instances: Instances, updates: Updates) -> None:
        """Write the rows of the instances of one table."""

    def _build_columns(
        self, index: int, operation: str, instances: Instances, named: Mapping[Any, Identity]
    ) -> dict[str, Iterable[Any]]:
        """Return the columns of the changed instances and their operations."""
        count = len(named)
        identities = list(named.values())
        if instances.entity != "element":
            build = self._build_schema_identity if instances.entity == "schema" else self._build_other_identity
            identities = [build(instances, key, identity) for key, identity in named.items()]
        # zip(*identities) would create an iterator for each instance, and so cause many garbage collections.
        classes, models, parents, codes, labels = ([values[field] for values in identities] for field in range(5))
        class_name = self._schema.find_class_name
        return {
            "changeset_index": repeat(index, count),
            "instance_id": _format_keys(named),
            "operation": repeat(operation, count),
            "entity": repeat(instances.entity, count),
            "class_name": [value if isinstance(value, str) else class_name(value) for value in classes],
            "label": _format_texts(labels),
            "code": _format_texts(codes),
            "model_id": _format_ids(models),
            "parent_id": _format_ids(parents),
            "briefcase_id": [read_briefcase_id(key) if isinstance(key, int) else 0 for key in named],
        }

    def _build_schema_identity(self, instances: Instances, key: Any, identity: Identity) -> Identity:
        labels = {"ec_Class": self._schema.find_class_name, "ec_Property": self._schema.find_property_label}
        label = labels[instances.root](key) if instances.root in labels else identity[-1]
        return (EC_CLASSES[instances.root], None, None, None, label)

    def _build_other_identity(self, instances: Instances, key: Any, identity: Identity) -> Identity:
        class_id, _, parent, _, label = identity
        class_ = class_id or self._schema.find_table_class(instances.root)
        match instances.entity:
            case "model":
                return (class_, key, parent, None, self._known.find_name(key))
            case "aspect":
                return (class_, None, parent, None, self._known.find_name(parent))
            case "relationship":
                return (class_, None, parent, None, None if label is None else format_id(label))
            case "file property":
                return (None, None, None, None, _format_key(key))
        return (class_, None, None, None, label or instances.root)


class ElementWriter(RowWriter):
    """Writer of element changes: one row for each changed instance.

    Parameters
    ----------
    builder, schema, known
        As for :class:`RowWriter`.
    collector
        Collector of the changeset's rows.
    """

    def __init__(self, builder: FrameBuilder, schema: Schema, known: KnownInstances, collector: RowCollector) -> None:
        super().__init__(builder, schema, known)
        self._collector = collector
        self._names: dict[tuple[int | None, int], tuple[tuple[str, ...], bool]] = {}
        self._version = schema.version

    def _write_instances(self, index: int, instances: Instances, updates: Updates) -> None:
        if self._version != self._schema.version:
            self._version = self._schema.version
            self._names.clear()
        for operation, identities in (("inserted", instances.inserted), ("deleted", instances.deleted)):
            if not identities:
                continue
            self._builder.extend(
                **self._build_columns(index, operation, instances, identities),
                properties=[_NO_PROPERTIES] * len(identities),
                indirect=[key in instances.indirect for key in identities],
                new_label=repeat(None, len(identities)),
            )
        patterns = [self._name_properties(updates[key][0][0], number) for key, number in instances.updated.items()]
        labels = [(old[-1], new[-1]) for old, new in updates.values()]
        before = {key: old for key, (old, _) in updates.items()}
        self._builder.extend(
            **self._build_columns(index, "updated", instances, before),
            properties=[names for names, _ in patterns],
            indirect=[is_indirect for _, is_indirect in patterns],
            new_label=_format_texts(
                new if new != old and instances.entity == "element" else None for old, new in labels
            ),
        )

    def _name_properties(self, class_id: int | None, number: int) -> tuple[tuple[str, ...], bool]:
        """Return the names of the updated properties, and whether all are indirect."""
        found = self._names.get((class_id, number))
        if found is None:
            pattern = self._collector.get_pattern(number)
            names = [name for columns in pattern for name in self._list_names(class_id, columns)]
            edited = [name for name in names if name != _LAST_MOD]
            is_indirect = all(columns.only_follows for columns in pattern)
            found = (tuple(edited or names), is_indirect)
            self._names[class_id, number] = found
        return found

    def _list_names(self, class_id: int | None, columns: UpdatedColumns) -> list[str]:
        properties = self._schema.find_properties(columns.role.name, class_id, len(columns.role.columns))
        names = [properties[position].name for position in columns.positions]
        return [name for name in names if name not in _KEYS]


class PropertyWriter(RowWriter):
    """Writer of property changes: one row for each value."""

    def _write_instances(self, index: int, instances: Instances, updates: Updates) -> None:
        before = {key: old for key, (old, _) in updates.items()}
        inserted = {key: new for key, new in instances.inserted.items() if key not in before}
        deleted = {key: old for key, old in instances.deleted.items() if key not in before and key not in inserted}
        for operation, identities in (("inserted", inserted), ("updated", before), ("deleted", deleted)):
            for named in _split(identities):
                self._write_values(index, operation, instances, named)

    def _write_values(self, index: int, operation: str, instances: Instances, named: Mapping[Any, Identity]) -> None:
        """Write the values of instances that have the same operation."""
        values = _Values([], [], [], [])
        counts = []
        for key, identity in named.items():
            count = len(values.new)
            for row in instances.values[key]:
                self._add_values(values, identity[0], row)
            counts.append(len(values.new) - count)
        columns = self._build_columns(index, operation, instances, named)
        repeated = {name: chain.from_iterable(map(repeat, columns[name], counts)) for name in _PROPERTY_NAMES}
        self._builder.extend(**values._asdict(), **repeated)

    def _add_values(self, values: "_Values", class_id: int | None, row: InstanceRow) -> None:
        """Add the values that one row of the database changed."""
        role, old, new, indirect = row
        properties = self._schema.find_properties(role.name, class_id, len(role.columns))
        missing = (None,) * len(properties)
        last_mod = role.last_mod if old is not None and new is not None else -1
        for position, (property_, before, after) in enumerate(
            zip(properties, old or missing, new or missing, strict=True)
        ):
            if after is apsw.no_change or before is after is None or property_.name in _KEYS:
                continue
            values.property.append(property_.name)
            values.old.append(None if before is None else property_.format(before))
            values.new.append(None if after is None else property_.format(after))
            values.indirect.append(indirect or position == last_mod)


class _Values(NamedTuple):
    """Columns of the values of several instances."""

    property: list[str]
    old: list[str | None]
    new: list[str | None]
    indirect: list[bool]


def _split(identities: Mapping[Any, Identity]) -> Iterator[dict[Any, Identity]]:
    """Yield parts of the instances, so that few values are in memory as objects."""
    items = iter(identities.items())
    while part := dict(islice(items, _MAX_INSTANCES)):
        yield part


def _patch(identity: Identity, changes: Identity) -> Identity:
    return tuple(value if change is apsw.no_change else change for value, change in zip(identity, changes, strict=True))


def _format_keys(keys: Iterable[Any]) -> list[str]:
    return [f"0x{key:x}" if type(key) is int and key >= 0 else _format_key(key) for key in keys]


def _format_key(key: Any) -> str:
    """Format the key of a row: an id, or namespace and name of a file property."""
    if not isinstance(key, tuple):
        return format_id(key)
    parts = [str(part) for part in key]
    while len(parts) > 1 and parts[-1] == "0":
        parts.pop()
    return ":".join(parts)


def _format_texts(values: Iterable[Any]) -> list[str | None]:
    return [value if type(value) is str else format_value(value) for value in values]


def _format_ids(values: Iterable[Any]) -> list[str | None]:
    texts: dict[Any, str | None] = {None: None}
    return [texts[value] if value in texts else texts.setdefault(value, format_id(value)) for value in values]
