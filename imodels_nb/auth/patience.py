"""How a cell waits for a person: it says so once, and on the sample says yes in their place."""

from collections.abc import Callable
from contextlib import suppress
from threading import Lock

from imodels_nb.auth.provider import IdentityProvider
from imodels_nb.auth.sign_in import SignIn
from imodels_nb.auth.variables import ACCESS_TOKEN_VARIABLE, SERVICE_VARIABLES
from imodels_nb.errors import AuthenticationError, AuthenticationRequiredError

_GLANCE = 0.2  # seconds between two looks at a pending sign-in; a cell stays interruptible


class Patience:
    """Waits for the sign-ins of one credential.

    Parameters
    ----------
    provider
        Whom the person signs in to.
    attended
        Says whether somebody is there to sign in.
    """

    def __init__(self, provider: IdentityProvider, attended: Callable[[], bool]) -> None:
        self._provider = provider
        self._attended = attended
        self._lock = Lock()
        self._announced: SignIn | None = None

    def wait_for(self, flow: SignIn) -> None:
        """Wait until a sign-in has ended.

        Raises
        ------
        AuthenticationRequiredError
            At once, when nobody is there who could end it.
        """
        if not (self._provider.auto_approve or self._attended()):
            raise AuthenticationRequiredError(self._nobody_there())
        approving = self._announce(flow) and self._provider.is_sample and not flow.approves_itself
        while flow.wait(_GLANCE).pending:
            if approving and flow.offered:
                approving = False
                with suppress(AuthenticationError):  # somebody was quicker; the sign-in ends by itself
                    flow.approve()

    def _announce(self, flow: SignIn) -> bool:
        """Say once for each sign-in that it is waited for; return whether this was the time."""
        with self._lock:
            if self._announced is flow:
                return False
            self._announced = flow
        print(flow.what_is_waited_for, flush=True)  # noqa: T201 - in the cell that waits
        return True

    def _nobody_there(self) -> str:
        advice = (
            "Start it with sample.start(auto_approve=True), or set IMODELS_NB_SAMPLE_AUTO_APPROVE=1."
            if self._provider.is_sample
            else f"Set {ACCESS_TOKEN_VARIABLE}, or {SERVICE_VARIABLES}, before the kernel starts."
        )
        return f"Nobody is there to sign in to {self._provider.name}. {advice}"
