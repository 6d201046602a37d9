"""Colors of the kinds of change for color-blind people, in tooltips and lanes."""

from itertools import combinations

import numpy as np
import numpy.typing as npt
import pytest

from imodels_nb.charts.push_layers import COLORS, OTHER_COLOR
from imodels_nb.frames import KINDS

# Machado, Oliveira and Fernandes 2009: simulation of complete color blindness, in linear RGB
VISIONS = {
    "usual": np.eye(3),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE = np.array([0.95047, 1, 1.08883])
MIN_DIFFERENCE = 15

Floats = npt.NDArray[np.float64]


def _see(color: str, vision: Floats) -> Floats:
    """Return a color in CIELAB, as a person with this vision sees it."""
    values = np.array([int(color[number : number + 2], 16) / 255 for number in (1, 3, 5)])
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    x, y, z = TO_XYZ @ np.clip(vision @ linear, 0, 1) / WHITE
    x, y, z = (np.cbrt(part) if part > 0.008856 else 7.787 * part + 16 / 116 for part in (x, y, z))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("vision", VISIONS)
def test_any_two_kinds_have_distinct_colors(vision: str) -> None:
    seen = {label: _see(color, VISIONS[vision]) for label, color in (COLORS | {"other": OTHER_COLOR}).items()}
    differences = {(one, other): float(np.linalg.norm(seen[one] - seen[other])) for one, other in combinations(seen, 2)}
    assert len(seen) == len(KINDS) + 1
    assert {pair: round(value, 1) for pair, value in differences.items() if value < MIN_DIFFERENCE} == {}


@pytest.mark.parametrize(("color", "lab"), [("#ffffff", (100, 0, 0)), ("#ff0000", (53.2, 80.1, 67.2))])
def test_the_conversion_of_colors_agrees_with_published_values(color: str, lab: tuple[float, ...]) -> None:
    assert _see(color, VISIONS["usual"]) == pytest.approx(lab, abs=0.1)
