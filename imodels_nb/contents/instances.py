"""Instances: collected from the rows of a changeset, and known from before."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, groupby
from operator import attrgetter
from typing import Any

import apsw

from imodels_nb.contents.imodel_file import IModelFile
from imodels_nb.contents.schema import SCHEMA_TABLES, Schema
from imodels_nb.contents.session_format import RowChange, copy_row
from imodels_nb.contents.tables import TableRole, build_role, list_identity_columns
from imodels_nb.contents.values import shorten_blobs

Identity = tuple[Any, ...]
"""Class, model, parent, code and label of an instance."""

InstanceRow = tuple[TableRole, Any, Any, bool]
"""Table, old values, new values, and whether the row only follows from other changes."""

UNKNOWN: Identity = (None,) * 5
"""Identity of an instance of which nothing is known."""

_CONSTANT_ENTITIES = {"model", "aspect", "relationship"}  # their element or their ends are always the same


@dataclass(frozen=True, slots=True)
class UpdatedColumns:
    """Columns of one table that an update of an instance set, without their values.

    Parameters
    ----------
    role
        The table.
    positions
        Positions of the columns in it.
    indirect
        Whether the update only follows from other changes.
    """

    role: TableRole
    positions: tuple[int, ...]
    indirect: bool

    @property
    def only_follows(self) -> bool:
        """Whether the row only follows from others, or sets only the time of change."""
        return self.indirect or self.positions == (self.role.last_mod,)


@dataclass(slots=True)
class Instances:
    """Changed instances of one root table in one changeset.

    Attributes
    ----------
    inserted, deleted
        Identity of each, by key.
    updated
        Number of the update pattern, by key; `RowCollector.get_pattern` returns its columns.
    identities
        Identity before and after an update that changed it; unchanged columns hold `apsw.no_change`.
    indirect
        Keys of inserted and deleted instances that only follow from other changes.
    joined_rows
        Like `updated`, for rows inserted into or deleted from joined tables.
    values
        Rows of each instance, for the values of properties.
    """

    entity: str
    root: str
    inserted: dict[Any, Identity] = field(default_factory=dict)
    deleted: dict[Any, Identity] = field(default_factory=dict)
    updated: dict[Any, int] = field(default_factory=dict)
    identities: dict[Any, tuple[Identity, Identity]] = field(default_factory=dict)
    indirect: set[Any] = field(default_factory=set)
    joined_rows: dict[Any, int] = field(default_factory=dict)
    values: dict[Any, list[InstanceRow]] = field(default_factory=dict)


class RowCollector:
    """Row changes of each changeset, joined to one entry for each instance.

    Most updates of a changeset set the same columns. Each distinct set of columns, over all tables of an instance, is
    an update pattern. It is stored once, and an updated instance has only its number.

    Parameters
    ----------
    schema
        Schema that knows the columns of the tables.
    keep_values
        Whether to keep the old and new values of all rows.
    """

    def __init__(self, schema: Schema, *, keep_values: bool = False) -> None:
        self._schema = schema
        self._keep_values = keep_values
        self._roles: dict[tuple[str, int], TableRole] = {}
        self._roles_version = schema.version
        self._next_role = 0
        self._pattern_numbers: dict[tuple[int, tuple[int, ...], bool], int] = {}
        self._merged_numbers: dict[tuple[int, int], int] = {}
        self._patterns: list[tuple[UpdatedColumns, ...]] = []

    def collect(self, changes: Iterable[Any]) -> tuple[list[Instances], list[RowChange]]:
        """Read the row changes of one changeset; return instances and schema rows."""
        found: dict[str, Instances] = {}
        schema_rows: list[RowChange] = []
        for name, run in groupby(changes, key=attrgetter("name")):
            first = next(run)
            role = self._find_role(first)
            rows: Iterable[Any] = chain((first,), run)  # noqa: B031  # the rest of the run
            if name in SCHEMA_TABLES:
                rows = _copy_rows(rows, schema_rows)
            if role.entity is None:
                for _ in rows:
                    pass
                continue
            instances = found.setdefault(role.root, Instances(role.entity, role.root))
            self._collect_table(rows, role, instances)
        for instances in found.values():
            self._add_joined_rows(instances)
        return list(found.values()), schema_rows

    def get_pattern(self, number: int) -> tuple[UpdatedColumns, ...]:
        """Return the columns of an update pattern, one entry for each table."""
        return self._patterns[number]

    def _find_role(self, change: Any) -> TableRole:
        if self._roles_version != self._schema.version:
            self._roles_version = self._schema.version
            self._roles.clear()
        key = (change.name, change.column_count)
        if key not in self._roles:
            self._next_role += 1
            keys = change.pk_columns
            self._roles[key] = build_role(change.name, self._next_role, change.column_count, keys, self._schema.columns)
        return self._roles[key]

    def _collect_table(self, changes: Iterable[Any], role: TableRole, instances: Instances) -> None:
        key_of = role.key
        updated = instances.updated
        is_root = role.is_root
        no_change = apsw.no_change
        for change in changes:
            old = change.old
            new = change.new
            if change.opcode == apsw.SQLITE_UPDATE:
                key = key_of(old)
                positions = tuple([position for position, value in enumerate(new) if value is not no_change])
                number = self._store_pattern(role, positions, change.indirect)
                updated[key] = self._merge_patterns(updated[key], number) if key in updated else number
                if is_root and not role.identity_positions.isdisjoint(positions):
                    instances.identities[key] = (_read_identity(role, old), _read_identity(role, new))
            else:
                row = old if new is None else new
                key = key_of(row)
                if is_root:
                    (instances.deleted if new is None else instances.inserted)[key] = _read_identity(role, row)
                    if change.indirect:
                        instances.indirect.add(key)
                elif key not in instances.inserted and key not in instances.deleted:
                    positions = tuple([position for position, value in enumerate(row) if value is not None])
                    instances.joined_rows[key] = self._store_pattern(role, positions, change.indirect)
            if self._keep_values:
                values = (role, old and shorten_blobs(old), new and shorten_blobs(new), change.indirect)
                instances.values.setdefault(key, []).append(values)

    def _store_pattern(self, role: TableRole, positions: tuple[int, ...], indirect: bool) -> int:
        """Return the number of a pattern of one table, which is stored if it is new."""
        key = (role.number, positions, indirect)
        number = self._pattern_numbers.get(key)
        if number is None:
            number = len(self._patterns)
            self._pattern_numbers[key] = number
            self._patterns.append((UpdatedColumns(role, positions, indirect),))
        return number

    def _merge_patterns(self, first: int, second: int) -> int:
        """Return the number of the pattern that has the columns of both."""
        number = self._merged_numbers.get((first, second))
        if number is None:
            number = len(self._patterns)
            self._merged_numbers[first, second] = number
            self._patterns.append((*self._patterns[first], *self._patterns[second]))
        return number

    def _add_joined_rows(self, instances: Instances) -> None:
        # A row of a joined table is inserted or deleted with its instance. Otherwise it is an update of the instance.
        for key, number in instances.joined_rows.items():
            if key not in instances.inserted and key not in instances.deleted:
                instances.updated[key] = (
                    self._merge_patterns(instances.updated[key], number) if key in instances.updated else number
                )
        instances.joined_rows.clear()


class KnownInstances:
    """Instances known from earlier changesets or from the iModel file.

    Parameters
    ----------
    file
        iModel file, or ``None``.
    """

    def __init__(self, file: IModelFile | None) -> None:
        self._file = file
        self._is_file_current = True
        self._queries: dict[str, str | None] = {}
        self._known: defaultdict[str, dict[Any, Identity]] = defaultdict(dict)
        self._outdated: defaultdict[str, dict[Any, Identity]] = defaultdict(dict)

    def skip_changesets(self) -> None:
        """Record that changesets are missing here: a label may have changed since.

        Later, only what never changes is found, such as class and model.
        """
        self._is_file_current = False
        for root, known in self._known.items():
            self._outdated[root].update(known)
        self._known.clear()

    def find(self, root: str, entity: str, key: Any) -> Identity:
        """Return the identity of an instance; parts that are unknown are ``None``."""
        known = self._known[root].get(key)
        if known is None:
            known = self._read(root, entity, key)
            if known is not UNKNOWN:
                self._known[root][key] = known
        return known

    def find_name(self, element: Any) -> str | None:
        """Return the label of an element, else its code; ``None`` where both are unknown."""
        *_, code, label = UNKNOWN if element is None else self.find("bis_Element", "element", element)
        return str(label or code) if label or code else None

    def add(self, root: str, identities: Mapping[Any, Identity]) -> None:
        """Add the instances that a changeset inserted or updated."""
        self._known[root].update(identities)

    def remove(self, root: str, keys: Iterable[Any]) -> None:
        """Remove the instances that a changeset deleted."""
        known = self._known[root]
        outdated = self._outdated[root]
        for key in keys:
            known.pop(key, None)
            outdated.pop(key, None)

    def _read(self, root: str, entity: str, key: Any) -> Identity:
        outdated = self._outdated[root].get(key)
        if outdated is not None:
            return _select_constants(entity, outdated)
        if self._file is None or not isinstance(key, int):
            return UNKNOWN
        if root not in self._queries:
            self._queries[root] = _build_query(self._file, root, list_identity_columns(entity))
        query = self._queries[root]
        row = self._file.find(query, key) if query else None
        if row is None:
            return UNKNOWN
        return row if self._is_file_current else _select_constants(entity, row)


def _select_constants(entity: str, identity: Identity) -> Identity:
    """Return the parts of an identity that never change."""
    return identity if entity in _CONSTANT_ENTITIES else (*identity[:2], None, None, None)


def _read_identity(role: TableRole, row: Sequence[Any]) -> Identity:
    identity = role.identity(row)
    return shorten_blobs(identity) if bytes in map(type, identity) else identity


def _copy_rows(changes: Iterable[Any], copies: list[RowChange]) -> Iterator[Any]:
    for change in changes:
        copies.append(copy_row(change))
        yield change


def _build_query(file: IModelFile, root: str, names: Sequence[str]) -> str | None:
    columns = file.tables.get(root, ())
    if "Id" not in columns:
        return None
    return file.build_query(root, "Id", [name if name in columns else None for name in names])
