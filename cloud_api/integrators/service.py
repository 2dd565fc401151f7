"""Keys of consumer apps and POS vendors, and the promise that a repeated call gets the same answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, text, update

from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.integrators.models import idempotent_call, integrator_key

KEY_PREFIX = "wfk_"
_KEY_MAX_CHARS = 200


@dataclass(frozen=True)
class CreatedKey:
    key_id: str
    key: str


def create_key(work: Work, label: str) -> CreatedKey:
    """A new key; its text exists only in this answer."""
    key = KEY_PREFIX + work.ids.token(32)
    key_id = work.ids.uuid7()
    work.conn.execute(
        insert(integrator_key).values(key_id=key_id, key_hash=_hash(key), label=label, created_ms=work.now_ms)
    )
    return CreatedKey(key_id, key)


def authenticate(conn: Connection, authorization: str | None) -> str:
    """The id of the calling key. Raises ApiError ``unauthorized``."""
    scheme, _, key = (authorization or "").partition(" ")
    if scheme.lower() == "bearer" and key and len(key) <= _KEY_MAX_CHARS:
        row = conn.execute(
            select(integrator_key.c.key_id, integrator_key.c.revoked_ms).where(
                integrator_key.c.key_hash == _hash(key.strip())
            )
        ).one_or_none()
        if row is not None and row.revoked_ms is None:
            return str(row.key_id)
    raise ApiError("unauthorized", headers={"WWW-Authenticate": "Bearer"})


def _hash(key: str) -> str:
    return hashlib.sha256(b"integrator:" + key.encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True)
class Repeatable:
    """A call that may come again: who called what, with which key and which content."""

    key_id: str
    operation: str
    idempotency_key: str
    body: dict[str, Any]

    @property
    def body_hash(self) -> str:
        written = json.dumps(self.body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
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
        if earlier.body_hash != call.body_hash:
            raise ApiError("idempotency_conflict")
        answer: dict[str, Any] = json.loads(earlier.answer)
        return answer
    made = make()
    work.conn.execute(update(idempotent_call).where(*here).values(answer=json.dumps(made, ensure_ascii=False)))
    return made
