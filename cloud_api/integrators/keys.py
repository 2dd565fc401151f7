"""Keys of consumer apps and POS vendors: making, changing and revoking them, and who is calling."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Connection, Select, bindparam, insert, or_, select, update

from cloud_api.clock import DAY_MS
from cloud_api.database import Work
from cloud_api.errors import ApiError
from cloud_api.integrators import scopes
from cloud_api.integrators.models import integrator_key
from cloud_api.integrators.rates import DEFAULT_PER_MINUTE
from cloud_api.stores.service import find_brand, profile_of

KEY_PREFIX = "wfk_"
_KEY_MAX_CHARS = 200
OLD_KEY_MS = 7 * DAY_MS
# Every call asks this first; composing it anew cost as much as the rest of the question.
_WRITTEN: BindParameter[str] = bindparam("written")
_OF_KEY = select(integrator_key).where(
    or_(integrator_key.c.key_hash == _WRITTEN, integrator_key.c.old_hash == _WRITTEN)
)


@dataclass(frozen=True)
class CreatedKey:
    key_id: str
    key: str


@dataclass(frozen=True)
class Grant:
    """What a key may do, with whose things, and how often a minute (0: as often as it likes)."""

    scopes: tuple[str, ...] = (scopes.ALL,)
    brand_id: str | None = None
    store_id: str | None = None
    rate_per_minute: int = DEFAULT_PER_MINUTE


@dataclass(frozen=True)
class Caller:
    """The calling key and what it was granted. A key of one store is one of that store's brand as well."""

    key_id: str
    scopes: frozenset[str]
    brand_id: str | None
    store_id: str | None
    rate_per_minute: int

    @property
    def restricted(self) -> bool:
        return self.brand_id is not None


def create_key(work: Work, label: str, grant: Grant | None = None) -> CreatedKey:
    """A new key; its text exists only in this answer. Raises ApiError ``store_unknown`` or ``brand_unknown``, and
    ValueError for a scope that is none."""
    grant = grant or Grant()
    key = KEY_PREFIX + work.ids.token(32)
    key_id = work.ids.uuid7()
    brand_id, store_id = _whose(work.conn, grant)
    work.conn.execute(
        insert(integrator_key).values(
            key_id=key_id,
            key_hash=_hash(key),
            label=label,
            created_ms=work.now_ms,
            scopes=" ".join(scopes.parse(grant.scopes)),
            brand_id=brand_id,
            store_id=store_id,
            rate_per_minute=grant.rate_per_minute,
        )
    )
    return CreatedKey(key_id, key)


def _whose(conn: Connection, grant: Grant) -> tuple[str | None, str | None]:
    if grant.store_id is not None:
        profile = profile_of(conn, grant.store_id)
        if profile is None or grant.brand_id not in (None, profile.brand_id):
            raise ApiError("store_unknown")
        return profile.brand_id, grant.store_id
    if grant.brand_id is None:
        return None, None
    brand_id = find_brand(conn, grant.brand_id)
    if brand_id is None:
        raise ApiError("brand_unknown")
    return brand_id, None


def rotate_key(work: Work, key_id: str, *, old_for_ms: int = OLD_KEY_MS) -> CreatedKey:
    """Another text for the same key, which keeps all it has; the one until now is taken for ``old_for_ms`` more.

    Raises ApiError ``key_unknown``.
    """
    found = work.conn.execute(_standing(key_id)).one_or_none()
    if found is None:
        raise ApiError("key_unknown")
    key = KEY_PREFIX + work.ids.token(32)
    old = {"old_hash": found.key_hash, "old_until_ms": work.now_ms + old_for_ms}
    work.conn.execute(update(integrator_key).where(_is(key_id)).values(key_hash=_hash(key), **old))
    return CreatedKey(key_id, key)


def revoke_key(work: Work, key_id: str) -> None:
    """From now on the key is none. Raises ApiError ``key_unknown``."""
    if work.conn.execute(_standing(key_id)).one_or_none() is None:
        raise ApiError("key_unknown")
    work.conn.execute(update(integrator_key).where(_is(key_id)).values(revoked_ms=work.now_ms))


def list_keys(conn: Connection) -> list[dict[str, Any]]:
    """Every key without its text, oldest first."""
    names = ("key_id", "label", "brand_id", "store_id", "rate_per_minute", "created_ms", "revoked_ms", "old_until_ms")
    rows = conn.execute(select(integrator_key).order_by(integrator_key.c.created_ms, integrator_key.c.key_id))
    return [{name: getattr(row, name) for name in names} | {"scopes": row.scopes.split()} for row in rows]


def _is(key_id: str) -> ColumnElement[bool]:
    return integrator_key.c.key_id == key_id


def _standing(key_id: str) -> Select[Any]:
    return select(integrator_key).where(_is(key_id), integrator_key.c.revoked_ms.is_(None))


def authenticate(conn: Connection, authorization: str | None, now_ms: int) -> Caller:
    """Who is calling. Raises ApiError ``unauthorized``."""
    scheme, _, key = (authorization or "").partition(" ")
    if scheme.lower() == "bearer" and key and len(key) <= _KEY_MAX_CHARS:
        written = _hash(key.strip())
        row = conn.execute(_OF_KEY, {"written": written}).one_or_none()
        if row is not None and row.revoked_ms is None and (row.key_hash == written or now_ms < row.old_until_ms):
            return Caller(row.key_id, frozenset(row.scopes.split()), row.brand_id, row.store_id, row.rate_per_minute)
    raise ApiError("unauthorized", headers={"WWW-Authenticate": "Bearer"})


def _hash(key: str) -> str:
    return hashlib.sha256(b"integrator:" + key.encode("utf-8", "replace")).hexdigest()
