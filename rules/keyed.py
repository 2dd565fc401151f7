"""Stand-ins for numbers that may not be kept: HMAC-SHA-256 under the store's key."""

from __future__ import annotations

import hmac
from functools import lru_cache


def keyed_hex(key: bytes, text: str) -> str:
    """64 hexadecimal digits: equal texts meet, and nobody without the key can try all of them."""
    digest = _begun(key).copy()
    digest.update(text.encode())
    return digest.hexdigest()


# A customer waits for two of them, and taking in a key costs more than a short text.
@lru_cache(maxsize=4)
def _begun(key: bytes) -> hmac.HMAC:
    return hmac.new(key, digestmod="sha256")
