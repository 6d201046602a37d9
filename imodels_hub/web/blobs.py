"""The blob storage over HTTP: no token, a signature that expires, whole files or a range of one."""

import re
from contextlib import suppress
from http import HTTPStatus
from typing import NoReturn

from tornado.iostream import StreamClosedError
from tornado.routing import URLSpec
from tornado.web import Finish

from imodels_hub.api.answers import Answer
from imodels_hub.api.blobs import Blob, blob_at, is_settled
from imodels_hub.api.call import Stock
from imodels_hub.api.signing import READ, WRITE
from imodels_hub.faults.injection import Injection
from imodels_hub.web.handlers import Handler

_BYTES = "application/octet-stream"
_CHUNK = 1 << 20  # bytes
_RANGE = re.compile(r"bytes=(\d{1,18})-(\d{0,18})")
_REFUSED = "Server failed to authenticate the request. Make sure the signature is correct and has not expired."
_SETTLED = "This operation is not permitted as the blob is immutable due to a policy."
_TOKEN = "A token was sent to the storage. Its links are signed; send no Authorization header along."  # noqa: S105 - a sentence


class BlobHandler(Handler):
    """One file."""

    route, allowed = "/blobs/…", "GET, PUT"

    def initialize(self, stock: Stock, faults: Injection) -> None:
        """Take what `routes` gives."""
        self._stock, self._faults = stock, faults

    async def get(self, imodel_id: str, name: str) -> None:
        """Send a file, or the range of it that was asked for."""
        self._admit(READ)
        blob = blob_at(self._stock, imodel_id, name)
        if blob is None:
            self._refuse(HTTPStatus.NOT_FOUND, "BlobNotFound", "The specified blob does not exist.")
        start, stop = self._range(blob.size)
        if effects := self._faults.striking(self.route):
            whole = Answer(self.get_status(), blob.read(start, stop), {"Content-Type": _BYTES})
            await self.send_answer(self._faults.around(lambda: whole, self.route, effects))
        else:
            await self._send(blob, start, stop)

    def put(self, imodel_id: str, name: str) -> None:
        """Take a file in."""
        self._admit(WRITE)
        if self.request.headers.get("x-ms-blob-type") != "BlockBlob":
            self._refuse(HTTPStatus.BAD_REQUEST, "MissingRequiredHeader", "x-ms-blob-type: BlockBlob is required.")
        if is_settled(self._stock, imodel_id, name):
            self._refuse(HTTPStatus.CONFLICT, "BlobImmutableDueToPolicy", _SETTLED)
        self._stock.ledgers[imodel_id].store(name, self.request.body)
        self.set_status(HTTPStatus.CREATED)
        self.finish()

    def _admit(self, right: str) -> None:
        if "Authorization" in self.request.headers:
            self._refuse(HTTPStatus.BAD_REQUEST, "InvalidAuthenticationInfo", _TOKEN)
        if not self._stock.signer.accepts(self.request.path, self.request.query, right):
            self._refuse(HTTPStatus.FORBIDDEN, "AuthenticationFailed", _REFUSED)

    def _range(self, size: int) -> tuple[int, int]:
        match = _RANGE.fullmatch(self.request.headers.get("Range", ""))
        if match is None:
            return 0, size
        start, stop = int(match[1]), min(int(match[2] or size) + 1, size)
        if start >= stop:
            self.set_header("Content-Range", f"bytes */{size}")
            self._refuse(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, "InvalidRange", "No such bytes in this blob.")
        self.set_status(HTTPStatus.PARTIAL_CONTENT)
        self.set_header("Content-Range", f"bytes {start}-{stop - 1}/{size}")
        return start, stop

    async def _send(self, blob: Blob, start: int, stop: int) -> None:
        self.set_header("Content-Type", _BYTES)
        self.set_header("Accept-Ranges", "bytes")
        self.set_header("Content-Length", stop - start)
        with suppress(StreamClosedError):
            while stop - start > _CHUNK:
                self.write(blob.read(start, start + _CHUNK))
                await self.flush()
                start += _CHUNK
            await self.finish(blob.read(start, stop))

    def _refuse(self, status: HTTPStatus, code: str, message: str) -> NoReturn:
        """Answer as the storage does, in XML."""
        self.set_status(status)
        self.set_header("Content-Type", "application/xml")
        self.finish(
            f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'
        )
        raise Finish


def routes(stock: Stock, faults: Injection) -> list[URLSpec]:
    """Lay out the storage's paths."""
    return [URLSpec(r"/blobs/([^/]+)/([^/]+)", BlobHandler, {"stock": stock, "faults": faults})]
