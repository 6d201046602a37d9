"""The handler of the blob storage: signed links, ranges and conditions."""

import re
from contextlib import suppress
from html import unescape
from http import HTTPStatus

from tornado.iostream import StreamClosedError
from tornado.routing import URLSpec

from imodels_hub.api.blobs import Blob, find_blob, is_immutable
from imodels_hub.api.links import READ_FILE, WRITE_FILE
from imodels_hub.api.requests import ServerState
from imodels_hub.api.responses import Response
from imodels_hub.database.imodel_database import IModelDatabase
from imodels_hub.faults.schedule import FaultInjector
from imodels_hub.http.handlers import BodyHandler

_BLOCK_BLOB = "BlockBlob"
_BLOCK_ID = re.compile(r"<(?:Latest|Uncommitted|Committed)>([^<]*)</")
_BYTES = "application/octet-stream"
_CHUNK = 1 << 20  # bytes
_RANGE = re.compile(r"bytes=(?:(?P<start>\d{1,18})-(?P<end>\d{0,18})|-(?P<last>\d{1,18}))")
_BAD_SIGNATURE = "Server failed to authenticate the request. Make sure the signature is correct and has not expired."
_CONDITION_NOT_MET = "The condition specified using HTTP conditional header(s) is not met."
_IMMUTABLE = "This operation is not permitted as the blob is immutable due to a policy."
_TOKEN_SENT = "The request has a token. Links to files are signed; send them without an Authorization header."  # noqa: S105 - a sentence


