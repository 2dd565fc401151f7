"""Owns the signature of a call as a device makes it, for benchmarks that speak HTTP themselves."""

from __future__ import annotations

import secrets
import time

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.protocol import AUTH_SCHEME, JWT_AUDIENCE, body_digest


def authorization(device_id: str, key: Ed25519PrivateKey, method: str, target: str, body: bytes = b"") -> str:
    """The header's value for exactly this call, once."""
    claims = {
        "iss": device_id,
        "aud": JWT_AUDIENCE,
        "iat": int(time.time()),
        "jti": secrets.token_hex(16),
        "htm": method,
        "htu": target,
        "bdg": body_digest(body),
    }
    return f"{AUTH_SCHEME} {jwt.encode(claims, key, algorithm='EdDSA')}"
