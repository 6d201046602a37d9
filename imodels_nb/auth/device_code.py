"""Signing in by device code: a credential that a person opens once, in a browser on whatever machine."""

from imodels_nb.auth.device_flow import DeviceCodeFlow
from imodels_nb.auth.person import PersonCredential


class DeviceCodeCredential(PersonCredential):
    """Hands out the tokens of a person who has entered a code in a browser, on whatever machine (RFC 8628).

    A provider need not grant this to a client; then ``begin_authorization_code`` is the next door, with the same
    credential. Parameters, attributes and errors are those of :class:`PersonCredential`.

    Examples
    --------
    >>> from imodels_nb.auth import DeviceCodeCredential
    >>> DeviceCodeCredential("native-1")
    DeviceCodeCredential(state='SIGNED_OUT', provider='Bentley')
    """

    def begin_authenticate(self) -> DeviceCodeFlow:
        """Begin to sign in by device code, in the background; whatever went before is signed out.

        Returns
        -------
        DeviceCodeFlow
            Started; it will have a code for the person in a moment.
        """
        return self.begin_device_code()
