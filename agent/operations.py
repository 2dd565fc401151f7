"""How features append operations to the outbox: in their own transaction, with this device's clock, ids and keys."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from agent.keys import KeyRing
from sync import outbox
from sync.clock import Clock
from sync.ids import IdSource
from sync.protocol import OpKind


@dataclass(frozen=True)
class SentOp:
    """An operation of ours that the cloud has answered; ``body`` is without its secrets."""

    op_id: str
    kind: str
    body: dict[str, Any]
    mono_ms: int
    boot_id: str


def sent_op(conn: sqlite3.Connection, op_id: str) -> SentOp:
    """What was sent under this id. Raises KeyError for an id that is not ours."""
    found = conn.execute("SELECT kind, body, mono_ms, boot_id FROM outbox WHERE op_id = ?", (op_id,)).fetchone()
    if found is None:
        raise KeyError(op_id)
    return SentOp(op_id, found[0], json.loads(found[1]), found[2], found[3])


class Operations:
    """Appends to the outbox; nothing leaves the machine before the caller's transaction has committed."""

    def __init__(self, *, clock: Clock, ids: IdSource, keyring: KeyRing) -> None:
        self._clock = clock
        self._ids = ids
        self._keyring = keyring

    def append(
        self,
        conn: sqlite3.Connection,
        kind: OpKind,
        body: dict[str, Any],
        *,
        actor: str,
        secret: dict[str, Any] | None = None,
    ) -> outbox.Appended:
        """Id and number of the new operation. ``secret`` is sealed on disk. Raises NotEnrolled without keys."""
        operation = outbox.NewOp(kind=kind.value, body=body, actor=actor, secret=secret)
        cipher = self._keyring.keys.cipher if secret else None
        return outbox.append(conn, operation, clock=self._clock, ids=self._ids, cipher=cipher)
