"""A client that pushes until it is killed.

``python -m benchmarks.pushing_client BASE_URL TOKEN ITWIN_ID IMODEL_ID BRIEFCASE SEED`` uses the standard library only.
Before a request it prints what it tries, and after a response with 2xx that it is done, one JSON line each. With
briefcase 0 it acquires one; otherwise it continues with that one.
"""

import json
import random
import sys
from collections.abc import Iterator
from hashlib import sha1, sha256
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

HUB_IS_GONE = 3
"""Exit status if the hub does not respond."""

_ACCEPT = "application/vnd.bentley.itwin-platform.v2+json"
_LARGEST_FILE = 200_000  # bytes
_EVERY = 4  # rounds between two iModels


class Api:
    """Requests to a hub, each over a connection of its own."""

    def __init__(self, base_url: str, token: str) -> None:
        self._base_url = base_url
        self._token = token

    def send(self, method: str, path: str, body: object = None) -> Any:
        """Send a request, and return the body of its response.

        Raises
        ------
        ValueError
            If the status is not 2xx.
        """
        headers = {"Authorization": f"Bearer {self._token}", "Accept": _ACCEPT}
        text = None if body is None else json.dumps(body).encode()
        content = self.transfer(method, path, text, headers)
        return json.loads(content) if content else None

    def transfer(
        self, method: str, url: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> bytes:
        """Send bytes, and return the bytes of the response; errors are those of `send`."""
        parts = urlsplit(url)
        connection = HTTPConnection(parts.netloc or urlsplit(self._base_url).netloc, timeout=30)
        try:
            connection.request(method, f"{parts.path}?{parts.query}", body, headers or {})
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        if response.status not in range(200, 300):
            raise ValueError(f"{method} {parts.path} {response.status} {content[:500]!r}")
        return content

    def upload(self, url: str, content: bytes) -> None:
        """Send a file to a signed link."""
        self.transfer("PUT", url, content, {"x-ms-blob-type": "BlockBlob"})

    def read_list(self, path: str, name: str) -> list[dict[str, Any]]:
        """Read all pages of a list."""
        url = f"{path}{'&' if '?' in path else '?'}$top=1000"
        rows: list[dict[str, Any]] = []
        while url:
            page = self.send("GET", url)
            rows += page[name]
            following = page["_links"].get("next") or {"href": ""}
            url = following["href"].removeprefix(self._base_url)
        return rows


class PushingClient:
    """A user of one briefcase."""

    def __init__(self, api: Api, itwin_id: str, imodel_id: str, briefcase: int, dice: random.Random) -> None:
        self._api = api
        self._itwin_id = itwin_id
        self._path = f"/imodels/{imodel_id}"
        self._briefcase = briefcase
        self._random = dice
        self._changeset = ""
        self._created = ""

    def run(self) -> None:
        """Push until the process is killed."""
        if not self._briefcase:
            row = self._do({"what": "briefcase"}, "POST", f"{self._path}/briefcases", {})["briefcase"]
            self._briefcase = row["briefcaseId"]
        for number in range(sys.maxsize):
            name = f"0x{self._random.getrandbits(40) + 1:x}"
            self._lock(name, "exclusive")
            self._push()
            self._describe()
            self._lock(name, "none")
            if number % _EVERY == 0:
                self._create_imodel()
            elif number % _EVERY == _EVERY - 1:
                self._do({"what": "deleted", "id": self._created}, "DELETE", f"/imodels/{self._created}")

    def _do(self, what: dict[str, Any], method: str, path: str, body: object = None) -> Any:
        """Send a request that is reported before and after."""
        print(json.dumps({"try": what}), flush=True)
        content = self._api.send(method, path, body)
        if what["what"] == "briefcase":
            what = {**what, "id": content["briefcase"]["briefcaseId"]}
        print(json.dumps({"done": what}), flush=True)
        return content

    def _lock(self, name: str, level: str) -> None:
        what = {"what": "unlock" if level == "none" else "lock", "object": name, "briefcase": self._briefcase}
        objects = [{"lockLevel": level, "objectIds": [name]}]
        self._do(what, "PATCH", f"{self._path}/locks", {"briefcaseId": self._briefcase, "lockedObjects": objects})

    def _push(self) -> None:
        content = self._random.randbytes(self._random.randint(1, _LARGEST_FILE))
        self._changeset = sha1(content, usedforsecurity=False).hexdigest()
        newest = self._api.send("GET", f"{self._path}/changesets?$orderBy=index%20desc&$top=2")["changesets"]
        parent = next(row["id"] for row in newest if row["state"] == "fileUploaded")
        body = {"id": self._changeset, "parentId": parent, "briefcaseId": self._briefcase, "fileSize": len(content)}
        made = self._api.send("POST", f"{self._path}/changesets", body)["changeset"]
        self._upload(made["_links"]["upload"]["href"], content)
        what = {"what": "pushed", "id": self._changeset, "digest": sha256(content).hexdigest()}
        done = {"state": "fileUploaded", "briefcaseId": self._briefcase}
        self._do(what, "PATCH", f"{self._path}/changesets/{self._changeset}", done)

    def _upload(self, url: str, content: bytes) -> None:
        """Send a file at once, or in blocks as the vendor's client does."""
        if self._random.random() < 1 / 2:
            self._api.upload(url, content)
            return
        half = len(content) // 2
        for name, part in (("YQ==", content[:half]), ("Yg==", content[half:])):
            self._api.upload(f"{url}&comp=block&blockid={name}", part)
        self._api.upload(f"{url}&comp=blocklist", b"<BlockList><Latest>YQ==</Latest><Latest>Yg==</Latest></BlockList>")

    def _describe(self) -> None:
        """Add a named version and extended data to the changeset."""
        what = {"what": "version", "name": self._changeset}
        body = {"name": self._changeset, "changesetId": self._changeset}
        self._do(what, "POST", f"{self._path}/namedversions", body)
        path = f"{self._path}/changesets/{self._changeset}/extendeddata"
        self._do({"what": "data", "id": self._changeset}, "POST", path, {"data": "e30="})

    def _create_imodel(self) -> None:
        content = self._random.randbytes(self._random.randint(1, _LARGEST_FILE))
        body = {"iTwinId": self._itwin_id, "name": sha1(content, usedforsecurity=False).hexdigest()}
        made = self._api.send("POST", "/imodels", {**body, "baselineFile": {"size": len(content)}})["iModel"]
        self._created = made["id"]
        self._upload(made["_links"]["upload"]["href"], content)
        path = made["_links"]["complete"]["href"]
        what = {"what": "imodel", "id": self._created, "digest": sha256(content).hexdigest()}
        self._do(what, "POST", urlsplit(path).path)


def main() -> int:
    """Push to a hub; the status tells whether it stopped to respond."""
    base_url, token, itwin_id, imodel_id, briefcase, seed = sys.argv[1:]
    try:
        PushingClient(Api(base_url, token), itwin_id, imodel_id, int(briefcase), random.Random(int(seed))).run()
    except (OSError, HTTPException):
        return HUB_IS_GONE
    return 0


def iterate_reports(lines: list[str]) -> Iterator[dict[str, Any]]:
    """Iterate over what a client printed, without a line that a kill cut short."""
    for line in lines:
        try:
            yield json.loads(line)
        except ValueError:
            return


if __name__ == "__main__":
    sys.exit(main())
