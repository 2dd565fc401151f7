"""What integrators are told: which rows of the feeds are events, and how an event looks."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from cloud_api.gateway.feeds import CONSUMERS, MEMBERS
from cloud_api.integrators.keys import Caller
from cloud_api.integrators.reach import sees_member, sees_store
from cloud_api.ledger.models import earn
from cloud_api.orders.models import customer_order
from cloud_api.requests.models import request
from sync.protocol import FeedKind

STORE, BRAND = "store", "brand"
# Kinds of events with the scope that a key must have to be told. What is no event here stays between the cloud and its
# devices: a row of an employee holds what a PIN is checked with.
SCOPES = {
    "earn.posted": "earns:read",
    "earn.reversed": "earns:read",
    "earn.rejected": "earns:read",
    "request.changed": "requests:read",
    "order.changed": "orders:read",
    "menu.item": "stores:read",
    "menu.category": "stores:read",
    "menu.availability": "stores:read",
    "stock.changed": "stores:read",
    "report.changed": "stores:read",
    "store.changed": "stores:read",
    "policy.changed": "stores:read",
    "notice.store": "stores:read",
    "notice.consumer": "notices:read",
    "member.joined": "members:read",
    "member.merged": "members:read",
    "member.withdrawn": "members:read",
}
_OF_STORES = {
    FeedKind.REQUEST: "request.changed",
    FeedKind.ORDER: "order.changed",
    FeedKind.MENU: "menu.item",
    FeedKind.MENU_CATEGORY: "menu.category",
    FeedKind.MENU_HERE: "menu.availability",
    FeedKind.STOCK: "stock.changed",
    FeedKind.REPORT: "report.changed",
    FeedKind.STORE: "store.changed",
    FeedKind.NOTICE: "notice.store",
}
_OF_BRANDS = {
    FeedKind.POLICY: "policy.changed",
    FeedKind.MENU: "menu.item",
    FeedKind.MENU_CATEGORY: "menu.category",
}
_OF_MEMBERS = ("joined", "merged", "withdrawn")
_EARNS = ("posted", "reversed", "rejected")
_COUNTERS_OWN = ("remaining_ms", "print_device")


def matching(patterns: Iterable[str]) -> frozenset[str]:
    """The kinds that some of the patterns mean: a kind, ``noun.*`` or ``*``."""
    wanted = frozenset(patterns)
    return frozenset(kind for kind in SCOPES if not {"*", kind, kind.partition(".")[0] + ".*"}.isdisjoint(wanted))


def told_in(feed_id: str, kinds: Iterable[str]) -> bool:
    """Whether a feed can have any event of these kinds."""
    if feed_id == CONSUMERS:
        return "notice.consumer" in kinds
    if feed_id == MEMBERS:
        return not {f"member.{what}" for what in _OF_MEMBERS}.isdisjoint(kinds)
    if feed_id.partition(":")[0] == BRAND:
        return not frozenset(_OF_BRANDS.values()).isdisjoint(kinds)
    return not (frozenset(_OF_STORES.values()) | {f"earn.{status}" for status in _EARNS}).isdisjoint(kinds)


@dataclass(frozen=True)
class Row:
    """A row of a feed as it is kept."""

    n: int
    kind: str
    body: str
    written_ms: int


def kind_of(feed_id: str, row: Row) -> str | None:
    """None for what is no event."""
    whose = feed_id.partition(":")[0]
    if feed_id == CONSUMERS:
        return "notice.consumer" if row.kind == FeedKind.NOTICE else None
    if feed_id == MEMBERS:
        what = json.loads(row.body).get("what")
        return f"member.{what}" if what in _OF_MEMBERS else None
    if whose == BRAND:
        return _OF_BRANDS.get(row.kind)  # type: ignore[call-overload, no-any-return]
    if row.kind == FeedKind.EARN:
        status = json.loads(row.body).get("status")
        return f"earn.{status}" if status in _EARNS else None
    return _OF_STORES.get(row.kind)  # type: ignore[call-overload, no-any-return]


def event_id(feed_id: str, row: Row) -> str:
    """The same for every try; another one for another row, also when a restored feed gives a number again."""
    return f"{row.written_ms}.{row.n}.{feed_id.partition(':')[2] or feed_id}"


def event(conn: Connection, caller: Caller, feed_id: str, row: Row, kind: str) -> dict[str, Any] | None:
    """As it is sent; None when it is about a store or a member that the key may not see."""
    whose, _, owner = feed_id.partition(":")
    body: dict[str, Any] = json.loads(row.body)
    store_id = owner if whose == STORE else body.get("store_id")
    if caller.restricted and feed_id == CONSUMERS and not (store_id and sees_store(conn, caller, store_id)):
        return None
    if caller.restricted and feed_id == MEMBERS and not sees_member(conn, caller, body["member_id"]):
        return None
    data = {name: value for name, value in body.items() if name not in _COUNTERS_OWN}
    return {
        "event_id": event_id(feed_id, row),
        "kind": kind,
        "store_id": store_id,
        "brand_id": owner if whose == BRAND else None,
        "sequence": row.n,
        "at_ms": row.written_ms,
        "data": data | _more(conn, kind, owner, data),
    }


_RECEIPT = ("member_id", "receipt_no", "till", "paid_won", "source", "occurred_ms")


def _more(conn: Connection, kind: str, store_id: str, data: dict[str, Any]) -> dict[str, Any]:
    """What devices know by themselves and an integrator does not; none of it ever changes."""
    if kind.startswith("earn."):
        columns = [earn.c[name] for name in _RECEIPT]
        wanted = select(*columns).where(earn.c.store_id == store_id, earn.c.earn_id == data["earn_id"])
        row = conn.execute(wanted).one_or_none()
        return {} if row is None else dict(row._mapping)
    if kind == "request.changed":
        whose = select(request.c.member_id).where(request.c.request_id == data["request_id"])
    elif kind == "order.changed":
        whose = select(customer_order.c.member_id).where(customer_order.c.order_id == data["order_id"])
    else:
        return {}
    return {"member_id": conn.execute(whose).scalar_one_or_none()}
