"""Timelines for the tests of the store."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa

from imodels_hub import Hub, generate_project, iterate_changeset_pages
from imodels_nb.api.decode import decode
from imodels_nb.api.schemas import CHANGESETS
from imodels_nb.store import ChangesetStore


def find_folder(hub: Hub, root: Path) -> Path:
    return ChangesetStore(root, hub.base_url, hub.imodel_id).folder


def build_rows(count: int, **changes: Any) -> pa.Table:
    """Build a timeline as a response has it; a change is a dict by index."""
    document = [
        row for page in iterate_changeset_pages(generate_project(count)) for row in json.loads(page)["changesets"]
    ]
    for row in document:
        row.update(changes.get(f"at_{row['index']}", {}))
    body = json.dumps({"changesets": document}).encode()
    return pa.Table.from_batches([decode(body, CHANGESETS).rows])
