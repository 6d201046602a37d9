"""A chart that shows and saves itself with all that it needs: no page of it asks the internet for Vega."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any, Self

import altair as alt

from imodels_nb.engine import render_chart_element, render_page, render_page_script

_FORMATS = ("html", "json", "pdf", "png", "svg", "vega")

Face = dict[str, Any]
"""What a page mounts instead of the specification, and ``label`` and ``picture``; see `imodels_nb.engine`."""


@contextmanager
def altair_defaults() -> Iterator[None]:
    """Set Altair's global settings aside: data transformer, theme and renderer of a person are for their own charts.

    With the transformer "vegafusion" Altair refuses to give any specification, and a theme would change ours.
    """
    transformer = alt.data_transformers.enable("default", consolidate_datasets=True)
    with transformer, alt.theme.enable("none"), alt.renderers.enable("default"):
        yield


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

    def to_dict(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Return the specification, whatever Altair's global settings are."""
        with altair_defaults():
            spec: dict[str, Any] = super().to_dict(*args, **kwargs)
        return spec

    def show(self) -> None:
        """Display the chart in a notebook, whatever renderer Altair has."""
        with altair_defaults():
            super().show()

    def to_html(self, *_args: Any, **_kwargs: Any) -> str:
        """Return a whole page that needs no internet, whatever is asked for."""
        label, element = self._element()
        return render_page(element, label, self.to_dict(validate=False)["config"]["background"])

    def save(self, fp: Any, format: Any = None, **kwargs: Any) -> None:  # type: ignore[override]  # noqa: A002  # Altair's names
        """Save as Altair does; HTML always with everything it needs inside.

        Raises
        ------
        ValueError
            If neither `format` nor the ending of the file name is one that Altair can save.
        """
        kind = (format or Path(str(getattr(fp, "name", fp))).suffix.lstrip(".")).lower()
        if kind not in _FORMATS:
            raise ValueError(f"Cannot save a chart as {kind!r}; give a file name that ends in .{', .'.join(_FORMATS)}.")
        if kind != "html":
            with altair_defaults():
                super().save(fp, format=kind, **kwargs)  # type: ignore[arg-type]  # checked above
        elif hasattr(fp, "write"):
            fp.write(self.to_html())
        else:
            Path(fp).write_text(self.to_html(), encoding="utf-8")

    def _repr_mimebundle_(self, *_args: Any, **_kwargs: Any) -> Any:
        label, element = self._element()
        return {"text/plain": escape(label), "text/html": f"{element}{render_page_script()}"}

    def _element(self) -> tuple[str, str]:
        if self._face is None:
            raise TypeError("An OfflineChart is made by charts.push_timeline or charts.file_sizes.")
        face = self._face(self.to_dict(validate=False))
        label, picture = face.pop("label"), face.pop("picture")
        return label, render_chart_element(picture, face, label)
