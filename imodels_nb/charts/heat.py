"""Rectangles whose opacity shows a number: scale, numbers in them, and their key."""

import altair as alt

from imodels_nb.charts.layers import LayerGroup, group_layers

_MIN_STRENGTH = 0.35  # strength of a rectangle with a single push
_DIGIT_WIDTH = 6  # pixels: a number is left out where its rectangle is narrower
_STRONG = 0.7  # strength from which on numbers have the color of the background
_KEY_RECTS = 5
_KEY_SIZE = 14  # pixels of a rectangle of the key


def build_strength(number: str, most: str) -> str:
    """Return the expression of the opacity of a rectangle, on a log scale."""
    return f"{_MIN_STRENGTH} + {1 - _MIN_STRENGTH} * log({number}) / log(max({most}, 10))"


def draw_numbers(
    rects: alt.Chart, *, x: alt.X, y: alt.Y, room: str, row: str, strong: str = "strong_number"
) -> list[alt.Chart]:
    """Draw the numbers of each row whose rectangles are wide enough.

    Where a whole number does not fit, it is drawn in thousands, with a "k".

    Parameters
    ----------
    rects
        Rows with ``pushes`` and ``strength``.
    x, y
        Encodings of the middle of a rectangle.
    room
        Expression of the width of a rectangle in pixels.
    row
        Field that names the row.
    strong
        Style of the numbers in strong rectangles.
    """
    number = "format(datum.pushes, ',')"
    short = f"datum.pushes < 1000 ? {number} : format(datum.pushes, '.2s')"
    fits = f"{room} > 4 + {_DIGIT_WIDTH} * length"
    words = f"{fits}(format(datum.widest, ',')) ? {number} : {fits}(format(datum.widest, '.2s')) ? ({short}) : ''"
    widest = rects.transform_joinaggregate(widest="max(pushes)", groupby=[row])
    return [
        # no transform: the room depends on a scale, and the scale on the transforms
        widest.mark_text(style=style, baseline="middle").encode(
            x=x,
            y=y,
            text=alt.TextValue(alt.expr(f"datum.strength {test} ? ({words}) : ''")),
            opacity=alt.OpacityValue(1),
        )
        for style, test in (("number", f"< {_STRONG}"), (strong, f">= {_STRONG}"))
    ]


def draw_heat_key(rects: alt.Chart, *, y: int) -> LayerGroup:
    """Draw rectangles from weak to strong, between 1 and the largest number.

    Parameters
    ----------
    rects
        Rows with ``pushes``.
    y
        Pixels from the top of the plot to the middle of the key.
    """
    room = "(width - 12 - 7 * length(format(datum.most, ',')))"  # left of the largest number
    key = rects.transform_aggregate(most="max(pushes)").transform_filter("datum.most > 1")
    steps = key.transform_calculate(step=str(list(range(_KEY_RECTS)))).transform_flatten(["step"])
    left = f"{room} - {_KEY_SIZE} * ({_KEY_RECTS} - datum.step)"
    shown = steps.mark_rect(style="lane").encode(
        x=alt.XValue(alt.expr(left)),
        x2=alt.X2Value(alt.expr(f"{left} + {_KEY_SIZE - 1}")),
        y=alt.YValue(y - _KEY_SIZE / 2),
        y2=alt.Y2Value(y + _KEY_SIZE / 2 - 1),
        opacity=alt.OpacityValue(
            alt.expr(build_strength(f"pow(datum.most, datum.step / {_KEY_RECTS - 1})", "datum.most"))
        ),
    )
    most = key.mark_text(style="caption", align="right", baseline="middle").encode(
        x=alt.XValue(alt.expr("width")), y=alt.YValue(y), text=alt.Text("most:Q", format=",")
    )
    least = key.mark_text(style="caption", align="right", baseline="middle", text="1").encode(
        x=alt.XValue(alt.expr(f"{room} - {_KEY_SIZE * _KEY_RECTS} - 6")), y=alt.YValue(y)
    )
    return group_layers(shown, most, least)
