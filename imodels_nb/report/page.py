"""The form of a report: one page that may load nothing."""

import hashlib
import re
from base64 import b64encode
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from imodels_nb import engine
from imodels_nb.report.pictures import chart_element

_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, those that turn the direction of the text around them, and halves of a pair that are none."""

_HYPHENED = re.compile(r"(\b(?:\d{4}-\d\d-\d\d|person-[0-9a-f]{8})\b)")


def rendered(contents: Mapping[str, Any]) -> str:
    """Render a report.

    Every text is escaped, and what could turn the text around it is shown by its number. The page's content security
    policy names the two scripts it runs by their digests, and forbids everything else and every connection.

    Parameters
    ----------
    contents
        As :func:`imodels_nb.report.contents.contents` gives them, and the ``charts`` that a page mounts.
    """
    script = _file("report.js")
    environment = Environment(autoescape=True, undefined=StrictUndefined, finalize=_visible)
    environment.filters["whole"] = _whole
    environment.trim_blocks = environment.lstrip_blocks = True
    page: str = environment.from_string(_file("report.html")).render(
        report=contents,
        charts={name: chart_element(face) for name, face in contents["charts"].items()},
        style=Markup(_file("report.css")),  # noqa: S704  # our own file
        script=Markup(script),  # noqa: S704  # our own file
        engine=b64encode(engine.compressed()).decode(),
        digests=[_digest(script), _digest(engine.source())],
    )
    return page


def _file(name: str) -> str:
    return (files("imodels_nb.report") / name).read_text(encoding="utf-8")


def _digest(script: str) -> str:
    return b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _whole(text: str) -> Markup:
    """Keep dates and pseudonyms in one piece where a line ends."""
    parts = _HYPHENED.split(_visible(text))
    marked = [
        Markup('<span class="whole">{}</span>').format(part) if odd % 2 else escape(part)
        for odd, part in enumerate(parts)
    ]
    return Markup("").join(marked)


def _visible(value: Any) -> Any:
    """Show what cannot be seen by its number; markup of our own stays what it is."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return _UNSEEN.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", value)
