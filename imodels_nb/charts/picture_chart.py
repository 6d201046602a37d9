"""Chart without a range, which is shown as a picture."""

from collections.abc import Callable
from html import escape
from typing import Any

import altair as alt

from imodels_nb.charts.composition import OfflineConcatChart
from imodels_nb.charts.saving import PICTURE_WIDTH, SavableChart, use_altair_defaults
from imodels_nb.charts.theme import Theme, build_theme_config
from imodels_nb.engine import build_data_url, render_page, render_svg


class PictureChart(SavableChart):
    """A chart of a few marks without a range, always shown as a picture.

    Save it with ``.save("chart.png")``, as ``.svg``, ``.pdf`` or ``.html``, or as a specification with ``.json``.
    ``chart & other`` puts charts one below the other, ``chart | other`` side by side.

    Parameters
    ----------
    draw
        Function that returns the Altair chart for a width in pixels.
    label
        The chart in words, for people who cannot see it.
    theme
        ``light`` or ``dark``.
    """

    def __init__(self, draw: Callable[[int], alt.TopLevelMixin], label: str, theme: Theme) -> None:
        build_theme_config(theme)  # raises if it is invalid
        self._draw = draw
        self._label = label
        self._theme = theme

    def __and__(self, other: Any) -> OfflineConcatChart:
        """Return this chart with another below."""
        return OfflineConcatChart([self, other], is_row=False)

    def __or__(self, other: Any) -> OfflineConcatChart:
        """Return this chart with another at the right."""
        return OfflineConcatChart([self, other], is_row=True)

    @property
    def paper(self) -> str:
        """Color of the background."""
        paper: str = build_theme_config(self._theme)["background"]
        return paper

    def to_dict(self, *, width: int = PICTURE_WIDTH, theme: Theme | None = None) -> dict[str, Any]:
        """Return the Vega-Lite specification, independent of Altair's global settings."""
        with use_altair_defaults():
            spec: dict[str, Any] = self._draw(width).to_dict()
        return spec | {"config": build_theme_config(theme or self._theme)}

    def to_html(self, *_args: Any, **_kwargs: Any) -> str:
        """Return a whole page without a script; all arguments are ignored."""
        return render_page(self.render_element()[1], self._label, self.paper, is_live=False)

    def _repr_mimebundle_(self, *_args: Any, **_kwargs: Any) -> Any:
        return {"text/plain": escape(self._label), "text/html": self.render_element()[1]}

    def render_element(self) -> tuple[str, str]:
        """Render the chart in words, and as an image, which an untrusted notebook shows."""
        image = (
            f"<img style='max-width:100%' alt='{escape(self._label)}' src='{build_data_url(self.render_picture())}'>"
        )
        return self._label, image

    def render_picture(self, *, width: int | None = None, theme: Theme | None = None) -> str:
        """Render the chart as an SVG element."""
        return render_svg(self.to_dict(width=width or PICTURE_WIDTH, theme=theme))

    def _save_specification(self, fp: Any, file_format: str, **kwargs: Any) -> None:
        with use_altair_defaults():
            chart = alt.Chart.from_dict(self.to_dict())
            chart.save(fp, format=file_format, **kwargs)  # type: ignore[arg-type]  # "vega" is missing there
