"""Contents of changeset files: what changed in an iModel."""

from imodels_nb.contents.read import read_changes

__all__ = ["read_changes"]
