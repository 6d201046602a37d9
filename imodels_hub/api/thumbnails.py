"""Operations on thumbnails of iModels."""

import struct
import zlib
from hashlib import sha256

from imodels_hub.api.errors import ApiError, Detail, build_invalid_request, build_too_large
from imodels_hub.api.query import THUMBNAIL
from imodels_hub.api.requests import MANAGE, ApiRequest
from imodels_hub.api.responses import Response

MAX_THUMBNAIL = 5 << 20
"""Bytes of an upload."""

_FILE = "thumbnail"
_PNG = "image/png"
_JPEG = "image/jpeg"
_SIGNATURES = {_PNG: b"\x89PNG\r\n\x1a\n", _JPEG: b"\xff\xd8\xff"}
_SUPPORTED = "'image/jpeg', 'image/png'"
_SIZES = {"small": (400, 250), "large": (800, 500)}  # width and height in pixels
_BARS = 8
_PALETTE = bytes((0xF4, 0xF6, 0xF8, 0x4C, 0x78, 0xA8))  # background, bars


def get_thumbnail(request: ApiRequest) -> Response:
    """Handle ``GET /imodels/{id}/thumbnail``: the uploaded image, or a drawn one.

    An uploaded image keeps its size and type; the service scales it, and converts it to PNG.
    """
    database = request.find_database()
    size = THUMBNAIL.parse(request.query).filters.get("size", "small")
    image = database.read_file(_FILE)
    if image is None:
        image = _draw_thumbnail(database.imodel.id, *_SIZES[size])
    content_type = _JPEG if image.startswith(_SIGNATURES[_JPEG]) else _PNG
    return Response(200, image, {"Content-Type": content_type})


def upload_thumbnail(request: ApiRequest) -> Response:
    """Handle ``PUT /imodels/{id}/thumbnail``, with a PNG or a JPEG image as its body."""
    database = request.find_database(MANAGE)
    if not request.content_type:
        raise _build_error(Detail("MissingRequiredHeader", "Required header is missing.", "content-type"))
    if request.content_type not in _SIGNATURES:
        message = f"'{request.content_type}' is not supported 'content-type'. Supported media types are {_SUPPORTED}."
        raise _build_error(Detail("InvalidHeaderValue", message, "content-type"))
    if len(request.body) > MAX_THUMBNAIL:
        raise build_too_large()
    if not request.body.startswith(_SIGNATURES[request.content_type]):
        message = f"Invalid Thumbnail format. Please use one of the supported media formats: {_SUPPORTED}."
        raise _build_error(Detail("InvalidRequestBody", message))
    database.store_file(_FILE, request.body)
    return Response(201, b"", {})


def _build_error(detail: Detail) -> ApiError:
    return build_invalid_request("Cannot upload Thumbnail.", [detail])


def _draw_thumbnail(imodel_id: str, width: int, height: int) -> bytes:
    """Draw bars whose heights depend on the id, as a PNG with a palette of two colors."""
    digest = sha256(imodel_id.encode()).digest()
    tops = [height - (height * (64 + digest[bar] // 2)) // 255 for bar in range(_BARS)]
    step = width // _BARS
    rows = bytearray()
    for y in range(height):
        rows.append(0)  # this row has no filter
        line = b"".join((b"\1" if y >= top else b"\0") * (step - 8) + bytes(8) for top in tops)
        rows += line.ljust(width, b"\0")
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)  # 8 bits a pixel, in a palette
    chunks = ((b"IHDR", header), (b"PLTE", _PALETTE), (b"IDAT", zlib.compress(bytes(rows), 1)), (b"IEND", b""))
    return _SIGNATURES[_PNG] + b"".join(_build_chunk(name, content) for name, content in chunks)


def _build_chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
