"""The sign-ins by device code that are on their way: begun by clients, decided by people, ended by polling."""

import secrets
from collections.abc import Callable

from imodels_hub.identity.device_grant import LIFETIME_S, DeviceGrant, OAuthError, typed, user_code
from imodels_hub.identity.recent import recent


class DeviceSignIns:
    """All of one provider.

    Parameters
    ----------
    auto_approve
        Whether each approves itself at its third poll.
    clock
        Seconds since 1970.
    """

    def __init__(self, *, auto_approve: bool, clock: Callable[[], float]) -> None:
        self._auto_approve, self._clock = auto_approve, clock
        self._grants: dict[str, DeviceGrant] = {}

    def begin(self, scope: str) -> tuple[str, DeviceGrant]:
        """Begin one, and give its device code along."""
        self._grants = recent(self._grants, self._clock())
        device_code, grant = secrets.token_urlsafe(32), DeviceGrant(user_code(), scope, self._clock() + LIFETIME_S)
        self._grants[device_code] = grant
        return device_code, grant

    def decide(self, user_code: str, *, approve: bool) -> bool:
        """Take a person's decision; tell whether such a code was waiting for one."""
        for grant in self._grants.values():
            waiting = grant.approved is None and self._clock() < grant.expires_at
            if waiting and grant.user_code == typed(user_code):
                grant.approved = approve
                return True
        return False

    def poll(self, device_code: str) -> DeviceGrant:
        """End one that a person has approved; what has come to an end is forgotten.

        Raises
        ------
        OAuthError
            If it is not granted, or not yet.
        """
        grant = self._grants.get(device_code)
        if grant is None:
            raise OAuthError("invalid_grant" if device_code else "invalid_request")
        try:
            grant.poll(self._clock(), auto_approve=self._auto_approve)
        except OAuthError as answer:
            if answer.code in ("access_denied", "expired_token"):
                del self._grants[device_code]
            raise
        return self._grants.pop(device_code)
