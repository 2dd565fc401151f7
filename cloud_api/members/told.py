"""Telling stores about members they know: what one has now, and who left (MEM-05).

A store knows members by its own keyed hash of the number; its devices could do nothing with the cloud's.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection

from cloud_api.bulk import select_among
from cloud_api.clock import DAY_MS
from cloud_api.database import Work
from cloud_api.gateway import feeds
from cloud_api.ledger.models import AccountKind
from cloud_api.ledger.purses import holders_of
from cloud_api.ledger.service import account_id, spendable
from cloud_api.members.models import NumberStands
from cloud_api.members.service import Number, numbers_of
from cloud_api.stamps.history import standings
from cloud_api.stores.earning import holder_at, terms_at
from cloud_api.stores.service import store_key
from cloud_api.vault import Vault
from rules.phone import Phone
from sync.protocol import FeedKind

SEEN_MS = 396 * DAY_MS  # thirteen months, the shorter ones included: what a store's snapshot reaches back to

# Ids begin with their time, so that the entries of an account from a moment on are one range of its index.
_STORES = (
    "SELECT posting.store_id FROM entry JOIN posting ON posting.posting_id = entry.posting_id"
    " WHERE entry.account_id {accounts} AND entry.posting_id >= :first"
    " UNION SELECT store_id FROM earn WHERE member_id {members} AND posting_id IS NULL AND booked_ms >= :since"
    " UNION SELECT store_id FROM request WHERE member_id {members} AND created_ms >= :since"
    " UNION SELECT join_store_id FROM member"
    " WHERE member_id {members} AND join_store_id IS NOT NULL AND joined_ms >= :since"
)


def device_lookup(key: bytes, phone: Phone) -> str:
    """What the devices of a store make of a number with the store's key."""
    return hmac.digest(key, b"phone:" + phone.e164.encode(), hashlib.sha256).hex()


def stores_of(conn: Connection, member_ids: Sequence[str], now_ms: int) -> list[str]:
    """The stores at which these members were seen within thirteen months."""
    accounts = accounts_of(conn, member_ids)
    since_ms = now_ms - SEEN_MS
    lists = {"accounts": accounts, "members": member_ids}
    found = select_among(conn, _STORES, lists, first=first_id(since_ms), since=since_ms)
    return sorted(row[0] for row in found)


_KINDS = (AccountKind.MEMBER, AccountKind.MEMBER_DEBT, AccountKind.MEMBER_STAMPS)


def accounts_of(conn: Connection, member_ids: Iterable[str]) -> list[str]:
    """The accounts in whose entries visits of these members stand, those of purses included."""
    return [account_id(kind, one) for which in member_ids for one in holders_of(conn, which) for kind in _KINDS]


def first_id(time_ms: int) -> str:
    """Sorts before every id that was made at this time or later."""
    return f"{max(time_ms, 0) >> 16:08x}-{max(time_ms, 0) & 0xFFFF:04x}"


def tell(work: Work, vault: Vault, member_id: str, stores: Iterable[str]) -> None:
    """How a member stands, to these stores: a row for each of the member's numbers."""
    numbers = numbers_of(work.conn, vault, [member_id])
    for store_id in stores:
        key = store_key(work.conn, vault, store_id)
        holder = holder_at(work.conn, member_id, store_id)
        has = {"points": spendable(work.conn, [holder], work.now_ms).get(holder, 0)}
        here = terms_at(work.conn, store_id)
        if here is not None:
            has |= standings(work.conn, here, store_id, [member_id], work.now_ms).get(member_id, {})
        for number in numbers:
            _publish(work, store_id, key, number, has)


def _publish(work: Work, store_id: str, key: bytes, number: Number, has: dict[str, Any]) -> None:
    lookup = device_lookup(key, number.phone)
    if number.stands is NumberStands.WITHDRAWN:
        body = {"lookup": lookup, "until_ms": number.until_ms, "at_ms": work.now_ms}
        feeds.publish(work, feeds.store_feed(store_id), FeedKind.WITHDRAWN, body)
        return
    row = {"lookup": lookup, "masked": number.phone.masked, **has, "at_ms": work.now_ms}
    feeds.publish(work, feeds.store_feed(store_id), FeedKind.MEMBER, row)


def forget(work: Work, vault: Vault, phone: Phone, stores: Iterable[str]) -> None:
    """A number that is nobody's any more, because its member has another one now."""
    for store_id in stores:
        lookup = device_lookup(store_key(work.conn, vault, store_id), phone)
        body = {"lookup": lookup, "until_ms": 0, "at_ms": work.now_ms}
        feeds.publish(work, feeds.store_feed(store_id), FeedKind.WITHDRAWN, body)
