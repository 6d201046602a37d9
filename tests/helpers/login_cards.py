"""Texts of a login card, and the state that the browser gets of it."""

import json

import ipywidgets

from imodels_nb.widgets.login import LoginWidget


def list_buttons(card: LoginWidget) -> dict[str, ipywidgets.Button]:
    return {child.description: child for child in card._actions.children if isinstance(child, ipywidgets.Button)}


def read_synced_state() -> str:
    """Read what the browser has, and what a notebook with saved widget state keeps."""
    widgets = ipywidgets.widgets.widget._instances.values()
    return json.dumps([widget.get_state() for widget in widgets], default=str)


def read_card(card: LoginWidget) -> str:
    return card._title.value + card._aside.value + card._body.value
