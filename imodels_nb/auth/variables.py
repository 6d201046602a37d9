"""The environment variables of a sign-in, read in frames that never raise: a verbose traceback prints `os.environ`."""

import os

ACCESS_TOKEN_VARIABLE = "IMODELS_NB_ACCESS_TOKEN"  # noqa: S105 - the name of a variable, not a secret
CLIENT_ID_VARIABLE = "IMODELS_NB_CLIENT_ID"
CLIENT_SECRET_VARIABLE = "IMODELS_NB_CLIENT_SECRET"  # noqa: S105 - the name of a variable, not a secret
CA_BUNDLE_VARIABLE = "IMODELS_NB_CA_BUNDLE"
PROVIDER_VARIABLE = "IMODELS_NB_PROVIDER"

SERVICE_VARIABLES = f"{CLIENT_ID_VARIABLE} and {CLIENT_SECRET_VARIABLE}"


def variable(name: str) -> str:
    """Return what the variable holds now, without surrounding blanks; empty when it is not set."""
    return os.environ.get(name, "").strip()
