"""Signing in by authorization code: a credential that a person opens once, on the provider's own page."""

from imodels_nb.auth.code_flow import AuthorizationCodeFlow
from imodels_nb.auth.person import PersonCredential


class AuthorizationCodeCredential(PersonCredential):
    """Hands out the tokens of a person who has signed in on the provider's page (authorization code with PKCE).

    This is what the vendor grants to a client of type "native". Where browser and kernel share a machine, the answer
    arrives by itself; elsewhere the person pastes the address of the last page, see
    :meth:`AuthorizationCodeFlow.hand_over`. Parameters, attributes and errors are those of :class:`PersonCredential`.

    Examples
    --------
    >>> from imodels_nb.auth import AuthorizationCodeCredential
    >>> AuthorizationCodeCredential("native-1", redirect_uri="http://localhost:3000/signin-callback")
    AuthorizationCodeCredential(state='SIGNED_OUT', provider='Bentley')
    """

    def begin_authenticate(self) -> AuthorizationCodeFlow:
        """Begin to sign in on the provider's page, in the background; whatever went before is signed out.

        Returns
        -------
        AuthorizationCodeFlow
            Started; it will have a link for the person in a moment.
        """
        return self.begin_authorization_code()
