"""Help for threads that fetch in the background for a widget."""

from collections.abc import Callable

from imodels_nb.api import IModelsClient
from imodels_nb.auth import InteractiveCredential

_POLL_INTERVAL = 0.2  # seconds


def is_waiting_for_login(client: IModelsClient) -> bool:
    """Return whether a person is signing in at the moment."""
    credential = client.credential
    return isinstance(credential, InteractiveCredential) and credential.state.is_pending


def wait_for_login(client: IModelsClient, is_stopped: Callable[[], bool]) -> None:
    """Wait while a person signs in.

    A request would wait, too, but on the sample it would also approve the sign-in, before the person has seen the card.
    Only a cell that needs the token may do that.

    Parameters
    ----------
    client
        The client whose credential is used.
    is_stopped
        Function that returns whether to give up.
    """
    credential = client.credential
    while isinstance(credential, InteractiveCredential) and credential.state.is_pending and not is_stopped():
        if flow := credential.flow:
            flow.wait(_POLL_INTERVAL)
