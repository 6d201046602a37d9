"""The wire: one GET, pages, rows. Takes any credential with ``get_token`` and knows no DataFrame."""

from imodels_nb.api.client import IModelsClient

__all__ = ["IModelsClient"]
