"""Environment variables of the sign-in.

They are read in functions that raise nothing, since a verbose traceback would print the variables of the frame.
"""

import os

ACCESS_TOKEN_VARIABLE = "IMODELS_NB_ACCESS_TOKEN"  # noqa: S105 - the name of a variable, not a secret
CLIENT_ID_VARIABLE = "IMODELS_NB_CLIENT_ID"
CLIENT_SECRET_VARIABLE = "IMODELS_NB_CLIENT_SECRET"  # noqa: S105 - the name of a variable, not a secret
PROVIDER_VARIABLE = "IMODELS_NB_PROVIDER"
CA_BUNDLE_VARIABLE = "IMODELS_NB_CA_BUNDLE"
SERVICE_VARIABLES = f"{CLIENT_ID_VARIABLE} and {CLIENT_SECRET_VARIABLE}"


def read_variable(name: str) -> str:
    """Return the value of a variable without surrounding blanks; empty if it is not set."""
    return os.environ.get(name, "").strip()
