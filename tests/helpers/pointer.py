"""Mouse gestures."""

from typing import Literal

from playwright.sync_api import Locator


def drag(place: Locator, start: float, end: float, button: Literal["left", "right"] = "left") -> None:
    """Drag over an element, from one part of its width to another or beyond it, in steps."""
    place.scroll_into_view_if_needed()
    box = place.bounding_box()
    assert box
    mouse, y = place.page.mouse, box["y"] + box["height"] / 2
    mouse.move(box["x"] + start * box["width"], y)
    mouse.down(button=button)
    for step in range(1, 11):
        mouse.move(box["x"] + (start + (end - start) * step / 10) * box["width"], y)
    mouse.up(button=button)
