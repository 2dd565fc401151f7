"""Owns the sealed outbox file: what is unsent leaves a device under a passphrase and comes back exactly once."""

from __future__ import annotations

import base64
import binascii
import gzip
import hashlib
import json
import os
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sync import outbox
from sync.backup import settle
from sync.errors import CellUnreadable, OutboxFileUnreadable, WrongPassphrase
from sync.outbox import Cipher
from sync.profile import require_identity
from sync.protocol import Operation, canonical_json, chain_hash
from sync.sealed_file import SCRYPT_N, SCRYPT_P, SCRYPT_R
from sync.secrets import cell
from sync.sqlite_errors import for_os_error
from sync.store import Store

PASSPHRASE_MIN = 10
FILE_BYTES_MAX = 128 * 1024 * 1024  # far above the longest queue
_FORMAT = "withfom-outbox"
_SCRYPT_MEMORY = 64 * 1024 * 1024
_SALT_BYTES, _NONCE_BYTES = 16, 12


@dataclass(frozen=True)
class Exported:
    """``unreadable`` operations are not in the file: they do not open any more, or were changed on the disk."""

    written: int
    unreadable: int


@dataclass(frozen=True)
class Imported:
    """``taken`` are in the queue now; ``known`` were there already, sent or not."""

    taken: int
    known: int


@dataclass(frozen=True)
class ForeignStore:
    """The file is of another store; nothing was changed."""

    store_id: str


def export_outbox(store: Store, path: Path, passphrase: str, *, cipher: Cipher) -> Exported:
    """Writes everything unsent to ``path``, whole or not at all.

    The queue stays as it is: what is sent as well counts once, by its id. Raises ValueError for a short passphrase,
    NotEnrolled, StoreError.
    """
    if len(passphrase) < PASSPHRASE_MIN:
        raise ValueError(f"a passphrase needs {PASSPHRASE_MIN} letters")
    with store.read() as conn:
        identity = require_identity(conn)
        rows = conn.execute(
            "SELECT * FROM outbox WHERE status IN ('pending', 'forked') ORDER BY epoch = 0, epoch, seq"
        ).fetchall()
    ops: list[dict[str, Any]] = []
    unreadable = 0
    for row in rows:
        try:
            wire = outbox.from_row(row, cipher)
            if chain_hash(row["prev_hash"], wire) != row["hash"]:
                raise CellUnreadable(f"operation {row['seq']} was changed")
        except (CellUnreadable, ValueError):
            unreadable += 1
            continue
        secret = sorted(wire.body.keys() - json.loads(row["body"]).keys())
        ops.append({"op": wire.to_wire(), "secret": secret})
    content = gzip.compress(canonical_json({"store": identity.store_id, "ops": ops}), mtime=0)
    _write(path, _seal(content, passphrase))
    return Exported(len(ops), unreadable)


def import_outbox(store: Store, path: Path, passphrase: str, *, cipher: Cipher) -> Imported | ForeignStore:
    """Takes the operations of the file into the queue under new numbers, with their old ids; one transaction.

    A second import changes nothing. Raises OutboxFileUnreadable, WrongPassphrase, NotEnrolled, StoreError.
    """
    fields = _opened(_read(path), passphrase)
    ops = [_checked(raw) for raw in fields["ops"]]
    with store.transaction() as conn:
        identity = require_identity(conn)
        if fields["store"] != identity.store_id:
            return ForeignStore(str(fields["store"]))
        taken = 0
        for wire, secret_names in ops:
            if conn.execute("SELECT 1 FROM outbox WHERE op_id = ?", (wire.op_id,)).fetchone() is not None:
                continue
            secret = {name: wire.body[name] for name in secret_names}
            body = {name: value for name, value in wire.body.items() if name not in secret}
            last_seq, prev_hash = outbox.read_head(conn, identity.device_id, identity.epoch)
            moved = replace(wire, device=identity.device_id, epoch=identity.epoch, seq=last_seq + 1)
            address = cell("outbox", "sealed", wire.op_id)
            sealed = cipher.seal(canonical_json(secret).decode(), address) if secret else None
            outbox.insert(conn, moved, body, sealed, prev_hash)
            taken += 1
    return Imported(taken, len(ops) - taken)


def _seal(content: bytes, passphrase: str) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    salt, nonce = os.urandom(_SALT_BYTES), os.urandom(_NONCE_BYTES)
    head = {"format": _FORMAT, "v": 1, "scrypt_n": SCRYPT_N, "salt": _b64(salt), "nonce": _b64(nonce)}
    bound = canonical_json(head)
    box = AESGCM(_key(passphrase, salt)).encrypt(nonce, content, bound)
    return bound + b"\n" + base64.b64encode(box) + b"\n"


def _opened(raw: bytes, passphrase: str) -> dict[str, Any]:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    bound, _, box = raw.partition(b"\n")
    try:
        head = json.loads(bound)
        if head["format"] != _FORMAT or head["v"] != 1 or head["scrypt_n"] != SCRYPT_N:
            raise ValueError("another format")
        salt, nonce = (base64.b64decode(head[name], validate=True) for name in ("salt", "nonce"))
        sealed = base64.b64decode(box.strip(), validate=True)
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error) as broken:
        raise OutboxFileUnreadable(f"no outbox file: {broken}") from broken
    try:
        content = AESGCM(_key(passphrase, salt)).decrypt(nonce, sealed, bound)
    except (InvalidTag, ValueError) as refused:
        raise WrongPassphrase("the file does not open with this passphrase, or was changed") from refused
    try:
        unpacked = zlib.decompressobj(wbits=31).decompress(content, FILE_BYTES_MAX)
        fields = json.loads(unpacked)
        if not isinstance(fields["store"], str) or not isinstance(fields["ops"], list):
            raise TypeError("store or ops")
    except (ValueError, KeyError, TypeError, RecursionError, zlib.error) as broken:
        raise OutboxFileUnreadable(f"the content does not read: {broken}") from broken
    return dict(fields)


def _checked(raw: Any) -> tuple[Operation, list[str]]:
    try:
        op, names = Operation.from_wire(raw["op"]), list(raw["secret"])
        if not all(isinstance(name, str) and name in op.body for name in names):
            raise TypeError("secret")
    except (KeyError, TypeError) as broken:
        raise OutboxFileUnreadable(f"an operation does not read: {broken}") from broken
    return op, names


def _key(passphrase: str, salt: bytes) -> bytes:
    return hashlib.scrypt(
        passphrase.encode(), salt=salt, n=SCRYPT_N, r=SCRYPT_R, p=SCRYPT_P, maxmem=_SCRYPT_MEMORY, dklen=32
    )


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise OutboxFileUnreadable("too large for an outbox file")
        return path.read_bytes()
    except OSError as refused:
        raise OutboxFileUnreadable(str(refused)) from refused


def _write(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(content)
        settle(draft, path)
    except OSError as refused:
        draft.unlink(missing_ok=True)
        raise for_os_error(refused) from refused
