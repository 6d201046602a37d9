"""Settings of a hub: content, address, accounts and faults."""

import re
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from math import inf
from os import PathLike
from typing import TypedDict

from imodels_hub.api.requests import PERMISSIONS
from imodels_hub.generator.synthetic import generate_project
from imodels_hub.http.allowed_hosts import is_host
from imodels_hub.identity.tokens import ProviderOptions
from imodels_hub.records import Project

_MAX_PORT = 65_535
_BEARER_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750 section 2.1


@dataclass(frozen=True, eq=False)
class Settings:
    """Settings of a hub.

    Parameters
    ----------
    project
        The project to serve: synthetic by `generate_project`, or recorded by `build_recorded_project`. By default a
        synthetic one with 12,000 changesets.
    neighbors
        Further projects to serve, each in a database of its own.
    ledger_file
        A file for the project's database, pushes included; all other iModels have files beside it. A later hub with
        the same file serves their content, also after this one was killed. By default all is in memory.
    permissions
        Permissions of the sample's user, such as ``("imodels_webview",)``. Without ``imodels_read`` there are no
        downloads.
    host
        Address to listen on. If it is not loopback, everyone who reaches the port can approve a sign-in.
    port
        Port to listen on; 0 takes any free one.
    allowed_hosts
        Names besides those of this machine that Host and Origin headers may have, such as that of a server whose
        proxy leads here; ``"*"`` allows all. Other requests are refused (DNS rebinding).
    token
        An access token that does not expire; random by default.
    auto_approve
        Whether sign-ins are approved at their third poll without a person.
    latency_ms
        Milliseconds to wait before each response of the API.
    rate_limit
        Requests to the API a second, above which it responds 429; `None` is without limit.
    show_remaining
        Whether responses have the number of remaining requests in ``iTwinPlatform-RateLimit-RemainingCalls``.
    inject
        The first faults, as for `Hub.inject`.
    token_lifetime
        Seconds for which access tokens of the identity provider are valid.
    identity
        Options of the identity provider: ``"jwt"``, ``"no-id-token"``, ``"no-scope"``, ``"no-device-endpoint"``.
    clock
        Returns seconds since 1970; tests use their own.

    Raises
    ------
    ValueError
        If a setting is invalid; the message names it.
    """

    project: Project = field(default_factory=generate_project, repr=False)
    neighbors: Sequence[Project] = field(default=(), repr=False)
    ledger_file: str | PathLike[str] | None = None
    permissions: Sequence[str] = PERMISSIONS
    host: str = "127.0.0.1"
    port: int = 0
    allowed_hosts: Sequence[str] = ()
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    auto_approve: bool = False
    latency_ms: float = 0
    rate_limit: float | None = None
    show_remaining: bool = False
    inject: Iterable[str] = ()
    token_lifetime: int = 3600
    identity: Sequence[str] = ()
    clock: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        self._check_numbers()
        self._check_texts()

    @property
    def provider_options(self) -> ProviderOptions:
        """Options of the identity provider."""
        return ProviderOptions.parse(self.identity)

    def _check_numbers(self) -> None:
        if not 0 <= self.port <= _MAX_PORT:
            raise ValueError(f"port should be a whole number from 0 (any free one) to {_MAX_PORT}, not {self.port!r}.")
        if not 0 <= self.latency_ms < inf:
            raise ValueError(f"latency_ms should be 0 or more milliseconds, not {self.latency_ms!r}.")
        if self.rate_limit is not None and not 0 < self.rate_limit < inf:
            raise ValueError(
                f"rate_limit should be a number of requests a second above 0, or None for no limit, "
                f"not {self.rate_limit!r}."
            )
        check_count("token_lifetime", self.token_lifetime)

    def _check_texts(self) -> None:
        if not _BEARER_TOKEN.fullmatch(self.token):  # the message does not show it
            raise ValueError("token should be letters, digits and -._~+/ of ASCII, and nothing else.")
        if isinstance(self.allowed_hosts, str):
            raise ValueError("allowed_hosts should be a list of names, such as ['lab.example.org'].")  # noqa: TRY004 - as in the other checks
        if wrong := [host for host in self.allowed_hosts if not is_host(host)]:
            raise ValueError(f"allowed_hosts should be names such as 'lab.example.org', or '*', not {wrong[0]!r}.")
        if unknown := set(self.permissions) - set(PERMISSIONS):
            raise ValueError(f"permissions should be among {', '.join(PERMISSIONS)}, not {min(unknown)!r}.")
        ProviderOptions.parse(self.identity)


class HubOptions(TypedDict, total=False):
    """Settings by name, without the project; `Settings` explains them."""

    neighbors: Sequence[Project]
    ledger_file: str | PathLike[str] | None
    permissions: Sequence[str]
    host: str
    port: int
    allowed_hosts: Sequence[str]
    token: str
    auto_approve: bool
    latency_ms: float
    rate_limit: float | None
    show_remaining: bool
    inject: Iterable[str]
    token_lifetime: int
    identity: Sequence[str]
    clock: Callable[[], float]


def check_count(name: str, value: int) -> None:
    """Check that a value is a number of things.

    Raises
    ------
    ValueError
        If it is not; the message names it.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{name} should be a whole number of at least 0, not {value!r}.")
