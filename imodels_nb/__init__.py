"""Read the history of a Bentley iModel in a notebook.

Sign in (:func:`login`), fetch the changesets of an iModel as a typed DataFrame (:func:`fetch_changesets`), see when and
how it grew (:class:`PushTimeline`, :class:`FileSizes`). Without an account, begin with :func:`sample.start`.
"""

from importlib.metadata import version

from imodels_nb import charts, sample
from imodels_nb.api import IModelsClient
from imodels_nb.auth import (
    AccessToken,
    AuthorizationCodeCredential,
    ClientSecretCredential,
    DeviceCodeCredential,
    EnvironmentCredential,
    LoginState,
    StaticTokenCredential,
    TokenCachePersistenceOptions,
    TokenCredential,
)
from imodels_nb.auth.provider import IMS, QA_IMS, IdentityProvider
from imodels_nb.errors import IModelsError
from imodels_nb.fetch import fetch_changesets, fetch_named_versions
from imodels_nb.frames import KINDS, ContainingChanges
from imodels_nb.widgets import FileSizes, LoginWidget, PushTimeline, login

__version__ = version("imodels-nb")

__all__ = [
    "IMS",
    "KINDS",
    "QA_IMS",
    "AccessToken",
    "AuthorizationCodeCredential",
    "ClientSecretCredential",
    "ContainingChanges",
    "DeviceCodeCredential",
    "EnvironmentCredential",
    "FileSizes",
    "IModelsClient",
    "IModelsError",
    "IdentityProvider",
    "LoginState",
    "LoginWidget",
    "PushTimeline",
    "StaticTokenCredential",
    "TokenCachePersistenceOptions",
    "TokenCredential",
    "charts",
    "fetch_changesets",
    "fetch_named_versions",
    "login",
    "sample",
]
