"""Tables as binary columns, the way they cross to a browser: each in the narrowest type that holds it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

_WHOLE = {8: ("Uint8Array", "<u1"), 16: ("Uint16Array", "<u2"), 32: ("Uint32Array", "<u4")}
_NUMBER = ("Float64Array", "<f8")


def packed(grid: Mapping[str, Any]) -> dict[str, Any]:
    """Pack a grid for the way to the browser.

    Parameters
    ----------
    grid
        Arrays of numbers by name, and whatever JSON can say: numbers, texts, lists and mappings.

    Returns
    -------
    dict
        ``header``, the same with ``{"type", "buffer"}`` in the place of an array, or ``{"fill", "length"}`` where
        it holds one value throughout; and ``buffers``, a list of bytes, little-endian.

    Examples
    --------
    >>> packed({"step": 60, "first": np.array([1, 300]), "zeros": np.array([0, 0])})["header"]
    {'step': 60, 'first': {'type': 'Uint16Array', 'buffer': 0}, 'zeros': {'fill': 0, 'length': 2}}
    """
    buffers: list[bytes] = []

    def laid(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            return _column(value, buffers)
        if isinstance(value, Mapping):
            return {name: laid(part) for name, part in value.items()}
        return [laid(part) for part in value] if isinstance(value, list | tuple) else value

    return {"header": laid(grid), "buffers": buffers}


def size_of(pack: Mapping[str, Any]) -> int:
    """Return how many bytes the buffers of a packed grid hold."""
    return sum(map(len, pack["buffers"]))


def _column(values: npt.NDArray[Any], buffers: list[bytes]) -> dict[str, Any]:
    if len(values) and (values == values[0]).all():
        return {"fill": values[0].item(), "length": len(values)}
    name, dtype = _narrowest(values)
    buffers.append(values.astype(dtype).tobytes())
    return {"type": name, "buffer": len(buffers) - 1}


def _narrowest(values: npt.NDArray[Any]) -> tuple[str, str]:
    """Choose the type; whole numbers that no unsigned one holds are exact in a double up to 9 petabytes."""
    if values.dtype.kind not in "iu" or not len(values) or values.min() < 0:
        return _NUMBER
    return next((kind for bits, kind in _WHOLE.items() if values.max() < 2**bits), _NUMBER)
