"""A chart that shows and saves itself with all that it needs: no page of it asks the internet for Vega."""

from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any, Self

import altair as alt

from imodels_nb.engine import page, page_element, standalone_script

Face = dict[str, Any]
"""What a page mounts instead of the specification, and ``label`` and ``picture``; see `imodels_nb.engine`."""


class OfflineChart(alt.LayerChart):
    """An Altair chart like any other, but as HTML it brings its engine along, and an overview to slide with.

    Displayed in a notebook or saved as HTML it is mounted by the engine of the live charts, on a grid of some 16,000
    columns; as a specification (``to_dict``, JSON) it slides with two Vega-Lite sliders wherever Vega-Lite is drawn.
    """

    _face: Callable[[dict[str, Any]], Face] | None = None

    @classmethod
    def of(cls, chart: alt.LayerChart, face: Callable[[dict[str, Any]], Face]) -> Self:
        """Make one of a layered chart; `face` is given its specification when a page is wanted."""
        made = cls(**chart._kwds)  # noqa: SLF001  # as Altair's own copy does
        object.__setattr__(made, "_face", face)
        return made

    def copy(self, *args: Any, **kwargs: Any) -> Any:
        """Return a copy, as Altair does at every change of a property."""
        copied = super().copy(*args, **kwargs)
        object.__setattr__(copied, "_face", self._face)
        return copied

    def to_html(self, *_args: Any, **_kwargs: Any) -> str:
        """Return a whole page that needs no internet, whatever is asked for."""
        label, element = self._element()
        return page(element, label, self.to_dict(validate=False)["config"]["background"])

    def save(self, fp: Any, format: Any = None, **kwargs: Any) -> None:  # type: ignore[override]  # noqa: A002  # Altair's names
        """Save as Altair does; HTML always with everything it needs inside."""
        if (format or Path(str(getattr(fp, "name", fp))).suffix.lstrip(".")) != "html":
            super().save(fp, format=format, **kwargs)
        elif hasattr(fp, "write"):
            fp.write(self.to_html())
        else:
            Path(fp).write_text(self.to_html(), encoding="utf-8")

    def _repr_mimebundle_(self, *args: Any, **kwargs: Any) -> Any:
        if alt.renderers.active not in {"default", "html"}:
            return super()._repr_mimebundle_(*args, **kwargs)  # another renderer was asked for
        label, element = self._element()
        return {"text/plain": escape(label), "text/html": f"{element}{standalone_script()}"}

    def _element(self) -> tuple[str, str]:
        if self._face is None:
            raise TypeError("An OfflineChart is made by charts.push_timeline or charts.file_sizes.")
        face = self._face(self.to_dict(validate=False))
        label, picture = face.pop("label"), face.pop("picture")
        return label, page_element(picture, face, label)
