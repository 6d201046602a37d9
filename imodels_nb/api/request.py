"""What to GET: a path of ours, a query, and the headers that say in which form."""

from collections.abc import Mapping
from dataclasses import dataclass, field

MINIMAL, FULL = "return=minimal", "return=representation"
"""The two forms of the lists that have both."""

_ACCEPT = "application/vnd.bentley.itwin-platform.{version}+json"


@dataclass(frozen=True)
class Request:
    """What to GET.

    Parameters
    ----------
    path
        Below the client's `base_url`; begins with ``/``. Put together by this package, never taken from an answer.
    params
        The query.
    prefer
        :data:`MINIMAL` or :data:`FULL`, where the operation has both forms.
    version
        The version of the API: iTwins are at ``v1``.
    permission
        What the account needs for it; named when it is refused.
    extra
        Headers that only this operation knows.
    """

    path: str
    params: Mapping[str, str | int]
    prefer: str | None = None
    version: str = "v2"
    permission: str = "imodels_webview"
    extra: Mapping[str, str] = field(default_factory=dict)

    def headers(self) -> dict[str, str]:
        """Give the headers beside the authorization."""
        prefer = {"Prefer": self.prefer} if self.prefer else {}
        return {"Accept": _ACCEPT.format(version=self.version), **prefer, **self.extra}
