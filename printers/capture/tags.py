"""Keeps the key that turns approval numbers into tags, so that the numbers themselves are never written (R7)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from pathlib import Path

from printers.capture.files import replace_file

KEY_FILE = "approval.key"  # in the spool folder; the agent puts the store's key there, in hexadecimal
KEY_BYTES = 32
TAG_LETTERS = 24


def write_key(folder: Path, key: bytes) -> None:
    """Use this key from now on; readable by the owner only. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    replace_file(folder / KEY_FILE, key.hex().encode() + b"\n", durable=True, mode=0o600)


class TagMaker:
    """Makes tags with the key in the spool folder; notices when the agent has put another one there.

    Until there is a key it makes one up, so that capture works before the agent is enrolled.
    """

    def __init__(self, folder: Path, *, new_key: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._folder = folder
        self._new_key = new_key
        self._key = b""
        self._seen: tuple[int, int, int] | None = None

    def tag(self, approval_no: str) -> str:
        """The same words as the rules use: a keyed hash of the number. Raises OSError when no key can be kept."""
        return hmac.new(self._current(), b"approval:" + approval_no.encode(), hashlib.sha256).hexdigest()[:TAG_LETTERS]

    def _current(self) -> bytes:
        path = self._folder / KEY_FILE
        try:
            stat = path.stat()
            stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            if stamp != self._seen or not self._key:
                self._key = _parsed(path.read_bytes())
                self._seen = stamp
        except FileNotFoundError:
            self._key = b""
        if not self._key:
            key = self._new_key(KEY_BYTES)
            write_key(self._folder, key)
            self._key = key
            self._seen = None
        return self._key


def _parsed(content: bytes) -> bytes:
    """Hexadecimal, or the raw bytes of a key; nothing when the file is empty."""
    text = content.strip()
    try:
        return bytes.fromhex(text.decode("ascii"))
    except ValueError:
        return content if len(content) >= KEY_BYTES else b""
