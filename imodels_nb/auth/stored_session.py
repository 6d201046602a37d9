"""A sign-in of another day."""

from imodels_nb.auth.polling import Clock
from imodels_nb.auth.provider import IdentityProvider
from imodels_nb.auth.public_client import PublicClient
from imodels_nb.auth.sign_in import SignIn
from imodels_nb.auth.states import LoginState


class StoredSession(SignIn):
    """A sign-in of another day, taken up again: it is at its end from the beginning."""

    def __init__(self, client: PublicClient, provider: IdentityProvider, scopes: tuple[str, ...], clock: Clock) -> None:
        super().__init__(client, provider, scopes, clock)
        self._move(LoginState.SIGNED_IN)

    def approve(self, *, approve: bool = True) -> None:
        """Nothing is left to decide."""

    def _how(self) -> str:
        return "."

    def _converse(self) -> None:
        """Nothing is left to say."""

    def _offered(self) -> bool:
        return False

    def _wipe(self) -> None:
        """Nothing was shown."""
