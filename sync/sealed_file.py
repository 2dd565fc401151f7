"""Owns the sealed key file: how its key is derived, and how it is written so that a crash leaves the old or the new."""

from __future__ import annotations

import base64
import getpass
import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from sync.errors import VaultUnavailable, VaultUnreadable

# 32 MiB and about a tenth of a second on an old PC, once a start.
SCRYPT_N, SCRYPT_R, SCRYPT_P = 2**15, 8, 1
_SCRYPT_MEMORY = 64 * 1024 * 1024
_SALT_BYTES = 16
_NONCE_BYTES = 12
_FILE_BYTES_MAX = 64 * 1024
_MACHINE_ID_FILES = ("/etc/machine-id", "/var/lib/dbus/machine-id")


def seal(text: str, entry: str, passphrase: str | None) -> dict[str, Any]:
    """The sealed form of ``text`` as JSON fields; bound to the entry's name."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    salt, nonce = os.urandom(_SALT_BYTES), os.urandom(_NONCE_BYTES)
    secret = machine_secret() if passphrase is None else passphrase.encode()
    box = AESGCM(_derive(secret, salt, SCRYPT_N)).encrypt(nonce, text.encode(), entry.encode())
    return {
        "key_from": "machine" if passphrase is None else "passphrase",
        "scrypt_n": SCRYPT_N,
        "salt": base64.b64encode(salt).decode("ascii"),
        "nonce": base64.b64encode(nonce).decode("ascii"),
        "box": base64.b64encode(box).decode("ascii"),
    }


def unseal(fields: dict[str, Any], entry: str, passphrase: str | None) -> str:
    """Raises VaultUnavailable when a passphrase is needed and not given, VaultUnreadable when it does not open."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if fields.get("key_from") == "passphrase":
        if passphrase is None:
            raise VaultUnavailable("the keys are sealed with a passphrase that is not given")
        secret = passphrase.encode()
    else:
        secret = machine_secret()
    try:
        salt, nonce, box = (base64.b64decode(fields[name], validate=True) for name in ("salt", "nonce", "box"))
        key = _derive(secret, salt, int(fields["scrypt_n"]))
        return AESGCM(key).decrypt(nonce, box, entry.encode()).decode()
    except (InvalidTag, KeyError, TypeError, ValueError) as broken:
        raise VaultUnreadable("the sealed keys do not open") from broken


def _derive(secret: bytes, salt: bytes, n: int) -> bytes:
    if n > SCRYPT_N:  # a file from elsewhere must not make us allocate what it likes
        raise ValueError("scrypt cost out of range")
    return hashlib.scrypt(secret, salt=salt, n=n, r=SCRYPT_R, p=SCRYPT_P, maxmem=_SCRYPT_MEMORY, dklen=32)


def machine_secret() -> bytes:
    """An identifier of this machine and user. It is no secret to programs that run here; see sync.secrets."""
    return f"withfom-vault-v1\n{_machine_id()}\n{_user_id()}".encode()


def _machine_id() -> str:
    if sys.platform == "win32":
        import winreg

        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SOFTWARE\Microsoft\Cryptography") as key:
            return str(winreg.QueryValueEx(key, "MachineGuid")[0])
    for name in _MACHINE_ID_FILES:
        try:
            return Path(name).read_text("ascii").strip()
        except (OSError, UnicodeDecodeError):
            continue
    import uuid

    return f"{uuid.getnode():012x}"


def _user_id() -> str:
    return getpass.getuser() if sys.platform == "win32" else str(os.getuid())


def write(path: Path, fields: dict[str, Any]) -> None:
    """Durable and whole, readable by this user only. Raises OSError."""
    partial = path.with_suffix(".partial")
    fd = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(json.dumps(fields).encode())
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    if sys.platform != "win32":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def read(path: Path) -> dict[str, Any]:
    """Raises VaultUnreadable when the file is gone or not ours."""
    try:
        if path.stat().st_size > _FILE_BYTES_MAX:
            raise ValueError("too large")
        fields = json.loads(path.read_bytes())
        if not isinstance(fields, dict) or fields.get("kind") not in ("keyring", "sealed"):
            raise ValueError("unknown content")
    except (OSError, ValueError) as broken:
        raise VaultUnreadable(f"{path.name}: {broken}") from broken
    return fields
