"""Charts fed from outside: what is left of a specification where rows and range come from the engine."""

from typing import Any

import altair as alt

from imodels_nb.charts.parts import NOTHING


def live(spec: dict[str, Any], brought: alt.Chart) -> dict[str, Any]:
    """Make of the specification of a chart that stands alone one that the engine feeds.

    Parameters
    ----------
    spec
        The chart that :func:`imodels_nb.charts.standalone` gives, as a dict.
    brought
        What rows of the engine have behind them: a chart whose transforms, filters aside, they need not go through.

    Returns
    -------
    dict
        As :func:`fed` gives it, without these transforms: each is a pass over all rows at every step of a slider.
    """
    steps = [step.to_dict() for step in brought.transform]
    return _without(fed(spec), [step for step in steps if "filter" not in step])


def _without(view: dict[str, Any], steps: list[dict[str, Any]]) -> dict[str, Any]:
    left = {"transform": [step for step in view["transform"] if step not in steps]} if "transform" in view else {}
    layers = {"layer": [_without(layer, steps) for layer in view["layer"]]} if "layer" in view else {}
    return view | left | layers


def fed(spec: dict[str, Any]) -> dict[str, Any]:
    """Return the specification without configuration, page options, sliders and rows.

    Parameters
    ----------
    spec
        The chart that :func:`imodels_nb.charts.standalone` gives, as a dict.

    Returns
    -------
    dict
        Its dataset ``cells`` comes from outside; ``first`` and ``last`` are parameters to set.
    """
    if "params" not in spec:
        return {key: value for key, value in spec.items() if key not in {"config", "usermeta"}}
    left = {key: value for key, value in spec.items() if key not in {"config", "data", "params", "usermeta"}}
    params = [{key: value for key, value in param.items() if key != "bind"} for param in spec["params"]]
    return with_values(left | {"params": params, "data": {"name": "cells"}}, nothing=NOTHING)


def with_values(spec: dict[str, Any], **values: Any) -> dict[str, Any]:
    """Return the specification with other values of some of its parameters."""
    params = [
        param | {"value": values[param["name"]]} if param["name"] in values else param
        for param in spec.get("params", [])
    ]
    return spec | ({"params": params} if params else {})
