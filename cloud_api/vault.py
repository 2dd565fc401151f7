"""The cloud's own keys: sealed fields, the phone look-up, and the file that holds them (NFR-05).

Every kind of key has a number; the highest is the newest. A sealed field says which key sealed it, so that keys change
while fields sealed with older ones still open. Fields from before there were numbers are of key 1.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cloud_api.errors import StartError
from cloud_api.ids import base64url, from_base64url
from rules.phone import Phone

log = logging.getLogger("cloud")

FIRST_KEY = 1
KEY_NUMBER_MAX = 255  # it has one byte in a sealed field
_KEY_BYTES = 32
_NONCE_BYTES = 12
_MARK = b"\xf5\x01"
HEAD_BYTES = len(_MARK) + 1
NOTE = "Keys of the phone numbers in the database. Back up apart from the database; never lose, never share."


class SealBroken(Exception):
    """A sealed field does not open: it was altered, moved to another place or sealed with another key."""


@dataclass(frozen=True)
class Keys:
    """By number. ``added_ms`` is when the newest of each kind came. ``former`` are look-up keys that went out of use;
    no number and no person is under them any more, only words that a stranger may still bring (``Vault.digests``)."""

    fields: Mapping[int, bytes]
    lookups: Mapping[int, bytes]
    added_ms: int = 0
    former: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        for known in (self.fields, self.lookups):
            if not known or not all(FIRST_KEY <= number <= KEY_NUMBER_MAX for number in known):
                raise ValueError("a key of each kind is needed")
            if any(len(key) != _KEY_BYTES for key in (*known.values(), *self.former)):
                raise ValueError("keys of 32 bytes are needed")

    def __repr__(self) -> str:
        return f"Keys(fields {sorted(self.fields)}, lookups {sorted(self.lookups)})"  # never in a log or a traceback

    @staticmethod
    def first() -> Keys:
        """A new key of each kind."""
        return Keys({FIRST_KEY: new_key()}, {FIRST_KEY: new_key()})

    @staticmethod
    def from_json(raw: dict[str, Any]) -> Keys:
        """Raises KeyError, TypeError or ValueError."""
        if "field_key" in raw:  # as it was written before keys had numbers
            return Keys({FIRST_KEY: from_base64url(raw["field_key"])}, {FIRST_KEY: from_base64url(raw["lookup_key"])})
        fields, lookups = (
            {int(number): from_base64url(key) for number, key in raw[name].items()}
            for name in ("field_keys", "lookup_keys")
        )
        former = tuple(from_base64url(key) for key in raw.get("former_lookup_keys", ()))
        return Keys(fields, lookups, added_ms=int(raw.get("added_ms", 0)), former=former)

    def to_json(self) -> dict[str, Any]:
        former = {"former_lookup_keys": [base64url(key) for key in self.former]} if self.former else {}
        return former | {
            "note": NOTE,
            "field_keys": {str(number): base64url(key) for number, key in sorted(self.fields.items())},
            "lookup_keys": {str(number): base64url(key) for number, key in sorted(self.lookups.items())},
            "added_ms": self.added_ms,
        }


def new_key() -> bytes:
    """32 bytes from the operating system."""
    return secrets.token_bytes(_KEY_BYTES)


@dataclass(frozen=True)
class _Ready:
    """Keys as they are used; replaced as a whole, so that no thread ever sees half a change."""

    keys: Keys
    ciphers: dict[int, AESGCM] = field(default_factory=dict)
    head: bytes = b""

    @staticmethod
    def of(keys: Keys) -> _Ready:
        newest = max(keys.fields)
        return _Ready(keys, {number: AESGCM(key) for number, key in keys.fields.items()}, _MARK + bytes([newest]))


class Vault:
    """Seals fields with AES-GCM bound to their place, and hashes phone numbers for look-up. Thread-safe.

    Follows its file: a field whose key is not known yet makes it look again, and so does ``refresh``.
    """

    def __init__(self, keys: Keys, *, path: Path | None = None) -> None:
        self._path = path
        self._ready = _Ready.of(keys)
        self._seen = _stamp(path)

    @property
    def keys(self) -> Keys:
        return self._ready.keys

    @property
    def head(self) -> bytes:
        """How every field begins that is sealed with the newest key."""
        return self._ready.head

    def seal(self, plain: bytes, *, place: str) -> bytes:
        """``place`` (table and row) is authenticated, so that cells cannot be swapped."""
        ready = self._ready
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return ready.head + nonce + ready.ciphers[ready.head[-1]].encrypt(nonce, plain, place.encode())

    def open(self, sealed: bytes, *, place: str) -> bytes:
        """Raises SealBroken."""
        if sealed[: len(_MARK)] == _MARK:
            number = sealed[len(_MARK)] if len(sealed) >= HEAD_BYTES else 0
            if number not in self._ready.ciphers:
                self.refresh()
            try:
                return self._opened(number, sealed[HEAD_BYTES:], place)
            except SealBroken:
                pass  # one nonce in 65,536 looks like a mark
        return self._opened(FIRST_KEY, sealed, place)

    def _opened(self, number: int, sealed: bytes, place: str) -> bytes:
        cipher = self._ready.ciphers.get(number)
        if cipher is None:
            raise SealBroken(place)
        try:
            return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place.encode())
        except (InvalidTag, ValueError) as error:
            raise SealBroken(place) from error

    def phone_lookup(self, phone: Phone, key: int | None = None) -> str:
        """A keyed hash: equal for equal numbers, of no use to anybody without the key; the newest one if none is
        named."""
        lookups = self._ready.keys.lookups
        chosen = lookups[max(lookups) if key is None else key]
        return hmac.digest(chosen, b"phone:" + phone.e164.encode(), "sha256").hex()

    def tail_lookup(self, phone: Phone, key: int | None = None) -> str:
        """A keyed hash of the last four digits, by which staff look for somebody (MEM-22)."""
        lookups = self._ready.keys.lookups
        return _tail(lookups[max(lookups) if key is None else key], phone.e164[-4:])

    def tail_lookups(self, tail: str) -> list[str]:
        """The hash of four digits under every key."""
        return [_tail(key, tail) for key in self._ready.keys.lookups.values()]

    def ci_lookup(self, ci: str) -> str:
        """A keyed hash of a person's CI, by which one person is found twice (MEM-08)."""
        return self.ci_lookups(ci)[-1]

    def ci_lookups(self, ci: str) -> list[str]:
        """The hash under every key, the newest last."""
        return self._hashes(b"ci:" + ci.encode())

    def birthday_lookup(self, month_day: str) -> str:
        """A keyed hash of a birthday without its year (``02-29``), by which those of a day are found (CPN-05)."""
        return self.birthday_lookups(month_day)[-1]

    def birthday_lookups(self, month_day: str) -> list[str]:
        """The hash under every key, the newest last."""
        return self._hashes(b"birthday:" + month_day.encode())

    def digest(self, secret: str) -> str:
        """For comparing secrets of few possible values, which a plain hash would give away; under the newest key."""
        return self._hashes(b"secret:" + secret.encode())[-1]

    def digests(self, secret: str) -> list[str]:
        """What may be kept of the secret: its hash under every key of the file as it is now, and under former ones."""
        self.refresh()
        message = b"secret:" + secret.encode()
        former = [hmac.digest(key, message, "sha256").hex() for key in self._ready.keys.former]
        return former + self._hashes(message)

    def _hashes(self, message: bytes) -> list[str]:
        return [hmac.digest(key, message, "sha256").hex() for _, key in sorted(self._ready.keys.lookups.items())]

    def phone_lookups(self, phone: Phone) -> list[str]:
        """The number's hash under every key."""
        message = b"phone:" + phone.e164.encode()
        return [hmac.digest(key, message, "sha256").hex() for key in self._ready.keys.lookups.values()]

    def fingerprints(self) -> dict[str, int]:
        """The look-up keys by their fingerprint, which tells whether a database was written with them, without
        telling anything about them."""
        return {_fingerprint(key): number for number, key in self._ready.keys.lookups.items()}

    def newest_fingerprint(self) -> str:
        """Of the newest look-up key."""
        return max(self.fingerprints().items(), key=lambda item: item[1])[0]

    def lookup_named(self, fingerprint: str) -> int:
        """The number of a look-up key. Raises KeyError when it is none of ours."""
        if fingerprint not in (known := self.fingerprints()):
            self.refresh()
            known = self.fingerprints()
        return known[fingerprint]

    def refresh(self) -> None:
        """Takes over what the file says now. A file that cannot be read leaves everything as it is."""
        stamp = _stamp(self._path)
        if self._path is None or stamp == self._seen:
            return
        try:
            self._ready = _Ready.of(read_keys(self._path))
            self._seen = stamp
        except StartError as problem:
            log.error("keys_not_read %s", problem)


