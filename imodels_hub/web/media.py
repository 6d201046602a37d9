"""Media types: which version of the API the Accept header asks for, and what comes of it."""

import re

from imodels_hub.api.refusals import Detail, invalid_request

_VERSIONS = re.compile(r"application/vnd\.bentley\.itwin-platform\.(v[0-9]+)\+json", re.IGNORECASE)
_FORM = "application/vnd.bentley.itwin-platform.{}+json"


def expect_version(accept: str, version: str, *, lists_imodels: bool) -> None:
    """Refuse whoever asks for another version of the API than there is.

    Without any, the platform falls back to version 1, whose list of iModels wants a ``projectId``. The other reads of
    version 1 are not documented; they are answered as in version 2.

    Raises
    ------
    Refusal
        422.
    """
    asked = [name.lower() for name in _VERSIONS.findall(accept)]
    if lists_imodels and version not in asked:
        missing = Detail("MissingRequiredParameter", "Required parameter 'projectId' is missing.", "projectId")
        raise invalid_request("Cannot get iModels.", [missing])
    if asked and version not in asked:
        message = f"'{accept}' is not a valid 'Accept' value. Use '{_FORM.format(version)}'."
        raise invalid_request("Cannot process the request.", [Detail("InvalidHeaderValue", message, "Accept")])
