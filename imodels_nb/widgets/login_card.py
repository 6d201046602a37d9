"""The card that says how a sign-in stands."""

from collections.abc import Callable

import ipywidgets
import traitlets

from imodels_nb.auth import LoginState, TokenCredential
from imodels_nb.widgets import login_words as words


class LoginWidget(ipywidgets.VBox):
    """A card that says which credential is in use, and how it stands. It holds no secret.

    Parameters
    ----------
    credential
        What hands out the tokens.

    Attributes
    ----------
    state : LoginState
        Where the sign-in stands; read-only, observable, and not sent to the browser.
    """

    state = traitlets.UseEnum(LoginState, default_value=LoginState.SIGNED_IN, read_only=True)

    def __init__(self, credential: TokenCredential) -> None:
        self.credential = credential
        self._title, self._aside, self._body = ipywidgets.HTML(), ipywidgets.HTML(), ipywidgets.HTML()
        self._head, self._actions = ipywidgets.HBox([self._title, self._aside]), ipywidgets.HBox()
        super().__init__([self._head, self._body, self._actions])
        for part, name in ((self, "login"), (self._head, "login-head"), (self._actions, "login-actions")):
            part.add_class(f"imodels-{name}")
        self._render()

    def __repr__(self) -> str:
        return f"LoginWidget(state={self.state.value!r}, credential={type(self.credential).__name__!r})"

    def close(self) -> None:
        """Take the card away. Who is signed in stays so."""
        if self.comm is not None:
            for part in (self._title, self._aside, self._body, self._head, self._actions):
                part.close()
        super().close()

    def _render(self) -> None:
        self._title.value = words.title("Using your access token", "good")
        sentence = f"{words.source(self.credential)} It is checked with the first request."
        self._body.value = words.body(sentence, self._whose())

    def _whose(self) -> str:
        """Say whose account it is and when it ends, as far as that is known without a request."""
        account, expires_on = (getattr(self.credential, name, None) for name in ("account", "expires_on"))
        return words.account_line(account, expires_on, "")


def button(text: str, tip: str, action: Callable[[], None]) -> ipywidgets.Button:
    """Return a button of the card."""
    made = ipywidgets.Button(description=text, tooltip=tip, layout={"width": "auto"})
    made.on_click(lambda _: action())
    return made
