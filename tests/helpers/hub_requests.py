"""Requests to a hub over real HTTP, each on a connection of its own."""

import json
import re
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

from imodels_hub import Hub


@dataclass(frozen=True)
class HttpResponse:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> Any:
        return self.json["error"]


ACCEPT = "application/vnd.bentley.itwin-platform.v2+json"


def ask(url: str, method: str = "GET", body: str | bytes | None = None, **headers: str) -> HttpResponse:
    """Send one request; header names come with underscores."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=30)
    try:
        names = {"Accept": ACCEPT} | {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, f"{parts.path}?{parts.query}" if parts.query else parts.path, body, names)
        response = connection.getresponse()
        return HttpResponse(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
    finally:
        connection.close()


def get(hub: Hub, path: str, **headers: str) -> HttpResponse:
    """Read a path below the hub's iModel, with the hub's token."""
    url = f"{hub.base_url}/imodels/{hub.imodel_id}{path}"
    return ask(url, **{"Authorization": f"Bearer {hub.token}", **headers})


def fetch_pages(hub: Hub, path: str, **headers: str) -> list[Any]:
    """Fetch all pages of a list by the next links, from its first page on."""
    pages = [get(hub, path, **headers).json]
    while following := pages[-1]["_links"]["next"]:
        pages.append(ask(following["href"], Authorization=f"Bearer {hub.token}", **headers).json)
    return pages


def post(url: str, **form: str) -> HttpResponse:
    """Send a form."""
    return ask(url, "POST", urlencode(form), Content_Type="application/x-www-form-urlencoded")


def without_signatures(response: Any) -> Any:
    """Return a response without the signatures of its links, which are new in each."""
    return json.loads(re.sub(r"\?sv=[^\"]*", "", json.dumps(response)))
