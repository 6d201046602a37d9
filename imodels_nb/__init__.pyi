from . import aggregate, charts, sample
from .api import IModelsClient
from .auth import (
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
from .auth.provider import IMS, QA_IMS, IdentityProvider
from .contents import elements_at, net_changes, read_changes, verify_files
from .download import download_changesets
from .errors import IModelsError
from .export import export_csv, export_parquet
from .fetch import (
    Portfolio,
    download_baseline,
    fetch_briefcases,
    fetch_changes,
    fetch_changeset,
    fetch_changeset_groups,
    fetch_changesets,
    fetch_checkpoints,
    fetch_extended_data,
    fetch_imodel,
    fetch_imodels,
    fetch_itwins,
    fetch_locks,
    fetch_named_versions,
    fetch_permissions,
    fetch_portfolio,
    fetch_users,
)
from .frames import KINDS, ContainingChanges, with_creator_names
from .insights import audit_ledger, checkpoint_debt, findings, milestones, summary
from .report import write_report
from .widgets import ChangesetExplorer, ChangesetTable, FileSizes, LoginWidget, PushTimeline, link_ranges, login

__version__: str

__all__ = [
    "IMS",
    "KINDS",
    "QA_IMS",
    "AccessToken",
    "AuthorizationCodeCredential",
    "ChangesetExplorer",
    "ChangesetTable",
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
    "aggregate",
    "audit_ledger",
    "charts",
    "checkpoint_debt",
    "download_baseline",
    "download_changesets",
    "elements_at",
    "export_csv",
    "export_parquet",
    "fetch_briefcases",
    "fetch_changes",
    "fetch_changeset",
    "fetch_changeset_groups",
    "fetch_changesets",
    "fetch_checkpoints",
    "fetch_extended_data",
    "fetch_imodel",
    "fetch_imodels",
    "fetch_itwins",
    "fetch_locks",
    "fetch_named_versions",
    "fetch_permissions",
    "fetch_portfolio",
    "fetch_users",
    "findings",
    "link_ranges",
    "login",
    "milestones",
    "net_changes",
    "read_changes",
    "sample",
    "summary",
    "verify_files",
    "with_creator_names",
    "write_report",
]
