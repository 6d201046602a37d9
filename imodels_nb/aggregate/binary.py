"""Binary encoding of grids: arrays or their steps, in the narrowest type."""

from collections.abc import Mapping
from typing import Any, TypedDict

import numpy as np
import numpy.typing as npt

_UNSIGNED = {8: ("Uint8Array", "<u1"), 16: ("Uint16Array", "<u2"), 32: ("Uint32Array", "<u4")}
_FLOAT_BITS = 64
_FLOAT = ("Float64Array", "<f8")


class PackedGrid(TypedDict):
    """A grid as it is sent to the browser; ``PackedGrid`` in ``engine/js/types.d.ts``."""

    header: dict[str, Any]
    buffers: list[bytes]


def pack_grid(grid: Mapping[str, Any]) -> PackedGrid:
    """Encode the arrays of a grid as buffers.

    Parameters
    ----------
    grid
        Arrays of numbers by name, and values of JSON: numbers, texts, lists and mappings.

    Returns
    -------
    dict
        ``header``: the grid with ``{"type", "buffer"}`` instead of an array, or ``{"fill", "length"}`` where all
        values are the same. With ``"start"``, the first value, the buffer has the steps from each value to the next,
        the first of them 0. ``buffers``: a list of bytes, little-endian.

    Examples
    --------
    >>> pack_grid({"step": 60, "max": np.array([300, 1]), "zeros": np.array([0, 0])})["header"]
    {'step': 60, 'max': {'type': 'Uint16Array', 'buffer': 0}, 'zeros': {'fill': 0, 'length': 2}}
    >>> pack_grid({"first": np.array([800, 900, 1000])})["header"]
    {'first': {'type': 'Uint8Array', 'buffer': 0, 'start': 800}}
    """
    buffers: list[bytes] = []
    return {"header": {name: _encode_value(value, buffers) for name, value in grid.items()}, "buffers": buffers}


def _encode_value(value: Any, buffers: list[bytes]) -> Any:
    if isinstance(value, np.ndarray):
        return _encode_array(value, buffers)
    if isinstance(value, Mapping):
        return {name: _encode_value(part, buffers) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_encode_value(part, buffers) for part in value]
    return value


def _encode_array(values: npt.NDArray[Any], buffers: list[bytes]) -> dict[str, Any]:
    if len(values) and (values == values[0]).all():
        return {"fill": values[0].item(), "length": len(values)}
    steps = np.diff(values, prepend=values[:1]) if values.dtype.kind == "i" else values
    has_small_steps = _count_bits(steps) < _count_bits(values)
    numbers = steps if has_small_steps else values
    name, dtype = _UNSIGNED.get(_count_bits(numbers), _FLOAT)
    buffers.append(numbers.astype(dtype).tobytes())
    header = {"type": name, "buffer": len(buffers) - 1}
    return header | ({"start": values[0].item()} if has_small_steps else {})


def _count_bits(values: npt.NDArray[Any]) -> int:
    """Return the bits of the narrowest type that holds all values exactly."""
    if values.dtype.kind not in "iu" or not len(values) or values.min() < 0:
        return _FLOAT_BITS
    return next((bits for bits in _UNSIGNED if values.max() < 2**bits), _FLOAT_BITS)
