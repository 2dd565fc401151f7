"""How often a key may call: a bucket for each key in the database, from which processes take calls in small lots.

Whatever process a caller's connection ends in, the key has one rate. Asking the database at every call would cost as
much as many of the calls do; a lot is a two-hundredth of a minute's calls, and what a process took and did not use is
lost to the others for no longer than that. So a key never gets more than its rate, and nearly all of it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from sqlalchemy import select, text, update

from cloud_api.database import Database, Work
from cloud_api.integrators.models import integrator_bucket

DEFAULT_PER_MINUTE = 6_000
PER_MINUTE_MAX = 600_000
_CALL = 60_000  # a minute in milliseconds, so that each of them gives exactly the rate
_LOTS = 200


@dataclass
class _Lot:
    calls: int = 0
    behind: int = 0  # calls that were left in the database


@dataclass(frozen=True)
class Allowed:
    """``wait_s`` is 0 for a call that may go on; ``reset_s`` is when everything is there again."""

    limit: int
    remaining: int
    reset_s: int
    wait_s: int

    @property
    def headers(self) -> dict[str, str]:
        """As the answer carries them."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset_s),
        }


class Meter:
    """Lots of calls by key, in this process; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lots: dict[str, _Lot] = {}

    def take(self, database: Database, key_id: str, per_minute: int) -> Allowed:
        """One call of this key."""
        with self._lock:
            lot = self._lots.setdefault(key_id, _Lot())
            if lot.calls:
                lot.calls -= 1
                return _allowed(per_minute, lot.calls + lot.behind)
        got, level = database.transact(lambda work: _take_lot(work, key_id, per_minute))
        if not got:
            return Allowed(per_minute, 0, _full_s(per_minute, 0), max(-(-(_CALL - level) // (per_minute * 1_000)), 1))
        with self._lock:
            lot.calls += got - 1
            lot.behind = level // _CALL
            return _allowed(per_minute, lot.calls + lot.behind)


def _allowed(per_minute: int, remaining: int) -> Allowed:
    return Allowed(per_minute, remaining, _full_s(per_minute, remaining), 0)


def _full_s(per_minute: int, remaining: int) -> int:
    return -(-max(per_minute - remaining, 0) * 60 // per_minute)


_OPEN = text(
    "INSERT INTO integrator_bucket (key_id, level, filled_ms) VALUES (:key_id, :level, :filled_ms)"
    " ON CONFLICT (key_id) DO NOTHING"
)


def _take_lot(work: Work, key_id: str, per_minute: int) -> tuple[int, int]:
    """How many calls the key gets now, and the level that is left."""
    full = per_minute * _CALL
    here = integrator_bucket.c.key_id == key_id
    found = work.conn.execute(select(integrator_bucket).where(here).with_for_update()).one_or_none()
    if found is None:
        work.conn.execute(_OPEN, {"key_id": key_id, "level": full, "filled_ms": work.now_ms})
        found = work.conn.execute(select(integrator_bucket).where(here).with_for_update()).one()
    passed_ms = max(work.now_ms - found.filled_ms, 0)
    level = min(found.level + passed_ms * per_minute, full)
    got = min(max(per_minute // _LOTS, 1), level // _CALL)
    level -= got * _CALL
    work.conn.execute(update(integrator_bucket).where(here).values(level=level, filled_ms=work.now_ms))
    return got, level
