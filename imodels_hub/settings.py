"""The settings of a hub: what it serves, where, to whom, and how well."""

import re
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from math import inf
from os import PathLike

from imodels_hub.api.call import PERMISSIONS
from imodels_hub.identity.options import Options
from imodels_hub.project.records import Project
from imodels_hub.project.synthesis import synthesise
from imodels_hub.web.hosts import is_host

_LAST_PORT = 65_535
_BEARER = re.compile(r"[A-Za-z0-9._~+/-]+=*")


def _made_up() -> str:
    return secrets.token_urlsafe(24)


@dataclass(frozen=True, eq=False)
class Settings:
    """How a hub is to be.

    Parameters
    ----------
    project
        What it serves: `synthesise` draws one, `recorded` takes one in. By default the 12,000 changesets that
        `synthesise` draws.
    neighbours
        Further iModels that it serves beside the project, each with a ledger of its own.
    ledger_file
        Where the project's ledger is kept, pushes included, for the next hub that is given the same file; by default
        in memory, and gone when the hub stops.
    permissions
        What the sample's user may do, such as ``("imodels_webview",)``: who lacks ``imodels_read`` gets no downloads.
    host
        Address to listen on. On anything but loopback, everybody who reaches the port can approve a sign-in.
    port
        0 takes any free one.
    allowed_hosts
        Names besides those of this machine that Host and Origin headers may carry, such as that of a server whose
        proxy leads here; ``"*"`` allows all. Other requests are refused (DNS rebinding).
    token
        An access token that is always good; random if not given.
    auto_approve
        Whether sign-ins approve themselves at their third poll, for runs where nobody clicks.
    latency_ms
        Milliseconds that pass before each answer of the API.
    rate_limit
        Requests to the API a second, above which it answers 429; `None` for no limit.
    tell_remaining
        Whether its answers tell, in the header ``iTwinPlatform-RateLimit-RemainingCalls``, how many requests would
        still be let through.
    inject
        Faults to begin with, as `Hub.inject` takes them.
    token_lifetime
        Seconds that the access tokens of the identity provider are good for.
    identity
        Ways of the identity provider: ``"jwt"``, ``"no-id-token"``, ``"no-scope"``, ``"no-device-endpoint"``.
    clock
        Seconds since 1970; tests put their own in.

    Raises
    ------
    ValueError
        If one of them makes no sense; the message names it.
    """

    project: Project = field(default_factory=synthesise, repr=False)
    neighbours: Sequence[Project] = field(default=(), repr=False)
    ledger_file: str | PathLike[str] | None = None
    permissions: Sequence[str] = PERMISSIONS
    host: str = "127.0.0.1"
    port: int = 0
    allowed_hosts: Sequence[str] = ()
    token: str = field(default_factory=_made_up, repr=False)
    auto_approve: bool = False
    latency_ms: float = 0
    rate_limit: float | None = None
    tell_remaining: bool = False
    inject: Iterable[str] = ()
    token_lifetime: int = 3600
    identity: Sequence[str] = ()
    clock: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        self._check_numbers()
        self._check_words()

    @property
    def options(self) -> Options:
        """The ways of the identity provider."""
        return Options.of(*self.identity)

    def _check_numbers(self) -> None:
        if not 0 <= self.port <= _LAST_PORT:
            raise ValueError(f"port should be a whole number from 0 (any free one) to {_LAST_PORT}, not {self.port!r}.")
        if not 0 <= self.latency_ms < inf:
            raise ValueError(f"latency_ms should be 0 or more milliseconds, not {self.latency_ms!r}.")
        if self.rate_limit is not None and not 0 < self.rate_limit < inf:
            raise ValueError(
                f"rate_limit should be a number of requests a second above 0, or None for no limit, "
                f"not {self.rate_limit!r}."
            )
        check_count("token_lifetime", self.token_lifetime)

    def _check_words(self) -> None:
        if not _BEARER.fullmatch(self.token):  # RFC 6750 section 2.1; what was given is not shown
            raise ValueError("token should be letters, digits and -._~+/ of ASCII, and nothing else.")
        if isinstance(self.allowed_hosts, str):
            raise ValueError("allowed_hosts should be a list of names, such as ['lab.example.org'].")  # noqa: TRY004 - as the others
        if wrong := [host for host in self.allowed_hosts if not is_host(host)]:
            raise ValueError(f"allowed_hosts should be names such as 'lab.example.org', or '*', not {wrong[0]!r}.")
        if unknown := set(self.permissions) - set(PERMISSIONS):
            raise ValueError(f"permissions should be among {', '.join(PERMISSIONS)}, not {min(unknown)!r}.")
        Options.of(*self.identity)


def check_count(name: str, value: int) -> None:
    """Refuse what is no number of things.

    Raises
    ------
    ValueError
        Names it.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{name} should be a whole number of at least 0, not {value!r}.")
