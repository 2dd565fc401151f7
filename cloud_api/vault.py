"""The cloud's own keys: sealed fields, the phone look-up, and the file that holds them."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cloud_api.errors import StartError
from cloud_api.ids import base64url, from_base64url
from rules.phone import Phone

_NONCE_BYTES = 12


class SealBroken(Exception):
    """A sealed field does not open: it was altered, moved to another place or sealed with another key."""


class Vault:
    """Seals fields with AES-GCM bound to their place, and hashes phone numbers for look-up."""

    def __init__(self, field_key: bytes, lookup_key: bytes) -> None:
        self._cipher = AESGCM(field_key)
        self._lookup_key = lookup_key

    def seal(self, plain: bytes, *, place: str) -> bytes:
        """``place`` (table and row) is authenticated, so that cells cannot be swapped."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, place.encode())

    def open(self, sealed: bytes, *, place: str) -> bytes:
        """Raises SealBroken."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place.encode())
        except InvalidTag as error:
            raise SealBroken(place) from error

    def phone_lookup(self, phone: Phone) -> str:
        """A keyed hash: equal for equal numbers, of no use to anybody without the key."""
        return hmac.digest(self._lookup_key, b"phone:" + phone.e164.encode(), "sha256").hex()

    def fingerprint(self) -> str:
        """Tells whether a database was written with these keys, without telling anything about them."""
        return hmac.new(self._lookup_key, b"withfom-cloud-keys", hashlib.sha256).hexdigest()[:32]


def load_vault(path: Path) -> Vault:
    """Reads the key file, or makes it on first use, readable by its owner only. Raises StartError."""
    try:
        if not path.exists():
            _create_key_file(path)
        content = json.loads(path.read_text(encoding="utf-8"))
        field_key, lookup_key = from_base64url(content["field_key"]), from_base64url(content["lookup_key"])
        if len(field_key) != 32 or len(lookup_key) != 32:
            raise ValueError("keys of 32 bytes are needed")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StartError(f"키 파일을 읽을 수 없습니다 / the key file cannot be read: {path}") from error
    return Vault(field_key, lookup_key)


def _create_key_file(path: Path) -> None:
    content = {
        "note": "Keys of the phone numbers in the database. Back up apart from the database; never lose, never share.",
        "field_key": base64url(secrets.token_bytes(32)),
        "lookup_key": base64url(secrets.token_bytes(32)),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    try:
        # A hard link fails when the file exists: of two first starts at once, one makes the keys and both use them.
        path.hardlink_to(draft)
    except FileExistsError:
        return
    finally:
        draft.unlink()
