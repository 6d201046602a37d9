"""The card of a service: it asks for a token at once, so that a wrong secret is seen before the first fetch."""

from threading import Thread

from imodels_nb.auth import LoginState, TokenCredential
from imodels_nb.errors import GrantNotAvailableError, IModelsError
from imodels_nb.widgets import login_words as words
from imodels_nb.widgets.login_card import LoginWidget


class ServiceLogin(LoginWidget):
    """The card of a client secret. The first token is asked for in the background.

    Parameters
    ----------
    credential
        What hands out the tokens.
    """

    def __init__(self, credential: TokenCredential) -> None:
        self._trouble = ""
        super().__init__(credential)
        self.set_trait("state", LoginState.STARTING)
        self._render()
        Thread(target=self._ask, name="imodels-nb-service", daemon=True).start()

    def _ask(self) -> None:
        state = LoginState.SIGNED_IN
        try:
            self.credential.get_token()
        except IModelsError as error:
            unsupported = isinstance(error, GrantNotAvailableError)
            state = LoginState.UNSUPPORTED if unsupported else LoginState.FAILED
            self._trouble = str(error)
        self.set_trait("state", state)
        self._render()

    def _render(self) -> None:
        signed_in = self.state is LoginState.SIGNED_IN
        self._title.value = words.title("Signed in as a service" if signed_in else "Sign in as a service", self._mood())
        self._body.value = words.body(self._sentence(), self._whose())

    def _mood(self) -> str:
        return words.mood(self.state)

    def _sentence(self) -> str:
        return self._trouble or f"{words.source(self.credential)} Each token is renewed when it ends."
