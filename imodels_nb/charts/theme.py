"""The look: one design, light and dark, as Vega-Lite configuration that marks and axes name by style."""

from typing import Any, Literal, get_args

Theme = Literal["light", "dark"]

THEMES: tuple[Theme, ...] = get_args(Theme)

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif"

PAGE = {
    "renderer": "canvas",
    "actions": {"export": True, "source": False, "compiled": False, "editor": False},  # the editor is a web site
}
"""How a page embeds a chart that stands alone, as options of vega-embed."""

_INKS: dict[Theme, dict[str, str]] = {
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


def config(theme: Theme) -> dict[str, Any]:
    """Return the Vega-Lite configuration of a theme.

    Raises
    ------
    ValueError
        If there is no such theme.
    """
    if not isinstance(theme, str) or theme not in THEMES:
        given = repr(theme) if isinstance(theme, str) else type(theme).__name__
        raise ValueError(f"theme must be {' or '.join(map(repr, THEMES))}, not {given}.")
    inks = _INKS[theme]
    text = {"font": FONT, "fontSize": 11, "color": inks["quiet"]}
    return {
        "background": inks["paper"],
        "font": FONT,
        "aria": False,  # a label on each of a thousand marks helps nobody; the chart as a whole has one
        "padding": {"left": 8, "right": 16, "top": 10, "bottom": 8},
        "view": {"stroke": None},
        "title": _title(inks),
        "axis": _axis(inks),
        "axisTop": {"domain": False},
        "legend": _legend(inks),
        "style": {
            "strong": text | {"fontSize": 12, "color": inks["ink"]},
            "caption": text,
            "panel": text | {"fontSize": 14},
            "band": {"color": inks["band"]},
            "middle": {"color": inks["accent"], "strokeWidth": 1.25},
            "wash": {"color": inks["wash"]},
            "line": {"color": inks["accent"], "strokeWidth": 2},
            "dot": {"color": inks["accent"], "opacity": 1, "stroke": inks["paper"], "strokeWidth": 0.5},
            "peak": {"color": inks["paper"], "opacity": 1, "stroke": inks["accent"], "strokeWidth": 1.5},
            "lane": {"color": inks["accent"]},
            "changeset": {"color": inks["ink"], "opacity": 1, "thickness": 1},
            "zero": {"color": inks["ink"], "opacity": 1, "thickness": 1.5},
            "waiting": {"color": inks["paper"], "opacity": 1, "stroke": inks["alert"], "strokeWidth": 1.5},
            "milestone": {"color": inks["ink"], "opacity": 1},
            "milestones": _milestones(inks),
        },
    }


def _title(inks: dict[str, str]) -> dict[str, Any]:
    return {
        "anchor": "start",
        "frame": "group",
        "font": FONT,
        "fontSize": 15,
        "fontWeight": 600,
        "color": inks["ink"],
        "subtitleFont": FONT,
        "subtitleFontSize": 12,
        "subtitleColor": inks["quiet"],
        "subtitlePadding": 4,
        "offset": 12,
    }


def _axis(inks: dict[str, str]) -> dict[str, Any]:
    return {
        "labelFont": FONT,
        "labelFontSize": 11,
        "labelColor": inks["quiet"],
        "titleFont": FONT,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "titleColor": inks["quiet"],
        "domainColor": inks["rule"],
        "tickColor": inks["rule"],
        "gridColor": inks["grid"],
        "tickSize": 4,
        "labelPadding": 4,
    }


def _legend(inks: dict[str, str]) -> dict[str, Any]:
    return {
        "labelFont": FONT,
        "labelFontSize": 11,
        "labelColor": inks["ink"],
        "titleFont": FONT,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "titleColor": inks["quiet"],
        "symbolType": "square",
        "symbolSize": 90,
        "symbolStrokeWidth": 0,
        "orient": "bottom",
        "direction": "horizontal",
        "titleOrient": "top",
    }


def _milestones(inks: dict[str, str]) -> dict[str, Any]:
    """Rules and labels of the named versions, drawn as an axis: Vega measures the labels and thins them greedily."""
    return {
        "labelColor": inks["ink"],
        "labelFontSize": 11,
        "labelOverlap": "greedy",
        "labelSeparation": 8,
        "gridColor": inks["rule"],
        "gridDash": [3, 3],
        "tickColor": inks["rule"],
    }
