"""Owns the mistakes that somebody could make with what is uploaded beside the operations."""

from __future__ import annotations

from typing import Any

from simulation.mutants.planting import Mutant, swap
from sync import chores, uploads
from sync.chores import Chores
from sync.meta import set_meta

_send = Chores._send


def _sent_is_kept(self: Chores) -> None:
    """What was sent counts as kept, whatever the answer was."""
    with self._store.read() as conn:
        batch = uploads.next_batch(conn, self._upload_items)
    _send(self)
    with self._store.transaction() as conn:
        uploads.forget(conn, batch)


_forget = uploads.forget


def _forget_all(conn: Any, sent: Any) -> None:
    """An answer to one batch counts for everything that waits."""
    _forget(conn, sent)
    newest = conn.execute("SELECT coalesce(max(rowid), 0) FROM document").fetchone()[0]
    set_meta(conn, uploads.DOCUMENT_SENT, str(newest))


AT_UPLOADS: tuple[Mutant, ...] = (
    Mutant("sent_is_kept", "an upload without an answer is forgotten", swap((Chores, "_send", _sent_is_kept))),
    Mutant("one_batch_is_all", "a batch counts for the whole backlog", swap((uploads, "forget", _forget_all))),
    Mutant("too_large_at_once", "one 413 drops a document", swap((chores, "TOO_LARGE_TRIES", 1))),
)
