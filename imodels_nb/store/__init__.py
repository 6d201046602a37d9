"""Changesets kept on this machine, so that the second fetch of a timeline asks only for what is new.

Append-only Parquet segments, one directory an iModel. A segment is written under another name, synced and put in place
in one step, so that nobody ever sees half of one; readers take no lock. Only what cannot change any more is kept:
changesets before the first that still waits for its file, without links. What is kept is worth no more than the answer
of the service: everybody who reads has made one authorised request first.
"""

from imodels_nb.store.changesets import ChangesetStore, between, default_root
from imodels_nb.store.listing import Kept, kept

__all__ = ["ChangesetStore", "Kept", "between", "default_root", "kept"]
