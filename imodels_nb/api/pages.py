"""One page of a list, and the path that an iModel's lists are under."""

from threading import Event

from imodels_nb.api.arguments import guid
from imodels_nb.api.client import IModelsClient
from imodels_nb.api.decode import Page, decode
from imodels_nb.api.request import Request
from imodels_nb.api.schemas import Collection


def page(client: IModelsClient, request: Request, collection: Collection, stop: Event | None = None) -> Page:
    """GET one page and decode it."""
    return decode(client.get(request, stop), collection)


def imodel_path(imodel_id: str) -> str:
    """Give the path of an iModel.

    Raises
    ------
    ValueError
        When `imodel_id` is no GUID.
    """
    return f"/imodels/{guid('imodel_id', imodel_id)}"
