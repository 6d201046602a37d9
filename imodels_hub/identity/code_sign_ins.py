"""The sign-ins by authorization code that are on their way: requests that wait for a person, and codes to redeem."""

import secrets
from collections.abc import Callable, Mapping

from imodels_hub.identity.clients import Client
from imodels_hub.identity.code_grant import CodeGrant, back, is_loopback
from imodels_hub.identity.device_grant import OAuthError
from imodels_hub.identity.recent import recent


class CodeSignIns:
    """All of one provider.

    Parameters
    ----------
    auto_approve
        Whether each approves itself at once.
    clock
        Seconds since 1970.
    """

    def __init__(self, *, auto_approve: bool, clock: Callable[[], float]) -> None:
        self._auto_approve, self._clock = auto_approve, clock
        self._grants: dict[str, CodeGrant] = {}

    def begin(self, client: Client, query: Mapping[str, str]) -> tuple[str, str]:
        """Begin one.

        Returns
        -------
        address
            Where to go back to at once, with a code or an error; empty if a person has to decide first.
        request
            What names the request until then.

        Raises
        ------
        OAuthError
            If the client or its redirect is none of ours: then nobody is sent anywhere.
        """
        if query.get("client_id") != client.id or not is_loopback(query.get("redirect_uri", "")):
            raise OAuthError("invalid_request")
        try:
            grant = CodeGrant.asked(client, query, self._clock())
        except OAuthError as error:
            return back(query["redirect_uri"], error=error.code, state=query.get("state", "")), ""
        self._grants = recent(self._grants, self._clock())
        request = secrets.token_urlsafe(32)
        self._grants[request] = grant
        if not self._auto_approve:
            return "", request
        return self.decide(request, approve=True) or "", request

    def decide(self, request: str, *, approve: bool) -> str | None:
        """Take a person's decision; give the address to go back to, or `None` if nobody waits for it."""
        grant = self._grants.pop(request, None)
        if grant is None or self._clock() >= grant.expires_at or grant.code:
            return None
        if not approve:
            return back(grant.redirect_uri, error="access_denied", state=grant.state)
        address = grant.approve(self._clock())
        self._grants[str(grant.code)] = grant
        return address

    def redeem(self, form: Mapping[str, str]) -> CodeGrant:
        """End one by its code, which is good once.

        Raises
        ------
        OAuthError
            ``invalid_grant``.
        """
        grant = self._grants.get(form.get("code", ""))
        if grant is None or grant.code is None:
            raise OAuthError("invalid_grant")
        del self._grants[grant.code]
        grant.redeem(form, self._clock())
        return grant
