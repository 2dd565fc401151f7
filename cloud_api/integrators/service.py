"""The promise that a repeated call gets the same answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text, update

from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.integrators.models import idempotent_call


@dataclass(frozen=True)
class Repeatable:
    """A call that may come again: who called what, with which key and which content. ``before``: how the same content
    was written under keys of an earlier time."""

    key_id: str
    operation: str
    idempotency_key: str
    body: dict[str, Any]
    before: tuple[dict[str, Any], ...] = ()

    @property
    def body_hash(self) -> str:
        return _hash(self.body)

    def is_the_same(self, body_hash: str) -> bool:
        """Whether this was the content of an earlier call."""
        return body_hash in {self.body_hash, *map(_hash, self.before)}


def _hash(body: dict[str, Any]) -> str:
    written = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()


# Of two equal calls at once the second waits here for the first one's commit, and then reads its answer.
_CLAIM = text(
    "INSERT INTO idempotent_call (key_id, operation, idempotency_key, body_hash, called_ms)"
    " VALUES (:key_id, :operation, :idempotency_key, :body_hash, :called_ms)"
    " ON CONFLICT (key_id, operation, idempotency_key) DO NOTHING"
)


def once(work: Work, call: Repeatable, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Runs ``make`` for the first call and stores its answer in the same transaction; repeats get the answer again.

    A refused call leaves nothing behind and may be tried again. Raises ApiError ``idempotency_conflict``.
    """
    place = {"key_id": call.key_id, "operation": call.operation, "idempotency_key": call.idempotency_key}
    claimed = work.conn.execute(_CLAIM, {**place, "body_hash": call.body_hash, "called_ms": work.now_ms})
    here = [idempotent_call.c[name] == value for name, value in place.items()]
    if claimed.rowcount != 1:
        earlier = work.conn.execute(select(idempotent_call).where(*here)).one()
        if not call.is_the_same(earlier.body_hash):
            raise ApiError("idempotency_conflict")
        answer: dict[str, Any] = json.loads(earlier.answer)
        return answer
    made = make()
    work.conn.execute(update(idempotent_call).where(*here).values(answer=json.dumps(made, ensure_ascii=False)))
    return made
