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
from imodels_hub.web.handlers import BodyHandler

_BYTES = "application/octet-stream"
_CHUNK = 1 << 20  # bytes
_BLOCK_BLOB = "BlockBlob"
_CONDITION = "The condition specified using HTTP conditional header(s) is not met."
_RANGE = re.compile(r"bytes=(?:(?P<start>\d{1,18})-(?P<end>\d{0,18})|-(?P<last>\d{1,18}))")
_REFUSED = "Server failed to authenticate the request. Make sure the signature is correct and has not expired."
_SETTLED = "This operation is not permitted as the blob is immutable due to a policy."
_TOKEN = "A token was sent to the storage. Its links are signed; send no Authorization header along."  # noqa: S105 - a sentence


class BlobHandler(BodyHandler):
    """One file."""

    route, allowed = "/blobs/…", "GET, PUT"
    largest_body = 64 << 20  # bytes; files are uploaded whole

    def initialize(self, stock: Stock, faults: Injection) -> None:
        """Take what `routes` gives."""
        self._stock, self._faults = stock, faults

    def early_answer(self) -> Answer | None:
        """Refuse a file before it is read, unless its link is signed for that."""
        if (answer := super().early_answer()) or self.request.method != "PUT":
            return answer
        return self._unsigned(WRITE)

    async def get(self, imodel_id: str, name: str) -> None:
        """Send a file, or the range of it that was asked for."""
        if answer := self._unsigned(READ):
            await self.send_answer(answer)
            return
        blob = blob_at(self._stock, imodel_id, name)
        if blob is None:
            self._refuse(HTTPStatus.NOT_FOUND, "BlobNotFound", "The specified blob does not exist.")
        self._check_conditions(blob.etag)
        headers = {
            "Content-Type": _BYTES,
            "Accept-Ranges": "bytes",
            "ETag": blob.etag,
            "x-ms-blob-type": _BLOCK_BLOB,
        }
        start, stop = 0, blob.size
        if (found := self._range(blob)) is not None:
            start, stop = found
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{blob.size}"
            self.set_status(HTTPStatus.PARTIAL_CONTENT)
        if effects := self._faults.striking(self.route):
            whole = Answer(self.get_status(), blob.read(start, stop), headers)
            await self.send_answer(self._faults.around(lambda: whole, self.route, effects))
        else:
            await self._send(blob, start, stop, headers)

    def put(self, imodel_id: str, name: str) -> None:
        """Take a file in."""
        if self.is_answered:
            self.finish()
            return
        if self.request.headers.get("x-ms-blob-type") != _BLOCK_BLOB:
            self._refuse(HTTPStatus.BAD_REQUEST, "MissingRequiredHeader", "x-ms-blob-type: BlockBlob is required.")
        if is_settled(self._stock, imodel_id, name):
            self._refuse(HTTPStatus.CONFLICT, "BlobImmutableDueToPolicy", _SETTLED)
        content = bytes(self.body)
        self._stock.ledgers[imodel_id].store(name, content)
        self.set_header("ETag", Blob(len(content), content).etag)
        self.set_status(HTTPStatus.CREATED)
        self.finish()

    def _unsigned(self, right: str) -> Answer | None:
        """Return the refusal of a link that is not signed for `right`, or None."""
        if "Authorization" in self.request.headers:
            return _error(HTTPStatus.BAD_REQUEST, "InvalidAuthenticationInfo", _TOKEN)
        if not self._stock.signer.accepts(self.request.path, self.request.query, right):
            return _error(HTTPStatus.FORBIDDEN, "AuthenticationFailed", _REFUSED)
        return None

    def _check_conditions(self, etag: str) -> None:
        """Answer 412 or 304 where If-Match or If-None-Match say so (RFC 9110 section 13.1)."""
        if not _is_listed(etag, self.request.headers.get("If-Match", "*")):
            self._refuse(HTTPStatus.PRECONDITION_FAILED, "ConditionNotMet", _CONDITION)
        if _is_listed(etag, self.request.headers.get("If-None-Match", "")):
            self.set_status(HTTPStatus.NOT_MODIFIED)
            self.set_header("ETag", etag)
            self.finish()
            raise Finish

    def _range(self, blob: Blob) -> tuple[int, int] | None:
        """Read which bytes are asked for, the end excluded; `None` for the whole file.

        A part is sent only of the very file that If-Range names by its strong ETag (RFC 9110 section 13.1.5).
        """
        match = _RANGE.fullmatch(self.request.headers.get("Range", ""))
        if match is None or self.request.headers.get("If-Range", blob.etag) != blob.etag:
            return None
        if match["last"]:
            start, stop = max(blob.size - int(match["last"]), 0), blob.size
        else:
            start, stop = int(match["start"]), min(int(match["end"] or blob.size) + 1, blob.size)
        if start >= stop:
            self.set_header("Content-Range", f"bytes */{blob.size}")
            self._refuse(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, "InvalidRange", "No such bytes in this blob.")
        return start, stop

    async def _send(self, blob: Blob, start: int, stop: int, headers: dict[str, str]) -> None:
        for name, value in headers.items():
            self.set_header(name, value)
        self.set_header("Content-Length", stop - start)
        with suppress(StreamClosedError):
            while stop - start > _CHUNK:
                self.write(blob.read(start, start + _CHUNK))
                await self.flush()
                start += _CHUNK
            await self.finish(blob.read(start, stop))

    def _refuse(self, status: HTTPStatus, code: str, message: str) -> NoReturn:
        answer = _error(status, code, message)
        self.set_status(answer.status)
        self.set_header("Content-Type", answer.headers["Content-Type"])
        self.finish(answer.body)
        raise Finish


def _error(status: HTTPStatus, code: str, message: str) -> Answer:
    """Write an error as the storage does, in XML."""
    text = f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Answer(status, text.encode(), {"Content-Type": "application/xml"})


def _is_listed(etag: str, tags: str) -> bool:
    return tags.strip() == "*" or etag in [tag.strip() for tag in tags.split(",")]


def routes(stock: Stock, faults: Injection) -> list[URLSpec]:
    """Lay out the storage's paths."""
    return [URLSpec(r"/blobs/([^/]+)/([^/]+)", BlobHandler, {"stock": stock, "faults": faults})]
