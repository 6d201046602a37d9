"""Identity of instances before a changeset: class, model, parent, code and label."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from imodels_nb.contents.imodel_file import IModelFile
from imodels_nb.contents.row_collector import UNKNOWN, Identity
from imodels_nb.contents.tables import list_identity_columns


class KnownInstances:
    """Instances known from earlier changesets or from the iModel file.

    Parameters
    ----------
    file
        iModel file, or ``None``.
    is_newer
        Whether the file is newer than the changesets. Then only class and model are taken from it, since they never
        change; a label could have been changed since.
    """

    def __init__(self, file: IModelFile | None, *, is_newer: bool) -> None:
        self._file = file
        self._is_newer = is_newer
        self._queries: dict[str, str | None] = {}
        self._known: defaultdict[str, dict[Any, Identity]] = defaultdict(dict)

    def find(self, root: str, entity: str, key: Any) -> Identity:
        """Return the identity of an instance; parts that are unknown are ``None``."""
        known = self._known[root].get(key)
        if known is None:
            known = self._read(root, entity, key)
            if known is not UNKNOWN:
                self._known[root][key] = known
        return known

    def name(self, element: Any) -> str | None:
        """Return the label of an element, else its code; ``None`` where both are unknown."""
        *_, code, label = UNKNOWN if element is None else self.find("bis_Element", "element", element)
        return str(label or code) if label or code else None

    def add(self, root: str, identities: Mapping[Any, Identity]) -> None:
        """Add the instances that a changeset inserted or updated."""
        self._known[root].update(identities)

    def remove(self, root: str, keys: Iterable[Any]) -> None:
        """Remove the instances that a changeset deleted."""
        known = self._known[root]
        for key in keys:
            known.pop(key, None)

    def _read(self, root: str, entity: str, key: Any) -> Identity:
        if self._file is None or not isinstance(key, int):
            return UNKNOWN
        if root not in self._queries:
            self._queries[root] = _build_query(self._file, root, list_identity_columns(entity))
        query = self._queries[root]
        row = self._file.find(query, key) if query else None
        if row is None:
            return UNKNOWN
        return (*row[:2], None, None, None) if self._is_newer else row


def _build_query(file: IModelFile, root: str, names: Sequence[str]) -> str | None:
    columns = file.tables.get(root, ())
    if "Id" not in columns:
        return None
    return file.build_query(root, "Id", [name if name in columns else None for name in names])
