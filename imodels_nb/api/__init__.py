"""HTTP client for the iModels API: requests, paging and decoding to Arrow.

It accepts any credential with ``get_token``, and returns Arrow tables, not DataFrames.
"""

from imodels_nb.api.client import IModelsClient

__all__ = ["IModelsClient"]
