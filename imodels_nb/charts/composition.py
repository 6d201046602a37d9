"""Charts side by side or one below the other, as a page or a picture."""

from html import escape
from importlib import import_module
from typing import Any, NoReturn, Self

import altair as alt

from imodels_nb.charts.saving import PICTURE_WIDTH, SavableChart, use_altair_defaults
from imodels_nb.charts.theme import Theme, build_theme_config
from imodels_nb.engine import join_svgs, make_responsive, render_svg

HOW_TO_COMPOSE = (
    "A chart of imodels_nb brings its own sliders. Altair cannot layer, facet, repeat or join it. Write chart & other"
    " for one below the other, or chart | other for side by side, with the chart of imodels_nb first. For a facet, make"
    " one chart for each part of the frame, and join these."
)
_CONTAINER_WIDTH = {"autosize": {"type": "fit-x", "contains": "padding"}}


class OfflineConcatChart(SavableChart):
    """Charts side by side or one below the other, made by ``|`` or ``&``.

    Charts of the same changesets share one range in a page. A chart of plain Altair is shown as a picture.

    Parameters
    ----------
    parts
        The charts, at least one of them of imodels_nb.
    is_row
        Whether they stand side by side.

    Raises
    ------
    TypeError
        If a part is not a chart.

    Examples
    --------
    >>> frame = sample.load_changesets()
    >>> both = charts.push_timeline(frame) & charts.file_sizes(frame)
    >>> len(both.parts)
    2
    """

    def __init__(self, parts: list[Any], *, is_row: bool) -> None:
        for part in parts:
            if not isinstance(part, SavableChart | alt.TopLevelMixin):
                raise TypeError(f"Only charts can be joined to a chart, not {type(part).__name__}.")
        self.parts, self.is_row = parts, is_row

    def __and__(self, other: Any) -> Self:
        """Return the charts with another below."""
        return self._join(other, is_row=False)

    def __or__(self, other: Any) -> Self:
        """Return the charts with another at the right."""
        return self._join(other, is_row=True)

    def __add__(self, other: Any) -> NoReturn:
        """Raise an error that tells how charts are joined."""
        raise TypeError(HOW_TO_COMPOSE)

    @property
    def paper(self) -> str:
        """Color of the background: that of the first chart of imodels_nb."""
        return next(part.paper for part in self.parts if isinstance(part, SavableChart))

    def to_dict(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Raise an error: there is no common specification."""
        raise TypeError(
            "Joined charts have no common specification; save them as .html, .svg, .png or .pdf, or each of"
            " chart.parts as .json."
        )

    def show(self) -> None:
        """Show the charts in a notebook."""
        import_module("IPython.display").display(self)

    def render_element(self) -> tuple[str, str]:
        """Render the charts in words, and as one HTML element."""
        rendered = [_render_part(part, self.paper) for part in self.parts]
        columns = f"repeat({len(rendered)}, minmax(0, 1fr))" if self.is_row else "minmax(0, 1fr)"
        elements = "".join(f"<div>{element}</div>" for _, element in rendered)
        style = f"display:grid;grid-template-columns:{columns}"
        words = "\n".join(label for label, _ in rendered)
        return words, f'<div class="imodels-nb-linked" style="{style}">{elements}</div>'

    def render_picture(self, *, width: int | None = None, theme: Theme | None = None) -> str:
        """Render the charts as one SVG element; each has an equal share of a row."""
        whole = width or PICTURE_WIDTH
        share = whole // len(self.parts) if self.is_row else whole
        paper = self.paper if theme is None else build_theme_config(theme)["background"]
        pictures = [_draw_part(part, share, theme, paper) for part in self.parts]
        return join_svgs(pictures, is_row=self.is_row, paper=paper)

    def _save_specification(self, fp: Any, file_format: str, **kwargs: Any) -> NoReturn:  # noqa: ARG002  # as its base class
        self.to_dict()

    def _join(self, other: Any, *, is_row: bool) -> Self:
        parts = [*self.parts, other] if is_row == self.is_row else [self, other]
        return type(self)(parts, is_row=is_row)


def _render_part(part: Any, paper: str) -> tuple[str, str]:
    if isinstance(part, SavableChart):
        return part.render_element()
    label = "A chart of Altair"
    picture = make_responsive(_draw_part(part, PICTURE_WIDTH, None, paper))
    return label, f'<div role="img" aria-label="{escape(label)}">{picture}</div>'


def _draw_part(part: Any, width: int, theme: Theme | None, paper: str) -> str:
    """Draw a part as an SVG element; one of plain Altair keeps its own width."""
    if isinstance(part, SavableChart):
        return part.render_picture(width=width, theme=theme)
    with use_altair_defaults():
        spec: dict[str, Any] = part.to_dict()
    if "width" not in spec and ("mark" in spec or "layer" in spec):
        spec |= {"width": width} | _CONTAINER_WIDTH
    is_dark = paper == build_theme_config("dark")["background"]
    spec["config"] = build_theme_config("dark" if is_dark else "light") | spec.get("config", {})
    return render_svg(spec)
