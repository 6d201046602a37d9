"""Colors and styles of the charts as Vega-Lite configuration, light and dark."""

from typing import Any, Literal, get_args

Theme = Literal["light", "dark"]

THEMES: tuple[Theme, ...] = get_args(Theme)

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif"

EMBED_OPTIONS = {
    "renderer": "canvas",
    "actions": {"export": True, "source": False, "compiled": False, "editor": False},  # the editor is a web site
}
"""Options of vega-embed for a standalone chart."""

_COLORS: dict[Theme, dict[str, str]] = {
    "light": {
        "paper": "#ffffff",
        "ink": "#1b2430",
        "quiet": "#5b6675",
        "grid": "#e8ebef",
        "rule": "#9aa4b1",
        "accent": "#1f6fb2",
        "band": "#cfe0f0",
        "wash": "#e6eef6",
        "alert": "#b3261e",
    },
    "dark": {
        "paper": "#111111",
        "ink": "#e6eaf0",
        "quiet": "#9aa5b4",
        "grid": "#252b33",
        "rule": "#5f6b7a",
        "accent": "#5aa9e6",
        "band": "#1f3a55",
        "wash": "#182634",
        "alert": "#ff8a80",
    },
}


def build_theme_config(theme: Theme) -> dict[str, Any]:
    """Return the Vega-Lite configuration of a theme.

    Raises
    ------
    ValueError
        If `theme` is invalid.
    """
    if not isinstance(theme, str) or theme not in THEMES:
        given = repr(theme) if isinstance(theme, str) else type(theme).__name__
        raise ValueError(f"theme should be {' or '.join(map(repr, THEMES))}, not {given}.")
    colors = _COLORS[theme]
    text = {"font": FONT, "fontSize": 11, "color": colors["quiet"]}
    return {
        "background": colors["paper"],
        "font": FONT,
        "aria": False,  # one label for the whole chart, not one for each of a thousand marks
        "padding": {"left": 8, "right": 16, "top": 10, "bottom": 8},
        "view": {"stroke": None},
        "title": _build_title_config(colors),
        "axis": _build_axis_config(colors),
        "axisTop": {"domain": False},
        "legend": _build_legend_config(colors),
        "style": {
            "strong": text | {"fontSize": 12, "color": colors["ink"]},
            "caption": text,
            "panel": text | {"fontSize": 14},
            "band": {"color": colors["band"]},
            "middle": {"color": colors["accent"], "strokeWidth": 1.25},
            "wash": {"color": colors["wash"]},
            "line": {"color": colors["accent"], "strokeWidth": 2},
            "dot": {"color": colors["accent"], "opacity": 1, "stroke": colors["paper"], "strokeWidth": 0.5},
            "outlier": {"color": colors["rule"], "opacity": 1},
            "peak": {"color": colors["paper"], "opacity": 1, "stroke": colors["accent"], "strokeWidth": 1.5},
            "lane": {"color": colors["accent"]},
            "number": text | {"color": colors["ink"], "fontSize": 10},
            "strong_number": text | {"color": colors["paper"], "fontSize": 10},
            "cut": {"color": colors["paper"], "opacity": 1, "strokeWidth": 3},
            "changeset": {"color": colors["ink"], "opacity": 1, "thickness": 1},
            "zero": {"color": colors["ink"], "opacity": 1, "thickness": 1.5},
            "waiting": {"color": colors["paper"], "opacity": 1, "stroke": colors["alert"], "strokeWidth": 1.5},
            "version": {"color": colors["ink"], "opacity": 1},
            "version-rule": {"color": colors["rule"]},
            "versions": _build_versions_style(colors),
        },
    }


def format_css_variables(theme: Theme, *names: str, prefix: str = "--") -> str:
    """Format colors of a theme as CSS variables, such as ``--accent: #1f6fb2;``."""
    return " ".join(f"{prefix}{name}: {_COLORS[theme][name]};" for name in names)


def _build_title_config(colors: dict[str, str]) -> dict[str, Any]:
    return {
        "anchor": "start",
        "frame": "group",
        "font": FONT,
        "fontSize": 15,
        "fontWeight": 600,
        "color": colors["ink"],
        "subtitleFont": FONT,
        "subtitleFontSize": 12,
        "subtitleColor": colors["quiet"],
        "subtitlePadding": 4,
        "offset": 12,
    }


def _build_axis_config(colors: dict[str, str]) -> dict[str, Any]:
    return {
        "labelFont": FONT,
        "labelFontSize": 11,
        "labelColor": colors["quiet"],
        "titleFont": FONT,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "titleColor": colors["quiet"],
        "domainColor": colors["rule"],
        "tickColor": colors["rule"],
        "gridColor": colors["grid"],
        "tickSize": 4,
        "labelPadding": 4,
    }


def _build_legend_config(colors: dict[str, str]) -> dict[str, Any]:
    return {
        "labelFont": FONT,
        "labelFontSize": 11,
        "labelColor": colors["ink"],
        "titleFont": FONT,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "titleColor": colors["quiet"],
        "symbolType": "square",
        "symbolSize": 90,
        "symbolStrokeWidth": 0,
        "orient": "bottom",
        "direction": "horizontal",
        "titleOrient": "top",
    }


def _build_versions_style(colors: dict[str, str]) -> dict[str, Any]:
    """Build the style of named versions, an axis whose labels Vega thins greedily."""
    return {
        "labelColor": colors["ink"],
        "labelFontSize": 11,
        "labelOverlap": "greedy",
        "labelSeparation": 8,
        "gridColor": colors["rule"],
        "gridDash": [3, 3],
        "tickColor": colors["rule"],
    }
