"""Owns the device's keys: sealing of personal cells, the phone look-up, and the vault in which the keys lie.

What the vault protects. With an operating system keyring (Windows Credential Manager, macOS Keychain, Secret
Service, KWallet) the keys are as safe as the login of the person at the counter. Without one they lie in a file of
mode 0600, sealed with AES-GCM. Its key comes from scrypt over the passphrase in ``WITHFOM_VAULT_PASSPHRASE``, or, if
there is none, over an identifier of this machine and user. The latter protects a copy of the folder (a backup, a
stolen disk image, a support file) that is opened on another machine. It does NOT protect against anybody who can run
programs as this user or as administrator on this machine: such a person can read the identifier too. Nothing is ever
written in plain text.

Rules: AGT-13, NFR-05.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rules.keyed import keyed_hex
from sync import keyring_box, sealed_file
from sync.errors import CellUnreadable, VaultUnreadable

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY_BYTES = 32
PASSPHRASE_ENV = "WITHFOM_VAULT_PASSPHRASE"
_CELL_VERSION = b"\x01"
_NONCE_BYTES = 12


@dataclass(frozen=True)
class DeviceSecrets:
    """``private_key`` is the raw Ed25519 seed, ``store_key`` came from the cloud, ``field_key`` seals local cells.

    ``old_field_key`` is the one before: backups of the local file were sealed with it."""

    private_key: bytes
    store_key: bytes
    field_key: bytes
    old_field_key: bytes | None = None

    def __post_init__(self) -> None:
        keys = [self.private_key, self.store_key, self.field_key]
        if any(len(key) != KEY_BYTES for key in (*keys, self.old_field_key or self.field_key)):
            raise ValueError("every key has 32 bytes")

    def __repr__(self) -> str:
        return "DeviceSecrets(…)"  # never in a log or a traceback

    def signing_key(self) -> Ed25519PrivateKey:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(self.private_key)

    def cipher(self) -> FieldCipher:
        return FieldCipher(self.field_key, self.old_field_key)

    def to_text(self) -> str:
        """Under 300 letters: Windows' keyring takes about 1,200."""
        fields = {"v": 1, "private": _b64(self.private_key), "store": _b64(self.store_key)}
        fields["field"] = _b64(self.field_key)
        if self.old_field_key is not None:
            fields["old_field"] = _b64(self.old_field_key)
        return json.dumps(fields)

    @staticmethod
    def from_text(text: str) -> DeviceSecrets:
        """Raises VaultUnreadable when this is not what ``to_text`` wrote."""
        try:
            raw = json.loads(text)
            names = ("private", "store", "field", *(("old_field",) if "old_field" in raw else ()))
            return DeviceSecrets(*(base64.b64decode(raw[name], validate=True) for name in names))
        except (ValueError, KeyError, TypeError) as broken:
            raise VaultUnreadable("the vault entry is not ours") from broken


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def new_key() -> bytes:
    """32 bytes from the operating system."""
    return os.urandom(KEY_BYTES)


def cell(table: str, column: str, row_id: str) -> str:
    """The address that is bound into a sealed cell, so that cells cannot be swapped unnoticed."""
    return f"{table}/{column}/{row_id}"


class FieldCipher:
    """AES-256-GCM for single cells. ``aad`` is the cell's address, see ``cell``. Cells that the key before sealed open
    too."""

    def __init__(self, field_key: bytes, old_field_key: bytes | None = None) -> None:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self._tampered = InvalidTag  # here and not where it is caught: every opened cell would look for the module
        self._aead = AESGCM(field_key)
        self._old = None if old_field_key is None else AESGCM(old_field_key)

    def seal(self, text: str, aad: str) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return _CELL_VERSION + nonce + self._aead.encrypt(nonce, text.encode(), aad.encode())

    def open(self, sealed: bytes, aad: str) -> str:
        """Raises CellUnreadable for a changed, moved or foreign cell."""
        if sealed[:1] != _CELL_VERSION or len(sealed) < 1 + _NONCE_BYTES + 16:
            raise CellUnreadable(f"{aad}: not a sealed cell")
        nonce, box = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            return self._aead.decrypt(nonce, box, aad.encode()).decode()
        except self._tampered as tampered:
            if self._old is None:
                raise CellUnreadable(f"{aad}: does not open") from tampered
        try:
            return self._old.decrypt(nonce, box, aad.encode()).decode()
        except self._tampered as tampered:
            raise CellUnreadable(f"{aad}: does not open") from tampered


def phone_lookup(store_key: bytes, e164: str) -> str:
    """A keyed stand-in for a number: equal numbers meet, and nobody without the store's key can try all of them."""
    return keyed_hex(store_key, "phone:" + e164)


class DeviceVault:
    """Keeps DeviceSecrets under an entry name that the database remembers.

    A new entry never touches the one before it, so that an enrollment that is cut off leaves the old keys in force.
    A small file ``vault-<entry>.json`` says where the keys are and, without a keyring, holds them sealed.
    """

    def __init__(
        self,
        folder: Path,
        *,
        environ: Mapping[str, str] | None = None,
        open_keyring: Callable[[], keyring_box.KeyringBox | None] = keyring_box.open_keyring,
    ) -> None:
        self._folder = folder
        self._passphrase = (os.environ if environ is None else environ).get(PASSPHRASE_ENV) or None
        self._open_keyring = open_keyring

    def save(self, entry: str, secrets: DeviceSecrets) -> str:
        """Stores and reads back; returns where: ``keyring``, ``passphrase`` or ``machine``.

        A passphrase wins over the keyring, because somebody chose it. Raises VaultUnavailable or OSError.
        """
        return self.write(entry, secrets.to_text())

    def load(self, entry: str) -> DeviceSecrets:
        """Raises VaultUnavailable when the keyring is locked or the passphrase is not given (try again later), and
        VaultUnreadable when the keys are gone or do not open here."""
        return DeviceSecrets.from_text(self.read(entry))

    def write(self, entry: str, text: str) -> str:
        """``save`` for any short secret text."""
        box = None if self._passphrase else self._open_keyring()
        if box is not None:
            box.write(entry, text)
            if box.read(entry) == text:
                sealed_file.write(self._path(entry), {"v": 1, "kind": "keyring"})
                return "keyring"
        sealed = sealed_file.seal(text, entry, self._passphrase)
        sealed_file.write(self._path(entry), {"v": 1, "kind": "sealed", **sealed})
        return str(sealed["key_from"])

    def read(self, entry: str) -> str:
        """``load`` for any short secret text."""
        found = sealed_file.read(self._path(entry))
        if found.get("kind") == "sealed":
            return sealed_file.unseal(found, entry, self._passphrase)
        text = keyring_box.require(self._open_keyring()).read(entry)
        if text is None:
            raise VaultUnreadable("the keyring has no such entry")
        return text

    def forget_others(self, keep: str) -> None:
        """Removes entries of earlier enrollments, once the new one is committed. Raises SecretError or OSError."""
        for path in self._folder.glob("vault-*.json"):
            entry = path.stem.removeprefix("vault-")
            if entry == keep:
                continue
            if sealed_file.read(path).get("kind") == "keyring":
                keyring_box.require(self._open_keyring()).remove(entry)
            path.unlink(missing_ok=True)

    def _path(self, entry: str) -> Path:
        return self._folder / f"vault-{entry}.json"
