"""Owns how this shop's payments earn, as the cloud said it: its brand's programme and its own, kept as one value."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from rules.boards import plan_named, stamps_in_plan
from rules.earning import EarningMethod
from rules.programs import EarningProgram, merged, read_program
from rules.spending import SpendPolicy
from sync.meta import get_meta, set_meta
from sync.outbox import LAST_SYNCED
from sync.profile import read_policy, read_store_profile
from sync.protocol import FeedRow

EARNING = "store.earning"
OWNERS = ("brand", "store")


def read_earning(conn: sqlite3.Connection) -> EarningProgram | None:
    """What holds here; None: points at the policy's rate and nothing else."""
    text = get_meta(conn, EARNING)
    return None if text is None else _program(text)


# Read with every earn and the same for months; what is cached is the text that was just read, parsed.
@lru_cache(maxsize=4)
def _program(text: str) -> EarningProgram | None:
    kept = json.loads(text)
    brand, store = (_read(kept.get(owner)) for owner in OWNERS)
    return merged(brand, store)


def _read(raw: Any) -> EarningProgram | None:
    return None if raw is None or raw.get("method") is None else read_program(raw)


def stamps_on(conn: sqlite3.Connection, program: EarningProgram, now_ms: int) -> bool:
    """Whether the shop gives stamps now: its plan has them, and was heard of within a week (STP-01)."""
    profile = read_store_profile(conn)
    if program.method is not EarningMethod.STAMP or profile is None:
        return False
    heard_ms = int(get_meta(conn, LAST_SYNCED) or 0)
    return stamps_in_plan(plan_named(profile.plan), max(now_ms - heard_ms, 0))


def read_spending(conn: sqlite3.Connection) -> SpendPolicy:
    """What customers may spend here: the brand's policy with the shop's own limits (PNT-12)."""
    policy, program = read_policy(conn).spending, read_earning(conn)
    return policy if program is None else program.spending(policy)


def told_rate_bp(conn: sqlite3.Connection) -> int:
    """What a customer's screen promises: the rate of whoever has no grade yet; below zero where the shop gives
    stamps."""
    base, program = read_policy(conn).rate_bp, read_earning(conn)
    if program is None:
        return base
    if program.method is EarningMethod.STAMP:
        return -1
    entry = program.grade(None)
    own = base if program.rate_bp is None else program.rate_bp
    return own if entry is None else entry.rate_bp


def apply_earning_row(conn: sqlite3.Connection, row: FeedRow, _context: object) -> None:
    """Inbox applier of feed kind ``earning``; an older version never replaces a newer one. Raises KeyError, TypeError
    or ValueError for what is no programme."""
    owner = _owner(row)
    text = get_meta(conn, EARNING)
    kept = {} if text is None else json.loads(text)
    before = kept.get(owner)
    if before is None or row.body["version"] >= before["version"]:
        set_meta(conn, EARNING, json.dumps(kept | {owner: row.body}, ensure_ascii=False))


def hold_earning(conn: sqlite3.Connection, rows: Sequence[FeedRow]) -> None:
    """A snapshot's word is the last, also when it has nothing to say."""
    kept = {_owner(row): row.body for row in rows}
    set_meta(conn, EARNING, json.dumps(kept, ensure_ascii=False) if kept else None)


def _owner(row: FeedRow) -> str:
    owner = row.body["of"]
    if owner not in OWNERS:
        raise ValueError(f"a programme of {owner}")
    if not isinstance(row.body["version"], int):
        raise TypeError("a programme without its version")
    _read(row.body)
    return str(owner)
