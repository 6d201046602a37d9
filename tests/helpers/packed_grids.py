"""Size of packed grids."""

from imodels_nb.aggregate import PackedGrid


def compute_packed_size(packed: PackedGrid) -> int:
    """Return the number of bytes in the buffers of a packed grid."""
    return sum(map(len, packed["buffers"]))
