"""Bodies: JSON as it goes over the wire."""

import json
from typing import Any

Json = dict[str, Any]


def body_of(value: Json) -> bytes:
    """Write an answer's body."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