class BlobHandler(BodyHandler):
    """The handler of one file."""

    route = "/blobs/…"
    allowed = "GET, HEAD, PUT"
    max_body = 64 << 20  # bytes; a file is uploaded whole

    def initialize(self, state: ServerState, faults: FaultInjector) -> None:
        """Set the arguments of `build_blob_routes`."""
        self._state = state
        self._faults = faults

    def build_early_response(self) -> Response | None:
        """Build the response to an upload whose link is not signed for it."""
        response = super().build_early_response()
        return response or (self._check_signature(WRITE_FILE) if self.request.method == "PUT" else None)

    async def get(self, imodel_id: str, name: str) -> None:
        """Send a file or a range of it."""
        if response := self._check_signature(READ_FILE):
            await self.send_response(response)
            return
        blob = find_blob(self._state, imodel_id, name)
        if blob is None:
            error = _build_error(HTTPStatus.NOT_FOUND, "BlobNotFound", "The specified blob does not exist.")
            await self.send_response(error)
        elif response := self._check_conditions(blob):
            await self.send_response(response)
        else:
            await self._send_blob(blob)

    async def head(self, imodel_id: str, name: str) -> None:
        """Send the headers of a file."""
        await self.get(imodel_id, name)

    async def put(self, imodel_id: str, name: str) -> None:
        """Store an uploaded file, a block of one, or the list of its blocks."""
        if self.has_responded:
            await self.finish()
            return
        database = self._state.databases.by_imodel.get(imodel_id)
        if database is None:
            error = _build_error(HTTPStatus.NOT_FOUND, "ContainerNotFound", "The specified container does not exist.")
            await self.send_response(error)
        elif is_immutable(self._state, imodel_id, name):
            await self.send_response(_build_error(HTTPStatus.CONFLICT, "BlobImmutableDueToPolicy", _IMMUTABLE))
        else:
            await self.send_response(self._store(database, name))

    def _store(self, database: IModelDatabase, name: str) -> Response:
        component = self.get_query_argument("comp", "")
        content: bytes | None = bytes(self.body)
        if component == "block":
            database.store_block(name, self.get_query_argument("blockid", ""), content or b"")
            return Response(HTTPStatus.CREATED, b"", {})
        if component == "blocklist":
            block_ids = [unescape(text) for text in _BLOCK_ID.findall(self.body.decode("utf-8", "replace"))]
            content = database.join_blocks(name, block_ids)
            if content is None:
                return _build_error(HTTPStatus.BAD_REQUEST, "InvalidBlockList", "The specified block list is invalid.")
        elif self.request.headers.get("x-ms-blob-type") == _BLOCK_BLOB:
            database.store_file(name, content or b"")
        else:
            message = "x-ms-blob-type: BlockBlob is required."
            return _build_error(HTTPStatus.BAD_REQUEST, "MissingRequiredHeader", message)
        return Response(HTTPStatus.CREATED, b"", {"ETag": Blob(len(content or b""), content or b"").etag})

    def _check_signature(self, right: str) -> Response | None:
        """Return the error of a link that is not signed for `right`, or ``None``."""
        if "Authorization" in self.request.headers:
            return _build_error(HTTPStatus.BAD_REQUEST, "InvalidAuthenticationInfo", _TOKEN_SENT)
        if not self._state.signer.is_valid(self.request.path, self.request.query, right):
            return _build_error(HTTPStatus.FORBIDDEN, "AuthenticationFailed", _BAD_SIGNATURE)
        return None

    def _check_conditions(self, blob: Blob) -> Response | None:
        """Return the response of If-Match and If-None-Match, or ``None`` (RFC 9110)."""
        if not _is_listed(blob.etag, self.request.headers.get("If-Match", "*")):
            return _build_error(HTTPStatus.PRECONDITION_FAILED, "ConditionNotMet", _CONDITION_NOT_MET)
        if _is_listed(blob.etag, self.request.headers.get("If-None-Match", "")):
            return Response(HTTPStatus.NOT_MODIFIED, b"", {"ETag": blob.etag})
        return None

    async def _send_blob(self, blob: Blob) -> None:
        headers = {
            "Content-Type": _BYTES,
            "Accept-Ranges": "bytes",
            "ETag": blob.etag,
            "x-ms-blob-type": _BLOCK_BLOB,
        }
        status = HTTPStatus.OK
        start, stop = 0, blob.size
        if requested := self._parse_range(blob):
            start, stop = requested
            if start >= stop:
                await self.send_response(_build_range_error(blob))
                return
            status = HTTPStatus.PARTIAL_CONTENT
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{blob.size}"
        if effects := self._faults.find_effects(self.route):
            response = Response(status, blob.read(start, stop), headers)
            await self.send_response(self._faults.apply(lambda: response, self.route, effects))
        else:
            self.set_response_head(Response(status, b"", headers))
            await self._send_bytes(blob, start, stop)

    def _parse_range(self, blob: Blob) -> tuple[int, int] | None:
        """Parse which bytes to send, the end excluded; ``None`` for the whole file.

        A range is sent only of the file that If-Range names by its strong ETag (RFC 9110 section 13.1.5).
        """
        match = _RANGE.fullmatch(self.request.headers.get("Range", ""))
        if match is None or self.request.headers.get("If-Range", blob.etag) != blob.etag:
            return None
        if match["last"]:
            return max(blob.size - int(match["last"]), 0), blob.size
        return int(match["start"]), min(int(match["end"] or blob.size) + 1, blob.size)

    async def _send_bytes(self, blob: Blob, start: int, stop: int) -> None:
        self.set_header("Content-Length", stop - start)
        with suppress(StreamClosedError):
            if self.request.method == "HEAD":
                start = stop
            while stop - start > _CHUNK:
                self.write(blob.read(start, start + _CHUNK))
                await self.flush()
                start += _CHUNK
            await self.finish(blob.read(start, stop))


def _build_error(status: HTTPStatus, code: str, message: str, **headers: str) -> Response:
    """Build an error in XML, as the vendor's storage does."""
    text = f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, text.encode(), {"Content-Type": "application/xml", **names})


def _build_range_error(blob: Blob) -> Response:
    status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
    return _build_error(status, "InvalidRange", "No such bytes in this blob.", Content_Range=f"bytes */{blob.size}")


def _is_listed(etag: str, tags: str) -> bool:
    return tags.strip() == "*" or etag in [tag.strip() for tag in tags.split(",")]


def build_blob_routes(state: ServerState, faults: FaultInjector) -> list[URLSpec]:
    """Build the routes of the blob storage."""
    return [URLSpec(r"/blobs/([^/]+)/([^/]+)", BlobHandler, {"state": state, "faults": faults})]
