"""The bytes of an answer as they were before they were packed."""

import zlib

_GZIP = zlib.MAX_WBITS + 16


def inflated(body: bytes, encoding: str) -> bytes:
    """Unpack a body that came whole.

    Parameters
    ----------
    body
        The bytes as they came.
    encoding
        What ``Content-Encoding`` says; gzip is the only one that this package asks for.

    Raises
    ------
    EOFError
        When the gzip stream is cut short or damaged. urllib3 would take a short one for the whole.
    """
    if "gzip" not in encoding.lower():
        return body
    stream = zlib.decompressobj(_GZIP)
    try:
        unpacked = stream.decompress(body)
    except zlib.error:
        unpacked = b""
    if not stream.eof:
        raise EOFError("the gzip stream is damaged or cut short")
    return unpacked
