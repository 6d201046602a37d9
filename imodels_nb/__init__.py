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
from imodels_nb.auth.provider import IdentityProvider
from imodels_nb.auth.vendors import IMS, QA_IMS
from imodels_nb.download import download_changesets
from imodels_nb.errors import IModelsError
from imodels_nb.export import export_csv, export_parquet
from imodels_nb.fetch import (
    Portfolio,
    fetch_changeset,
    fetch_changeset_groups,
    fetch_changesets,
    fetch_checkpoints,
    fetch_imodels,
    fetch_itwins,
    fetch_named_versions,
    fetch_portfolio,
    fetch_users,
)
from imodels_nb.frames import KINDS, ContainingChanges, with_creator_names
from imodels_nb.insights import audit_ledger, checkpoint_debt, findings, milestones
from imodels_nb.report import write_report
from imodels_nb.widgets import ChangesetExplorer, FileSizes, LoginWidget, PushTimeline, link_ranges, login

__version__ = version("imodels-nb")

__all__ = [
    "IMS",
    "KINDS",
    "QA_IMS",
    "AccessToken",
    "AuthorizationCodeCredential",
    "ChangesetExplorer",
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
    "Portfolio",
    "PushTimeline",
    "StaticTokenCredential",
    "TokenCachePersistenceOptions",
    "TokenCredential",
    "audit_ledger",
    "charts",
    "checkpoint_debt",
    "download_changesets",
    "export_csv",
    "export_parquet",
    "fetch_changeset",
    "fetch_changeset_groups",
    "fetch_changesets",
    "fetch_checkpoints",
    "fetch_imodels",
    "fetch_itwins",
    "fetch_named_versions",
    "fetch_portfolio",
    "fetch_users",
    "findings",
    "link_ranges",
    "login",
    "milestones",
    "sample",
    "with_creator_names",
    "write_report",
]
