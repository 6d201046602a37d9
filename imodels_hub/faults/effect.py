"""Effects: what a fault does around the answer that would have gone out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from imodels_hub.api.answers import Answer


class Stage(Protocol):
    """What a fault can move behind the client's back."""

    def push(self, count: int = 1, *, state: str = "fileUploaded", gap: int = 0) -> list[dict[str, Any]]:
        """Append changesets."""

    def roll_back(self, count: int = 1) -> None:
        """Take the last changesets away again."""

    def expire_tokens(self) -> None:
        """End every access token that the identity provider gave out."""

    def now(self) -> float:
        """Tell the time, in seconds since 1970."""


@dataclass(frozen=True)
class Scene:
    """Where a fault strikes.

    Parameters
    ----------
    stage
        What it can move.
    route
        What was asked, as the log has it.
    """

    stage: Stage
    route: str


Effect = Callable[[Callable[[], Answer], Scene], Answer]
"""Gives the answer that goes out; the first argument gives the one that would have."""
