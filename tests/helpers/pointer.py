"""Mouse gestures."""

from typing import Literal

from playwright.sync_api import Locator


def drag(element: Locator, start: float, end: float, button: Literal["left", "right"] = "left") -> None:
    """Send a drag in steps, from one part of the width of an element to another.

    A part may be below 0 or above 1, which is beyond the element.
    """
    element.scroll_into_view_if_needed()
    box = element.bounding_box()
    assert box
    mouse, y = element.page.mouse, box["y"] + box["height"] / 2
    mouse.move(box["x"] + start * box["width"], y)
    mouse.down(button=button)
    for step in range(1, 11):
        mouse.move(box["x"] + (start + (end - start) * step / 10) * box["width"], y)
    mouse.up(button=button)
