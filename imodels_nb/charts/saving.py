"""Saving of charts: pages that need no internet, and pictures for slides."""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any

import altair as alt

from imodels_nb._files import validate_output_path
from imodels_nb.charts.theme import Theme
from imodels_nb.engine import convert_svg, render_page, render_page_script

PICTURE_WIDTH = 960
"""Width of a saved picture in pixels: half of a slide of 1920 pixels, for the usual factor of 2."""

_MIN_WIDTH = 320
_PICTURES = ("svg", "png", "pdf")
_FORMATS = ("html", "json", "pdf", "png", "svg", "vega")
_ALTAIR_OPTIONS = frozenset(inspect.signature(alt.Chart.save).parameters)


@contextmanager
def use_altair_defaults() -> Iterator[None]:
    """Apply Altair's default settings for a moment.

    A user's transformers, themes and renderers are for their own charts. With the transformer "vegafusion" Altair
    returns no specification, and a theme would change ours.
    """
    transformer = alt.data_transformers.enable("default", consolidate_datasets=True)
    with transformer, alt.theme.enable("none"), alt.renderers.enable("default"):
        yield


class SavableChart(ABC):
    """A chart that saves itself as a page or as a picture."""

    @property
    @abstractmethod
    def paper(self) -> str:
        """Color of the background."""

    @abstractmethod
    def render_element(self) -> tuple[str, str]:
        """Render the chart in words, and as the HTML element of a page."""

    @abstractmethod
    def render_picture(self, *, width: int | None = None, theme: Theme | None = None) -> str:
        """Render the chart as an SVG element.

        Parameters
        ----------
        width
            Width in pixels; that of the chart, or 960, by default.
        theme
            ``light`` or ``dark``; that of the chart by default.
        """

    @abstractmethod
    def _save_specification(self, fp: Any, file_format: str, **kwargs: Any) -> None:
        """Save the specification as JSON of Vega-Lite or Vega."""

    def to_html(self, *_args: Any, **_kwargs: Any) -> str:
        """Return a whole page that needs no internet; all arguments are ignored."""
        label, element = self.render_element()
        return render_page(element, label, self.paper)

    def _repr_mimebundle_(self, *_args: Any, **_kwargs: Any) -> Any:
        label, element = self.render_element()
        return {"text/plain": escape(label), "text/html": f"{element}{render_page_script()}"}

    def save(
        self,
        fp: Any,
        format: Any = None,  # noqa: A002  # Altair's name
        *,
        width: int | None = None,
        theme: Theme | None = None,
        scale_factor: float = 2,
        ppi: float | None = None,
        **kwargs: Any,
    ) -> None:
        """Save the chart to a file: a page, a picture for a slide, or a specification.

        Parameters
        ----------
        fp
            File name or open file.
        format
            ``html``, ``svg``, ``png``, ``pdf``, ``json`` or ``vega``; the suffix of the file name by default. An HTML
            file contains everything it needs. A picture shows the range of the chart with its whole title and legend.
        width
            Width of a picture in pixels, at least 320; by default that of the chart's properties, or 960.
        theme
            ``light`` or ``dark``, for a picture; that of the chart by default.
        scale_factor, ppi
            Pixels of a PNG for each pixel of the picture, and its pixels per inch (72 by default).
        **kwargs
            Other arguments of Altair's ``save``; only specifications use them.

        Raises
        ------
        TypeError
            If an argument is unknown.
        ValueError
            If `format`, the suffix of the file name, or an option of the picture is invalid.
        FileNotFoundError, IsADirectoryError
            If the folder of the file does not exist, or `fp` is a folder.
        """
        if unknown := sorted(kwargs.keys() - _ALTAIR_OPTIONS):
            raise TypeError(f"save() has no argument {', '.join(unknown)}; see help(chart.save) for those it has.")
        file_format = (format or Path(str(getattr(fp, "name", fp))).suffix.lstrip(".")).lower()
        if file_format not in _FORMATS:
            raise ValueError(
                f"Cannot save a chart as {file_format!r}; give a file name that ends in .{', .'.join(_FORMATS)}."
            )
        if not hasattr(fp, "write"):
            validate_output_path(fp, Path(str(fp)).suffix.lower())  # any suffix, if `format` is given
        if file_format in _PICTURES:
            _check_picture_size(width, scale_factor, ppi)
            picture = self.render_picture(width=width, theme=theme)
            _write(fp, convert_svg(picture, file_format, scale_factor=scale_factor, ppi=ppi))
        elif width is not None or theme is not None:
            raise ValueError(
                f"width and theme of save() are for pictures (.{', .'.join(_PICTURES)}), not for .{file_format}; make"
                " the chart with its theme, and set its width by chart.properties(width=...)."
            )
        elif file_format == "html":
            _write(fp, self.to_html())
        else:
            self._save_specification(fp, file_format, **kwargs)


def _check_picture_size(width: Any, scale_factor: Any, ppi: Any) -> None:
    if width is not None and not (_is_number(width) and width >= _MIN_WIDTH):
        raise ValueError(f"width should be a number of pixels, at least {_MIN_WIDTH}, not {width!r}.")
    for name, value in (("scale_factor", scale_factor), ("ppi", ppi)):
        if value is not None and not (_is_number(value) and value > 0):
            raise ValueError(f"{name} should be a number above 0, not {value!r}.")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _write(fp: Any, content: str | bytes) -> None:
    if hasattr(fp, "write"):
        fp.write(content)
    elif isinstance(content, str):
        Path(fp).write_text(content, encoding="utf-8")
    else:
        Path(fp).write_bytes(content)
