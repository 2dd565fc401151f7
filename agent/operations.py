"""How features append operations to the outbox: in their own transaction, with this device's clock, ids and keys."""

from __future__ import annotations

import sqlite3
from typing import Any

from agent.keys import KeyRing
from sync import outbox
from sync.clock import Clock
from sync.ids import IdSource
from sync.protocol import OpKind


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
