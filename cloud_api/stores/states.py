"""The state of a store: what it may do in it, how it changes, and leaving for good (STO-01, 13 to 15, RBA-16)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, select

from cloud_api.clock import DAY_MS
from cloud_api.database import Database, Work
from cloud_api.errors import ApiError
from cloud_api.orders.states import open_count
from cloud_api.staff import audit
from cloud_api.staff.audit import Author
from cloud_api.stores.models import store
from cloud_api.stores.service import Profile, lock_store, profile_of, write_profile
from rules.calendar import local_day, moment_ms
from rules.stores import (
    StoreKind,
    StoreState,
    closes_on,
    functions_open,
    rewards_on,
    store_move_allowed,
    withdrawal_blocks,
)

CLOCK = Author("cloud:clock", name="cloud:clock")


def refuse_if_not_open(profile: Profile) -> None:
    """STO-07, STO-15: nothing new begins at a store that is closed, for a while or for good. What its counters report
    is booked all the same: it happened. Raises ApiError ``store_not_open``."""
    if not functions_open(profile.state):
        raise ApiError("store_not_open", extra={"state": profile.state.value})


def refuse_rewards(profile: Profile) -> None:
    """STO-01. Raises ApiError ``store_not_open``, ``rewards_off``."""
    refuse_if_not_open(profile)
    if not rewards_on(_kind(profile)):
        raise ApiError("rewards_off")


def _kind(profile: Profile) -> StoreKind:
    """A word of an older program counts as a store that does everything."""
    known = profile.service_type in frozenset(StoreKind)
    return StoreKind(profile.service_type) if known else StoreKind.COMPOSITE


def move(work: Work, store_id: str, to: StoreState, reason: str, by: Author) -> Profile:
    """The next state, told to the store's counters. The state it has already changes nothing. Raises ApiError
    ``store_unknown``, ``state_not_allowed``, ``withdrawal_blocked``."""
    lock_store(work, store_id)
    profile = profile_of(work.conn, store_id)
    assert profile is not None  # it was locked
    if profile.state is to:
        return profile
    if not store_move_allowed(profile.state, to):
        raise ApiError("state_not_allowed", extra={"state": profile.state.value})
    if to is StoreState.WITHDRAWING:
        _refuse_unfinished(work.conn, store_id)
    changed = write_profile(work, store_id, state=to.value, state_since_ms=work.now_ms, state_reason=reason)
    assert changed is not None
    before, after = {"state": profile.state.value}, {"state": to.value}
    audit.write(work, by, "store.state", store_id, store_id=store_id, before=before, after=after, reason=reason)
    return changed


def _refuse_unfinished(conn: Connection, store_id: str) -> None:
    blocks = withdrawal_blocks(open_count(conn, store_id), 0, 0)  # nothing is settled or charged here yet
    if blocks:
        raise ApiError("withdrawal_blocked", extra={"blocks": [block.value for block in blocks]})


def closing_day_ms(since_ms: int) -> int:
    """The midnight that ends the thirty days of a store that is leaving (STO-14)."""
    return moment_ms(closes_on(local_day(since_ms)), 0)


def close_due(database: Database, now_ms: int, forget: Callable[[Work, str], Any]) -> int:
    """Closes the stores whose thirty days are over, each in a transaction of its own with ``forget``."""
    with database.read() as conn:
        leaving = select(store.c.store_id, store.c.state_since_ms).where(
            store.c.state == StoreState.WITHDRAWING.value, store.c.state_since_ms <= now_ms - DAY_MS
        )
        due = [row.store_id for row in conn.execute(leaving) if closing_day_ms(row.state_since_ms) <= now_ms]
    for store_id in due:
        database.transact(lambda work, which=store_id: _close(work, which, forget))  # type: ignore[misc]
    return len(due)


def _close(work: Work, store_id: str, forget: Callable[[Work, str], Any]) -> None:
    profile = profile_of(work.conn, store_id)
    if profile is None or profile.state is not StoreState.WITHDRAWING:
        return
    move(work, store_id, StoreState.CLOSED, "", CLOCK)
    forget(work, store_id)