def _tail(lookup_key: bytes, tail: str) -> str:
    return hmac.digest(lookup_key, b"tail:" + tail.encode(), "sha256").hex()[:16]


def _fingerprint(lookup_key: bytes) -> str:
    return hmac.new(lookup_key, b"withfom-cloud-keys", hashlib.sha256).hexdigest()[:32]


def _stamp(path: Path | None) -> tuple[int, int] | None:
    """Changes when the file is replaced."""
    try:
        found = path.stat() if path is not None else None
    except OSError:
        return None
    return None if found is None else (found.st_ino, found.st_mtime_ns)


def load_vault(path: Path) -> Vault:
    """Reads the key file, or makes it on first use, readable by its owner only. Raises StartError."""
    try:
        if not path.exists():
            _create_key_file(path)
    except OSError as error:
        raise _unreadable(path) from error
    return Vault(read_keys(path), path=path)


def read_keys(path: Path) -> Keys:
    """Raises StartError."""
    try:
        return Keys.from_json(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unreadable(path) from error


def replace_keys(path: Path, keys: Keys) -> None:
    """Puts the keys in the place of those in the file, durably; whoever reads sees the old ones or the new ones."""
    draft = _drafted(path, keys)
    draft.replace(path)
    handle = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _unreadable(path: Path) -> StartError:
    return StartError(f"키 파일을 읽을 수 없습니다 / the key file cannot be read: {path}")


def _drafted(path: Path, keys: Keys) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(keys.to_json(), file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    return draft


def _create_key_file(path: Path) -> None:
    draft = _drafted(path, Keys.first())
    try:
        # A hard link fails when the file exists: of two first starts at once, one makes the keys and both use them.
        path.hardlink_to(draft)
    except FileExistsError:
        return
    finally:
        draft.unlink()
