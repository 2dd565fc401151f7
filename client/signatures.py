"""What a receiver of webhooks does with a delivery: whose it is, whether it is of now, and what it says."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

WINDOW_S = 300


class WrongSignature(Exception):
    """The delivery is not the cloud's, or too old to be taken."""


def opened(secret: str, headers: Mapping[str, str], body: bytes, *, now_s: float) -> dict[str, Any]:
    """The event of a delivery. ``headers`` is looked up by name in lower case. Raises WrongSignature."""
    timestamp = headers.get("withfom-timestamp", "")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 12):
        raise WrongSignature("no time")
    if abs(now_s - int(timestamp)) > WINDOW_S:
        raise WrongSignature("not of now")
    wanted = "v1=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    given = [one.strip() for one in headers.get("withfom-signature", "").split(",")]
    if not any(hmac.compare_digest(wanted.encode(), one.encode()) for one in given):
        raise WrongSignature("another secret")
    event: dict[str, Any] = json.loads(body)
    return event
