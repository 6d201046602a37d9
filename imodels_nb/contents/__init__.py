"""Contents of changeset files: the changes in an iModel."""

from imodels_nb.contents.history import element_history
from imodels_nb.contents.net import net_changes
from imodels_nb.contents.read import read_changes
from imodels_nb.contents.snapshot import elements_at
from imodels_nb.contents.verify import verify_files

__all__ = ["element_history", "elements_at", "net_changes", "read_changes", "verify_files"]
