"""Sign-ins on their way: how long the provider remembers them, and how many."""

from typing import TypeVar

from imodels_hub.identity.code_grant import CodeGrant
from imodels_hub.identity.device_grant import LIFETIME_S, DeviceGrant

_MOST = 1000

Grant = TypeVar("Grant", DeviceGrant, CodeGrant)


def recent(grants: dict[str, Grant], now: float) -> dict[str, Grant]:
    """Leave out what ended long ago, and the oldest of too many, so that one more has room."""
    kept = [item for item in grants.items() if now < item[1].expires_at + LIFETIME_S]
    return dict(kept[1 - _MOST :])
